//! A dump of a schema: what `pg_dump -s` writes, or the `structure.sql` of Rails and dbmate.

use crate::sql;
use crate::sql::Body;
use crate::sql::Lines;
use crate::sql::Misread;
use crate::sql::Script;
use crate::sql::Statement;
use crate::workspace;
use std::io;
use std::path::Path;

/// A dump, read.
pub(super) struct Dump {
    pub(super) script: Script,
    /// Statements that were not understood, each with its place.
    pub(super) misread: Vec<String>,
}

/// Why a dump of a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// It cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file as the user would name it.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// It is in a form that only `pg_restore` reads.
    #[error(
        "{0} is in pg_dump's custom or tar format; make a plain one: pg_dump --schema-only, or \
         pg_restore --schema-only --file=schema.sql {0}"
    )]
    Archive(String),
    /// Nothing in it makes anything.
    #[error(
        "{0} creates no table, view, type or function: is it a dump? `pg_dump --schema-only` makes \
         one"
    )]
    Empty(String),
}

/// Reads a dump.
pub(super) fn read(here: &Path, path: &Path) -> Result<Dump, DumpError> {
    let file = workspace::absolute(here, path);
    let shown = workspace::shown(here, &file);
    let text = match workspace::text_at(&file) {
        Ok(text) => text,
        Err(cause) => return Err(DumpError::File { path: shown, cause }),
    };
    // What the archive formats begin with: the magic word, or a member of that name in a tar.
    if text.starts_with("PGDMP") || text.starts_with("toc.dat\0") {
        return Err(DumpError::Archive(shown));
    }
    let mut script = sql::read(&text, std::slice::from_ref(&(0..text.len())));
    if !script.statements.iter().any(|statement| makes_something(&statement.body)) {
        return Err(DumpError::Empty(shown));
    }
    // `pg_dump -s` has no rows, and so writes `WITH NO DATA`, filled or not.
    for statement in &mut script.statements {
        if let Body::CreateView(view) = &mut statement.body {
            view.with_data = true;
        }
    }
    let lines = Lines::new(&text);
    let misread = misread(&script).map(|(_, misread)| {
        let at = lines.position(&text, misread.span.offset);
        format!("{shown}:{}:{}: {}", at.line, at.column, misread.reason)
    });
    Ok(Dump { misread: misread.collect(), script })
}

/// Reads what the catalog of a database says.
pub(super) fn of_catalog(text: &str) -> Dump {
    let script = sql::read(text, std::slice::from_ref(&(0..text.len())));
    let misread = misread(&script).map(|(statement, misread)| {
        let first = statement.span.of(text).lines().next().unwrap_or_default();
        format!("`{first}` of the catalog: {}", misread.reason)
    });
    Dump { misread: misread.collect(), script }
}

/// Statements that were not understood.
fn misread(script: &Script) -> impl Iterator<Item = (&Statement, &Misread)> {
    script.statements.iter().filter_map(|statement| match &statement.body {
        Body::Unreadable(misread) => Some((statement, misread)),
        _ => None,
    })
}

fn makes_something(body: &Body) -> bool {
    matches!(
        body,
        Body::CreateTable(_)
            | Body::CreateTableAs(_)
            | Body::CreateView(_)
            | Body::CreateType(_)
            | Body::CreateDomain(_)
            | Body::CreateFunction(_)
            | Body::CreateSequence(_)
            | Body::CreateSchema(_)
            | Body::CreateOther(_)
    )
}
