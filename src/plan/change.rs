//! A change of the native layout: a folder with a file for each phase.

use super::digest::digest_of_file;
use super::step::Unrunnable;
use super::step::steps;
use crate::effect::Phase;
use crate::sql;
use crate::sql::NO_TEXT_HELP;
use crate::sql::NO_TEXT_WHY;
use crate::sql::Script;
use crate::sql::Span;
use std::collections::BTreeMap;

/// A change.
#[derive(Debug)]
pub struct Change {
    /// The name of its folder, by which changes are ordered.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its phases.
    pub phases: BTreeMap<Phase, PhaseFile>,
    /// What takes a phase back.
    pub undos: BTreeMap<Phase, PhaseFile>,
}

/// The file of a phase.
#[derive(Debug)]
pub struct PhaseFile {
    /// The file, within its tree.
    pub path: String,
    /// The file as the user would name it.
    pub shown: String,
    /// Its text.
    pub text: String,
    /// Its statements.
    pub script: Script,
    /// The digest of all of them.
    pub digest: String,
}

impl PhaseFile {
    /// Reads a file.
    pub fn read(path: String, shown: String, text: String) -> PhaseFile {
        let script = sql::read(&text, std::slice::from_ref(&(0..text.len())));
        let digest = digest_of_file(&text, &script);
        PhaseFile { path, shown, text, script, digest }
    }

    /// Why it cannot be run, by the place of what is in the way.
    pub fn fault(&self, span: Span, why: &str) -> Unrunnable {
        let before = &self.text[..span.offset.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        Unrunnable { path: self.shown.clone(), line, why: why.to_owned() }
    }

    /// Whether all of it is text: what is not would reach the server as something else.
    pub fn must_be_text(&self) -> Result<(), Unrunnable> {
        sql::no_text(&self.text)
            .map_or(Ok(()), |span| Err(self.fault(span, &format!("{NO_TEXT_WHY}; {NO_TEXT_HELP}"))))
    }

    /// Whether it says nothing, as a file that was just made.
    pub fn is_empty(&self) -> bool {
        self.script.statements.is_empty() && self.script.metas.is_empty()
    }
}

impl Change {
    /// The digests of its files: phase to digest.
    pub fn prints(&self) -> BTreeMap<String, String> {
        let filled = self.phases.iter().filter(|(_, file)| !file.is_empty());
        filled.map(|(phase, file)| (phase.to_string(), file.digest.clone())).collect()
    }

    /// How many steps its files have: phase to count.
    pub fn sizes(&self) -> Result<BTreeMap<String, u32>, Unrunnable> {
        let filled = self.phases.iter().filter(|(_, file)| !file.is_empty());
        let count = |(phase, file): (&Phase, &PhaseFile)| {
            let steps = steps(&self.name, phase.word(), file)?;
            Ok((phase.to_string(), u32::try_from(steps.len()).unwrap_or(u32::MAX)))
        };
        filled.map(count).collect()
    }

    /// The file of a phase, where it says something.
    pub fn file(&self, phase: Phase) -> Option<&PhaseFile> {
        self.phases.get(&phase).filter(|file| !file.is_empty())
    }
}
