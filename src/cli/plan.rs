//! `migrate plan`: what the analyser believes of each statement, and what those that a database has
//! not run make of its schema.

use super::error::Error;
use super::exit::Exit;
use super::foretold;
use super::foretold::Seen;
use super::sources::Found;
use super::sources::Sources;
use super::status;
use super::status::Compared;
use super::target;
use super::ui::Ui;
use crate::adopt::Standing;
use crate::adopt::Status;
use crate::db;
use crate::db::Session;
use crate::db::Settings;
use crate::examine::Examined;
use crate::gather::GatherError;
use crate::rehearse::Due;
use crate::report;
use std::collections::HashSet;
use std::path::PathBuf;

/// Say what each statement locks, rewrites, reads, breaks and loses
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sources: Sources,
    /// The form of the plan
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Whose rows there are: `any`, tables may hold rows whoever wrote them; `seen`, those that the
    /// files write and no others, as on a database for tests
    #[arg(long, value_name = "ROWS", default_value = "any")]
    rows: Rows,
    /// Only what a database has not run yet, by its ledger or by its tool's list: a URL, or
    /// env:NAME; without a value, `DATABASE_URL` or what libpq's variables and files say
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    against: Option<String>,
    /// The folder of PostgreSQL's programs, on a throw-away server of which the schema after it is
    /// seen [default: those that are installed]
    #[arg(long, value_name = "FOLDER", requires = "against")]
    postgres_bin: Option<PathBuf>,
    /// Leave out the difference of the schema, for which all of it is made anew
    #[arg(long, requires = "against")]
    no_schema_difference: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rows {
    /// Whoever wrote them
    Any,
    /// Those that the files write
    Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// A stable output
    Json,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let mut found = arguments.sources.find()?;
    found.alone = arguments.rows == Rows::Seen;
    for fault in &found.gathering.faults {
        Ui::note(&format!("warning: not looked into: {fault}"));
    }
    let session = arguments.against.as_deref().map(session).transpose()?;
    if let Some(session) = session.as_ref().filter(|_| !found.is_for_server) {
        found.postgres = db::major_of(session).map_err(GatherError::from)?;
    }
    let mut files = Vec::new();
    let mut exit = Exit::Done;
    for project in &found.gathering.projects {
        let first = files.len();
        for unread in found.examine(project, |file| files.push(file)) {
            Ui::note(&format!("error: {unread}"));
            exit = Exit::Unexpected;
        }
        files[first..].sort_by_key(|file: &Examined| file.place);
    }
    if let Some(session) = session {
        return against(arguments, &found, files, &session, exit, ui);
    }
    match arguments.format {
        Format::Human => report::plan_human(&files, ui.style(), ui.out())?,
        Format::Json => report::plan_json(&files, found.postgres, None, ui.out())?,
    }
    Ok(exit)
}

/// A session in the database that the plan is against.
fn session(told: &str) -> Result<Session, Error> {
    let address = target::resolve("--against", Some(told).filter(|told| !told.is_empty()))?;
    Ok(Session::open(&address, &Settings::default())?)
}

/// The plan of what a database has not run.
fn against(
    arguments: &Arguments,
    found: &Found,
    mut files: Vec<Examined>,
    session: &Session,
    mut exit: Exit,
    ui: &mut Ui,
) -> Result<Exit, Error> {
    let projects = &found.gathering.projects;
    let compared = status::compared(&found.here, &found.loaded, projects, session)?;
    let open = pending(&compared);
    files.retain(|file| open.contains(file.shown.as_str()));
    for trouble in compared.projects.iter().flat_map(Status::troubles) {
        Ui::note(&format!("error: {}; {}", trouble.why, trouble.repair));
        exit = Exit::Findings;
    }
    if files.is_empty() && arguments.format == Format::Human {
        if exit == Exit::Done {
            writeln!(ui.out(), "nothing is pending")?;
        }
        return Ok(exit);
    }
    let due: Vec<Due> = files.iter().map(|file| due(file, &compared)).collect();
    let seen = if arguments.no_schema_difference {
        Seen::Unwanted
    } else {
        foretold::of(session.address(), &due, arguments.postgres_bin.as_deref())?
    };
    match arguments.format {
        Format::Human => {
            report::plan_human(&files, ui.style(), ui.out())?;
            seen.human(ui)?;
        }
        Format::Json => {
            report::plan_json(&files, found.postgres, Some(&seen.told()?), ui.out())?;
        }
    }
    Ok(exit)
}

/// The files that a database has not run, as the user would name them.
fn pending(compared: &Compared) -> HashSet<&str> {
    let all = compared.projects.iter().flat_map(|project| &project.migrations);
    let open = all.filter(|one| matches!(one.standing, Standing::Pending | Standing::OutOfOrder));
    open.filter_map(|one| one.path.as_deref()).collect()
}

/// A file that has not run, with what of it ran all the same.
fn due<'a>(file: &'a Examined, compared: &'a Compared) -> Due<'a> {
    let done = compared.done.get(&file.shown);
    Due { file, done: done.map(Vec::as_slice).unwrap_or_default() }
}
