//! Where migrations stand in a database, for people and as JSON: the latter a stable output.

use super::SCHEMA_VERSION;
use super::Style;
use super::human::bold;
use crate::adopt::Counts;
use crate::adopt::Migration;
use crate::adopt::Other;
use crate::adopt::Standing;
use crate::adopt::Status;
use crate::adopt::Tool;
use crate::adopt::Trouble;
use serde::Serialize;
use std::io;
use std::io::Write;

/// Projects beside a database.
pub struct Beside<'a> {
    /// The database, without a password.
    pub place: &'a str,
    /// The projects.
    pub projects: &'a [Status],
    /// What other tools keep there.
    pub others: &'a [Other],
}

impl Beside<'_> {
    /// Whether a person has to look at something.
    pub fn needs_somebody(&self) -> bool {
        self.projects.iter().any(Status::needs_somebody)
            || self.others.iter().any(|other| !other.troubles.is_empty())
    }

    /// What comes next: the most urgent of all.
    fn next(&self) -> String {
        let others = self.others.iter().flat_map(|other| &other.troubles);
        let others = others.map(|trouble| (0, trouble.repair.clone()));
        let all = self.projects.iter().map(Status::next).chain(others);
        all.min_by_key(|(rank, _)| *rank)
            .map_or_else(|| "name the folder of the migrations".to_owned(), |(_, next)| next)
    }
}

/// Writes it for people.
pub fn human(beside: &Beside, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let next = beside.next();
    writeln!(out, "{}", beside.place)?;
    for project in beside.projects {
        let kept = match (project.tool, &project.table) {
            (Some(tool), Some(table)) => format!("{}, by {table}", tool.name()),
            (None, Some(table)) => format!("{}, by {table}", project.layout),
            _ => project.layout.to_owned(),
        };
        writeln!(out, "\n{}: {kept}", bold(&project.folder, style))?;
        if let Some(note) = &project.note {
            writeln!(out, "  {note}")?;
        }
        list(project, &next, style, out)?;
        for trouble in &project.troubles {
            wrong(trouble, &next, style, out)?;
        }
        writeln!(out, "  {}", words(project.counts()))?;
    }
    for other in beside.others {
        let Other { tool, table, applied, troubles } = other;
        writeln!(out, "\nalso there: {table} of {tool}, {applied} applied")?;
        for trouble in troubles {
            wrong(trouble, &next, style, out)?;
        }
    }
    writeln!(out, "\nnext: {next}")
}

fn wrong(trouble: &Trouble, next: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}: {}", bold("trouble", style), trouble.why)?;
    repair(trouble, next, out)
}

/// What to do, unless it is what comes next and stands at the end.
fn repair(trouble: &Trouble, next: &str, out: &mut dyn Write) -> io::Result<()> {
    if trouble.repair == next { Ok(()) } else { writeln!(out, "{MORE}{}", trouble.repair) }
}

/// What stands before more about a migration.
const MORE: &str = "                ";

/// A line for each migration, and more where there is more to say.
fn list(project: &Status, next: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let migrations = &project.migrations;
    let width = |text: &dyn Fn(&Migration) -> usize| migrations.iter().map(text).max().unwrap_or(0);
    let versions = width(&|one| one.version.chars().count());
    let times = width(&|one| one.at.as_ref().map_or(0, |at| at.chars().count()));
    for one in migrations {
        let word = format!("{:<12}", one.standing.word());
        let word = if one.standing.needs_somebody() { bold(&word, style) } else { word };
        let mut line = format!("  {word}  {:<versions$}", one.version);
        if times > 0 {
            line = format!("{line}  {:<times$}", one.at.as_deref().unwrap_or_default());
        }
        if let Some(path) = &one.path {
            line = format!("{line}  {path}");
        }
        writeln!(out, "{}", line.trim_end())?;
        match &one.standing {
            Standing::Edited(edit) => writeln!(out, "{MORE}{}", edit.says())?,
            Standing::Dirty(trouble) => {
                writeln!(out, "{MORE}{}", trouble.why)?;
                repair(trouble, next, out)?;
            }
            // What the whole list says is not said of each.
            Standing::Applied if project.note.is_some() => {}
            _ => {
                if let Some(note) = &one.note {
                    writeln!(out, "{MORE}{note}")?;
                }
            }
        }
    }
    Ok(())
}

/// How many stand where, those of which there are none left out.
fn words(counts: Counts) -> String {
    let all = [
        (counts.applied, "applied"),
        (counts.pending, "pending"),
        (counts.out_of_order, "out of order"),
        (counts.edited, "edited"),
        (counts.missing, "missing"),
        (counts.dirty, "dirty"),
    ];
    let some = all.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = some.map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    database: &'a str,
    projects: Vec<ProjectJson<'a>>,
    others: Vec<OtherJson<'a>>,
    next: String,
}

#[derive(Serialize)]
struct ProjectJson<'a> {
    path: &'a str,
    layout: &'a str,
    tool: Option<&'a str>,
    table: Option<&'a str>,
    note: Option<&'a str>,
    summary: Summary,
    migrations: Vec<MigrationJson<'a>>,
    troubles: Vec<TroubleJson<'a>>,
}

#[derive(Serialize)]
struct Summary {
    applied: usize,
    pending: usize,
    out_of_order: usize,
    edited: usize,
    missing: usize,
    dirty: usize,
}

#[derive(Serialize)]
struct MigrationJson<'a> {
    version: &'a str,
    path: Option<&'a str>,
    status: &'a str,
    applied_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleJson<'a>>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct TroubleJson<'a> {
    message: &'a str,
    repair: &'a str,
}

#[derive(Serialize)]
struct OtherJson<'a> {
    tool: &'a str,
    table: &'a str,
    applied: usize,
    troubles: Vec<TroubleJson<'a>>,
}

/// Writes it as JSON.
pub fn json(beside: &Beside, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        database: beside.place,
        projects: beside.projects.iter().map(project).collect(),
        others: beside.others.iter().map(other).collect(),
        next: beside.next(),
    };
    super::write_json(&document, out)
}

fn project(project: &Status) -> ProjectJson<'_> {
    let Counts { applied, pending, out_of_order, edited, missing, dirty } = project.counts();
    ProjectJson {
        path: &project.folder,
        layout: project.layout,
        tool: project.tool.map(Tool::name),
        table: project.table.as_deref(),
        note: project.note.as_deref(),
        summary: Summary { applied, pending, out_of_order, edited, missing, dirty },
        migrations: project.migrations.iter().map(migration).collect(),
        troubles: project.troubles.iter().map(trouble).collect(),
    }
}

fn migration(migration: &Migration) -> MigrationJson<'_> {
    let (differs, wrong) = match &migration.standing {
        Standing::Edited(edit) => (Some(edit.word()), None),
        Standing::Dirty(wrong) => (None, Some(trouble(wrong))),
        _ => (None, None),
    };
    MigrationJson {
        version: &migration.version,
        path: migration.path.as_deref(),
        status: migration.standing.word(),
        applied_at: migration.at.as_deref(),
        differs,
        trouble: wrong,
        note: migration.note.as_deref(),
    }
}

fn trouble(trouble: &Trouble) -> TroubleJson<'_> {
    TroubleJson { message: &trouble.why, repair: &trouble.repair }
}

fn other(other: &Other) -> OtherJson<'_> {
    OtherJson {
        tool: other.tool,
        table: &other.table,
        applied: other.applied,
        troubles: other.troubles.iter().map(trouble).collect(),
    }
}
