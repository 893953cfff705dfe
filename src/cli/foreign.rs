//! Migrations of other tools as changes: each file is one, called as its tool calls it.

use super::error::Error;
use super::load::Loaded;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::examine;
use crate::examine::Options;
use crate::gather;
use crate::gather::Gathered;
use crate::plan;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::runner::RunError;
use crate::sql::Span;
use crate::version::Major;
use crate::workspace;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// A file of another tool's migrations.
pub(super) struct Foreign {
    /// The file as a change of one phase.
    pub(super) change: Change,
    /// The phase: the strongest of its statements, those left out of which nothing is known.
    pub(super) phase: Phase,
    /// What is known of its statements.
    pub(super) facts: Vec<Fact>,
}

impl Foreign {
    /// The file as the user would name it.
    pub(super) fn shown(&self) -> &str {
        self.change.phases.get(&self.phase).map_or("", |part| part.shown.as_str())
    }

    /// The digest of its statements.
    pub(super) fn digest(&self) -> &str {
        self.change.phases.get(&self.phase).map_or("", |part| part.digest.as_str())
    }
}

/// Whether a project is another tool's.
pub(super) fn is_foreign(project: &Gathered) -> bool {
    project.project.layout.id() != "native"
}

/// The projects below the paths, or below the current folder.
pub(super) fn projects(
    here: &Path,
    loaded: &Loaded,
    paths: &[PathBuf],
) -> Result<Vec<Gathered>, Error> {
    let gathering = gather::gather(&loaded.all(here, paths.to_vec())?)?;
    Ok(gathering.projects)
}

/// The files of a project that are wanted, by the names that a user would give them.
pub(super) fn files(
    here: &Path,
    loaded: &Loaded,
    project: &Gathered,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Foreign>, Error> {
    let options = Options {
        postgres: loaded.config.postgres.unwrap_or(Major::DEFAULT),
        scope: project.scope.clone(),
        wrapped: project.wrapped,
        history: &[],
        alone: false,
        // What no migration here made was there before them, and is in use.
        adopted: true,
        catalog: None,
    };
    let shown = |path: &str| workspace::shown(here, &project.root.join(path));
    let (mut found, mut fault) = (Vec::new(), None);
    let unread = examine::examine(&*project.tree, &project.project, &options, shown, |file| {
        if !wanted(&file.shown) {
            return;
        }
        let phases = file.facts.iter().filter_map(|fact| fact.analysis.phase());
        let phase = phases.max().unwrap_or(Phase::Expand);
        let spans: Vec<Span> =
            file.script.statements.iter().map(|statement| statement.span).collect();
        let digest = plan::digest_of(&file.text, &spans);
        let part = PhaseFile {
            path: file.path,
            shown: file.shown,
            text: file.text,
            script: file.script,
            digest,
        };
        fault = fault.take().or(part.must_be_text().err());
        let change = Change {
            name: file.version,
            owner: None,
            phases: BTreeMap::from([(phase, part)]),
            undos: BTreeMap::new(),
        };
        found.push((file.place, Foreign { change, phase, facts: file.facts }));
    });
    if let Some(unread) = unread.first() {
        return Err(Error::Usage(unread.to_string()));
    }
    if let Some(fault) = fault {
        return Err(RunError::Drift(fault.into()).into());
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, file)| file).collect())
}
