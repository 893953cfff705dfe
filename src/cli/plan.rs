//! `migrate plan`: what the analyser believes of each statement.

use super::error::Error;
use super::exit::Exit;
use super::sources::Sources;
use super::ui::Ui;
use crate::examine::Examined;
use crate::report;

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
    let style = ui.style();
    match arguments.format {
        Format::Human => report::plan_human(&files, style, ui.out())?,
        Format::Json => report::plan_json(&files, found.postgres, ui.out())?,
    }
    Ok(exit)
}
