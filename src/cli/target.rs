//! The database that a command works on, and who says so.

use super::environment::Surroundings;
use super::error::Error;
use super::load;
use super::load::Loaded;
use super::ui::Ui;
use crate::db::Address;
use crate::db::Environment;
use crate::db::Session;
use crate::db::Settings;
use crate::store::Who;
use std::path::PathBuf;

/// The database, and who says so.
#[derive(clap::Args)]
pub(super) struct Target {
    /// The database: a URL, or env:NAME for a variable that holds it [default: `DATABASE_URL`, else
    /// what libpq takes: PGHOST, PGSERVICE, ~/.pgpass]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The role to act as
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// The name of the environment, to which the ledger is bound [default: `MIGRATE_ENVIRONMENT`,
    /// else that of migrate.toml, else "default"]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Who does this [default: the user of the pipeline, or of this machine]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// The configuration [default: the nearest migrate.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// What a command works on.
pub(super) struct Place {
    pub(super) here: PathBuf,
    pub(super) loaded: Loaded,
    pub(super) environment: String,
    pub(super) who: Who,
    pub(super) session: Session,
}

/// The option that names a database.
pub(super) const OPTION: &str = "--database-url";

/// Variables of pipelines that say who began them.
const PIPELINES: &[&str] =
    &["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "CIRCLE_USERNAME"];

impl Target {
    /// Whether a database is named as an argument.
    pub(super) fn is_named(&self) -> bool {
        self.database_url.is_some()
    }

    /// Reads the configuration and opens the session.
    pub(super) fn open(&self) -> Result<Place, Error> {
        let here = load::here()?;
        let loaded = load::load(&here, self.config.as_deref())?;
        let session = self.session()?;
        let environment = environment(self.environment.as_deref(), &loaded);
        Ok(Place { here, loaded, environment, who: self.who(), session })
    }

    /// The role to act as, if one is named.
    pub(super) fn role(&self) -> Option<String> {
        self.role.clone()
    }

    fn who(&self) -> Who {
        if let Some(actor) = &self.actor {
            return Who { actor: actor.clone(), source: "cli".to_owned() };
        }
        who()
    }

    /// A session in the database.
    pub(super) fn session(&self) -> Result<Session, Error> {
        let address = resolve(OPTION, self.database_url.as_deref())?;
        let run = format!("migrate/{:x}", std::process::id());
        let settings =
            Settings { application_name: run, role: self.role.clone(), ..Settings::default() };
        let session = Session::open(&address, &settings)?;
        session.catch_signals()?;
        Ok(session)
    }
}

/// The name of the environment, to which the ledger is bound.
pub(super) fn environment(told: Option<&str>, loaded: &Loaded) -> String {
    let told = told.map(str::to_owned).or_else(|| Surroundings.variable("MIGRATE_ENVIRONMENT"));
    let told = told.or_else(|| loaded.config.environment.clone());
    told.unwrap_or_else(|| "default".to_owned())
}

/// Who this is, where nobody says.
pub(super) fn who() -> Who {
    let pipeline = PIPELINES.iter().find_map(|name| Surroundings.variable(name));
    if let Some(actor) = pipeline {
        return Who { actor, source: "ci".to_owned() };
    }
    let user = Surroundings.user().unwrap_or_else(|| "somebody".to_owned());
    Who { actor: user, source: "cli".to_owned() }
}

/// The address of a database, as an option tells it; a variable of the environment may hold it.
pub(super) fn resolve(option: &str, told: Option<&str>) -> Result<Address, Error> {
    let variable = told.and_then(|told| told.strip_prefix("env:"));
    let text = match variable {
        Some(name) => Some(Surroundings.variable(name).ok_or_else(|| {
            let why = "is not set, or is no text: set it, or give the URL itself";
            Error::Usage(format!("{option}: the variable `{name}` {why}"))
        })?),
        None => told.map(str::to_owned),
    };
    let address = Address::resolve(text.as_deref(), &Surroundings)?;
    for warning in address.warnings() {
        Ui::note(&format!("warning: {warning}"));
    }
    if told.is_some() && variable.is_none() && address.shows_password() {
        Ui::note(
            "warning: a password in an argument is seen by all who list the processes of this \
             machine: keep it in ~/.pgpass, or name a variable with env:NAME",
        );
    }
    Ok(address)
}
