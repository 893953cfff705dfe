//! `migrate plan`: what the analyser believes of each statement.

use super::error::Error;
use super::exit::Exit;
use super::sources::Found;
use super::sources::Sources;
use super::status;
use super::target;
use super::ui::Ui;
use crate::adopt::Standing;
use crate::examine::Examined;
use crate::report;
use std::collections::HashSet;

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
    if let Some(told) = &arguments.against {
        let open = pending(&found, told)?;
        files.retain(|file| open.contains(&file.shown));
        if files.is_empty() && arguments.format == Format::Human {
            writeln!(ui.out(), "nothing is pending")?;
        }
    }
    let style = ui.style();
    match arguments.format {
        Format::Human => report::plan_human(&files, style, ui.out())?,
        Format::Json => report::plan_json(&files, found.postgres, ui.out())?,
    }
    Ok(exit)
}

/// The files that a database has not run, as the user would name them.
fn pending(found: &Found, told: &str) -> Result<HashSet<String>, Error> {
    let address = target::resolve(Some(told).filter(|told| !told.is_empty()))?;
    let projects = &found.gathering.projects;
    let compared = status::compared(&found.here, &found.loaded, projects, &address)?;
    let all = compared.projects.into_iter().flat_map(|project| project.migrations);
    let open = all.filter(|one| matches!(one.standing, Standing::Pending | Standing::OutOfOrder));
    Ok(open.filter_map(|one| one.path).collect())
}
