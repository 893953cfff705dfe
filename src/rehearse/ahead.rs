//! The schema before and after files that have not run: the catalog of their database made anew
//! where nothing can be lost, and the files run on it in their order.

use super::copy;
use super::copy::Unmade;
use super::copy::World;
use super::error::RehearseError;
use super::schema;
use super::watched::RESET;
use crate::db::Address;
use crate::db::Catalog;
use crate::db::Session;
use crate::db::Settings;
use crate::db::read_catalog;
use crate::examine::Examined;
use crate::sql;
use crate::sql::Span;
use std::ops::Range;

/// A database as it is: what a difference is told of.
pub struct Original {
    /// Its catalog.
    pub catalog: Catalog,
    world: World,
}

/// A file that has not run, or not to its end.
pub struct Due<'a> {
    /// The file.
    pub file: &'a Examined,
    /// Those of its statements that ran.
    pub done: &'a [Range<usize>],
}

/// The schema before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The statements that would make it before, each column on a line of its own.
    pub before: Vec<String>,
    /// The same after the files.
    pub after: Vec<String>,
    /// What of the database could not be made anew.
    pub unmade: Vec<Unmade>,
    /// Where the files stopped, if they did.
    pub stopped: Option<Stopped>,
}

/// A file that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The file, as the user would name it.
    pub path: String,
    /// The line of the statement.
    pub line: usize,
    /// Why.
    pub why: String,
}

impl Original {
    /// Reads that of a database.
    pub fn read(address: &Address) -> Result<Original, RehearseError> {
        Ok(Original { catalog: read_catalog(address)?, world: World::read(address)? })
    }
}

/// Tells the schema before and after files; the database at the address is empty, and keeps what
/// is made.
pub fn ahead(original: &Original, address: &Address, due: &[Due]) -> Result<Ahead, RehearseError> {
    let path = ("search_path".to_owned(), original.world.search_path.clone());
    let session = Session::open(address, &Settings { more: vec![path], ..Settings::default() })?;
    let text = &original.catalog.statements;
    let script = sql::read(text, std::slice::from_ref(&(0..text.len())));
    let statements: Vec<&str> = script.statements.iter().map(|one| one.span.of(text)).collect();
    let unmade = copy::make(&session, &original.world, &statements)?;
    let before = schema::in_lines(&read_catalog(address)?.statements);
    let mut stopped = None;
    for due in due {
        stopped = run(&session, due)?;
        session.rows(&format!("ROLLBACK; {RESET}; DISCARD TEMP"))?;
        if stopped.is_some() {
            break;
        }
    }
    let after = schema::in_lines(&read_catalog(address)?.statements);
    Ok(Ahead { before, after, unmade, stopped })
}

/// Runs a file as its runner would; gives where it stops.
fn run(session: &Session, due: &Due) -> Result<Option<Stopped>, RehearseError> {
    let Due { file, done } = due;
    let stop = |span: Span, why: &str| {
        let line = file.text[..span.offset].matches('\n').count() + 1;
        Ok(Some(Stopped { path: file.shown.clone(), line, why: why.to_owned() }))
    };
    if let Some(meta) = file.script.metas.first() {
        return stop(meta.span, "it has psql commands, and only SQL is run");
    }
    if file.delivery.wrapped {
        session.rows("BEGIN")?;
    }
    for (at, statement) in file.script.statements.iter().enumerate() {
        let ran = done.iter().any(|done| done.contains(&at));
        // What was set holds for what comes after it. Rows that come or go beside a statement
        // change no schema, and nobody sends them here.
        let (set, rows) = words(statement.span, file);
        if ran && !set || rows {
            continue;
        }
        if file.script.has_placeholder(statement.span) {
            return stop(statement.span, "it has a placeholder, and nobody fills it in");
        }
        if let Some((_, why)) = copy::said(session, statement.span.of(&file.text))? {
            return stop(statement.span, &why);
        }
    }
    if file.delivery.wrapped
        && let Some((_, why)) = copy::said(session, "COMMIT")?
    {
        return stop(Span::new(file.text.len(), file.text.len()), &format!("at its COMMIT: {why}"));
    }
    Ok(None)
}

/// Whether a statement sets something, and whether it copies rows from or to who sends it. A script
/// that waited for later files has forgotten that, and its words tell.
fn words(span: Span, file: &Examined) -> (bool, bool) {
    let words = sql::words(&file.text, span);
    let is = |at: &Span, wanted: &str| at.of(&file.text).eq_ignore_ascii_case(wanted);
    let first = |wanted: &str| words.first().is_some_and(|word| is(word, wanted));
    let any = |wanted: &str| words.iter().any(|word| is(word, wanted));
    (first("SET"), first("COPY") && (any("STDIN") || any("STDOUT")))
}
