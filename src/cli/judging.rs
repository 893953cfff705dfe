//! How the user wants files judged: how bad each rule is, which tables are small, what is known
//! already, and what makes a run fail.

use super::error::Error;
use super::exit::Exit;
use super::explain;
use super::load;
use super::sources::Found;
use super::ui::Ui;
use crate::config;
use crate::config::FailOn;
use crate::examine::Examined;
use crate::examine::Unread;
use crate::lint;
use crate::lint::Baseline;
use crate::lint::Linted;
use crate::lint::Severities;
use crate::lint::Small;
use crate::report::Format;
use crate::rules::Hit;
use crate::rules::Severity;
use crate::version::Major;
use crate::workspace;
use std::path::Path;
use std::path::PathBuf;

/// What the user wants of findings.
#[derive(clap::Args)]
pub(super) struct Wishes {
    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,
    /// Fail from this severity on: error, warning, info or never [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    fail_on: Option<FailOn>,
    /// Judge a rule otherwise: ID=off, ID=info, ID=warning or ID=error
    #[arg(long, value_name = "ID=SEVERITY", value_parser = rule)]
    rule: Vec<(&'static str, Option<Severity>)>,
    /// On tables with fewer rows, take findings that only cost time down one severity; the sizes
    /// are those of --database-url, or told by --sizes
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    small_tables: Option<u64>,
    /// A file that says how large tables are: users = { rows = 12 }
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// A file that lists old findings, which are not reported again
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    FailOn::from_word(text).ok_or_else(|| "say error, warning, info or never".to_owned())
}

fn rule(text: &str) -> Result<(&'static str, Option<Severity>), String> {
    let (id, word) = text.split_once('=').ok_or("say ID=SEVERITY")?;
    let rule = explain::find(id)?;
    let severity = config::severity_from_word(word).ok_or("say off, info, warning or error")?;
    if !rule.settings().allowable && severity != Some(Severity::Error) {
        return Err(format!("`{id}` cannot be turned down; --fail-on never lets the run pass"));
    }
    Ok((rule.id, severity))
}

impl Wishes {
    pub(super) fn severities(&self, found: &Found) -> Severities {
        let mut severities = found.loaded.config.severities.clone();
        severities.extend(self.rule.iter().copied());
        severities
    }

    /// The tables that are small to the user.
    pub(super) fn small(&self, found: &Found) -> Result<Option<Small>, Error> {
        let config = &found.loaded.config;
        let path = match (&self.sizes, &config.sizes) {
            (Some(path), _) => Some(workspace::absolute(&found.here, path)),
            (None, Some(path)) => Some(workspace::absolute(&found.loaded.folder, Path::new(path))),
            (None, None) => None,
        };
        let catalog = found.gathering.catalog.as_ref();
        let mut sizes = catalog.map(|catalog| catalog.sizes.clone()).unwrap_or_default();
        if let Some(path) = &path {
            sizes.extend(load::sizes(&found.here, path)?);
        }
        let Some(rows) = self.small_tables.or(config.small_tables) else {
            if self.sizes.is_some() {
                let message = "--sizes is for --small-tables: say how many rows a small table has";
                return Err(Error::Usage(message.to_owned()));
            }
            return Ok(None);
        };
        if path.is_none() && catalog.is_none() {
            let message = "how large tables are is not known: give --database-url, or --sizes FILE";
            if self.small_tables.is_some() {
                return Err(Error::Usage(message.to_owned()));
            }
            Ui::note(&format!("warning: small-tables is without effect, for {message}"));
            return Ok(None);
        }
        Ok(Some(Small { rows, sizes }))
    }

    pub(super) fn baseline_path(&self, found: &Found) -> Option<PathBuf> {
        match (&self.baseline, &found.loaded.config.baseline) {
            (Some(path), _) => Some(workspace::absolute(&found.here, path)),
            (None, Some(path)) => Some(workspace::absolute(&found.loaded.folder, Path::new(path))),
            (None, None) => None,
        }
    }

    pub(super) fn exit(&self, found: &Found, files: &[Linted], unread: &[Unread]) -> Exit {
        let fail_on = self.fail_on.unwrap_or(found.loaded.config.fail_on);
        let fails = files
            .iter()
            .any(|file| file.findings.iter().any(|finding| fail_on.fails(finding.severity)));
        match (unread.is_empty(), fails) {
            (false, _) => Exit::Unexpected,
            (true, true) => Exit::Findings,
            (true, false) => Exit::Done,
        }
    }
}

pub(super) fn note_unread(unread: &[Unread]) {
    for unread in unread {
        Ui::note(&format!("error: {unread}"));
    }
}

/// What is known already.
pub(super) fn read_baseline(path: &Path) -> Result<Baseline, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    Baseline::parse(&text).map_err(|cause| Error::Baseline { path: path.to_owned(), cause })
}

#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    pub(super) severities: &'a Severities,
    pub(super) small: Option<&'a Small>,
}

impl Judging<'_> {
    pub(super) fn lint(&self, file: Examined, postgres: Major) -> Linted {
        lint::lint(file, self.severities, self.small, postgres)
    }

    /// The same for a file of a change set, with what was found of the change in it.
    pub(super) fn lint_in_change(&self, file: Examined, hits: &[Hit], postgres: Major) -> Linted {
        lint::lint_in_change(file, hits, self.severities, self.small, postgres)
    }
}
