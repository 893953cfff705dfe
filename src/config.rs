//! `migrate.toml` to a valid configuration, or every mistake in it at once, each with its place.

mod keys;
mod read;
mod schema;
mod sizes;
mod template;

pub use read::parse;
pub use schema::json_schema;
pub use sizes::parse_sizes;
pub use template::Known;
pub use template::template;

use crate::ledger::Consumer;
use crate::lint::Severities;
use crate::migration::Layout;
use crate::rules::Demands;
use crate::rules::Severity;
use crate::sql::Span;
use crate::version::Major;
use std::collections::HashMap;
use std::time::Duration;

/// The name of the file.
pub const FILE_NAME: &str = "migrate.toml";

/// What the user has decided.
#[derive(Clone)]
pub struct Config {
    /// The oldest server that matters; `None` where nobody said.
    pub postgres: Option<Major>,
    /// From which severity on findings fail a run.
    pub fail_on: FailOn,
    /// The file that lists old findings, relative to the configuration's folder.
    pub baseline: Option<String>,
    /// Files that are never judged, by patterns as in `.gitignore`.
    pub exclude: Vec<String>,
    /// Tables with fewer rows are small: what only takes time is less bad there.
    pub small_tables: Option<u64>,
    /// The file that says how large tables are, relative to the configuration's folder.
    pub sizes: Option<String>,
    /// How bad rules are; `None` for those that are off.
    pub severities: Severities,
    /// Folders of which the user says what they are.
    pub projects: Vec<ProjectConfig>,
    /// What is said of change sets.
    pub change: ChangeConfig,
    /// The name of the environment.
    pub environment: Option<String>,
    /// What uses the database.
    pub consumers: Vec<Consumer>,
    /// How long a rollout must have been well.
    pub soak: SoakConfig,
}

/// How long a rollout must have been well before a contract may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoakConfig {
    /// For so long nobody may have needed the old schema, and all must have been well.
    pub window: Duration,
    /// Any rollback makes the waiting begin anew; else only one to a release that needs the old
    /// schema.
    pub any_rollback: bool,
    /// How old the proof of a complete backfill may be.
    pub verify_max_age: Duration,
}

impl Default for SoakConfig {
    fn default() -> SoakConfig {
        const DAY: Duration = Duration::from_hours(24);
        SoakConfig { window: DAY, any_rollback: true, verify_max_age: DAY }
    }
}

/// What the user says of change sets.
#[derive(Clone, Debug, Default)]
pub struct ChangeConfig {
    /// The application code, by patterns as in `.gitignore`; `None` where nobody said.
    pub code: Option<Vec<String>>,
    /// What is no application code, by patterns as in `.gitignore`.
    pub no_code: Vec<String>,
    /// What the team asks of a change.
    pub demands: Demands,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            postgres: None,
            fail_on: FailOn::Severity(Severity::Warning),
            baseline: None,
            exclude: Vec::new(),
            small_tables: None,
            sizes: None,
            severities: HashMap::new(),
            projects: Vec::new(),
            change: ChangeConfig::default(),
            environment: None,
            consumers: Vec::new(),
            soak: SoakConfig::default(),
        }
    }
}

/// A folder of which the user says what it is.
#[derive(Clone)]
pub struct ProjectConfig {
    /// The folder, relative to the configuration's.
    pub path: String,
    /// Its layout.
    pub layout: Option<&'static dyn Layout>,
    /// Whether its runner wraps each file in a transaction.
    pub transaction: Option<bool>,
    /// The application code that runs on its database, by patterns as in `.gitignore`.
    pub code: Option<Vec<String>>,
}

/// From which severity on findings fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// This one and worse.
    Severity(Severity),
    /// None does.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails a run.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::Severity(least) => least <= severity,
            FailOn::Never => false,
        }
    }

    /// Its word in the configuration.
    pub fn from_word(word: &str) -> Option<FailOn> {
        match word {
            "never" => Some(FailOn::Never),
            word => Severity::from_word(word).map(FailOn::Severity),
        }
    }
}

/// The word that turns a rule off.
pub const OFF: &str = "off";

/// A severity or `off`, as the configuration writes it; `None` if it is neither.
pub fn severity_from_word(word: &str) -> Option<Option<Severity>> {
    if word == OFF { Some(None) } else { Severity::from_word(word).map(Some) }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// Where it stands in the file.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
