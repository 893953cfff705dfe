//! The layouts: one file each, and what they have in common.

mod atlas;
mod dbmate;
mod diesel;
mod drizzle;
mod flyway;
mod golang_migrate;
mod goose;
mod graphile;
mod hasura;
mod liquibase;
mod native;
mod node_pg_migrate;
mod numbered;
mod plain;
mod pop;
mod prisma;
mod refinery;
mod sourcegraph;
mod sqitch;
mod sql_migrate;
mod sqlx;
mod supabase;
mod tern;

pub use plain::is_called_after_migrations;

use super::forward::Forward;
use super::survey::Survey;
use super::survey::Tree;
use crate::effect::Delivery;
use crate::effect::Phase;

/// A tool's way of writing migrations.
pub trait Layout: Sync {
    /// Its name in options and output, in lower case.
    fn id(&self) -> &'static str;

    /// Folders that look like its own.
    fn find(&self, survey: &Survey) -> Vec<Sighting>;

    /// The files of a folder of its own, in the order in which they run forward.
    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry>;

    /// Files in a folder of its own that look as if they were meant to run, and do not: each with
    /// the reason.
    fn stray(&self, _survey: &Survey, _root: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What of a file runs forward, and how.
    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        Forward::whole(text, entry.delivery)
    }

    /// How a file that its runner wraps is made to run outside of a transaction.
    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never("nothing in the file or beside it tells its runner not to wrap it")
    }

    /// A migration that comes right after the last one: the file and its text, where both are
    /// certain and nothing else has to be told of it. `word` says what it does.
    fn following(&self, _last: &Entry, _word: &str, _sql: &str) -> Option<(String, String)> {
        None
    }

    /// Why a file of its own can no longer be changed.
    fn sealed(&self, _entry: &Entry) -> Option<&'static str> {
        None
    }

    /// What has to be done by hand once a file was changed.
    fn afterwards(&self) -> Option<&'static str> {
        None
    }
}

/// How a file is made to run outside of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The runner sees by what is in the file that it must not wrap it.
    Seen,
    /// A mark for the runner, put into the file at this offset.
    Mark {
        /// Where it goes.
        offset: usize,
        /// The mark.
        text: String,
    },
    /// A file beside it, with all of its text.
    Beside {
        /// The file.
        path: String,
        /// Its text.
        text: String,
    },
    /// It cannot be, or not with certainty: why.
    Never(&'static str),
}

/// A folder that looks like a layout's own.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The folder.
    pub root: String,
    /// How sure it is.
    pub strength: Strength,
    /// What was seen.
    pub why: String,
    /// It is for another server, and why that is known.
    pub foreign: Option<String>,
}

/// How sure a layout is of a folder, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// File names look like it.
    Name,
    /// A file's text holds the tool's marks.
    Content,
    /// A file is there that no other tool has.
    Hard,
    /// The user said so.
    Told,
}

impl Sighting {
    pub(super) fn told(root: &str) -> Sighting {
        Sighting::new(root, Strength::Told, "the configuration says so")
    }

    fn new(root: &str, strength: Strength, why: impl Into<String>) -> Sighting {
        Sighting { root: root.to_owned(), strength, why: why.into(), foreign: None }
    }
}

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the tool calls the migration: its version, or its name.
    pub version: String,
    /// The file.
    pub path: String,
    /// How it reaches the server, as far as its text has no say in it.
    pub delivery: Delivery,
    /// The phase its name claims, in the native layout.
    pub phase: Option<Phase>,
    /// It runs whenever it changes, not once: history is not kept by it.
    pub repeatable: bool,
    /// Files with the same group ship together and are one deploy unit; else each is its own.
    pub group: Option<String>,
}

impl Entry {
    /// A file of no tool's: what is called after nothing is called after itself.
    pub(super) fn loose(path: &str) -> Entry {
        let name = super::survey::split(path).1;
        Entry::new(name.trim_end_matches(".sql"), path, SPLIT)
    }

    fn new(version: impl Into<String>, path: impl Into<String>, delivery: Delivery) -> Entry {
        Entry {
            version: version.into(),
            path: path.into(),
            delivery,
            phase: None,
            repeatable: false,
            group: None,
        }
    }
}

/// The runner wraps each file in a transaction.
const WRAPPED: Delivery = Delivery { wrapped: true, one_message: true };

/// The whole file goes to the server in one message.
const ONE_MESSAGE: Delivery = Delivery { wrapped: false, one_message: true };

/// Statements go to the server one by one.
const SPLIT: Delivery = Delivery { wrapped: false, one_message: false };

/// All layouts; where two are equally sure, the first wins.
const LAYOUTS: &[&dyn Layout] = &[
    &native::Native,
    &drizzle::Drizzle,
    &prisma::Prisma,
    &atlas::Atlas,
    &supabase::Supabase,
    &sqitch::Sqitch,
    &graphile::Graphile,
    &sourcegraph::Sourcegraph,
    &hasura::Hasura,
    &diesel::Diesel,
    &goose::Goose,
    &dbmate::Dbmate,
    &sql_migrate::SqlMigrate,
    &liquibase::Liquibase,
    &tern::Tern,
    &node_pg_migrate::NodePgMigrate,
    &refinery::Refinery,
    &flyway::Flyway,
    &pop::Pop,
    &sqlx::Sqlx,
    &golang_migrate::GolangMigrate,
    &plain::Plain,
];

/// All layouts, in the order in which they are asked.
pub fn layouts() -> &'static [&'static dyn Layout] {
    LAYOUTS
}

/// The layout of this name.
pub fn by_id(id: &str) -> Option<&'static dyn Layout> {
    LAYOUTS.iter().copied().find(|layout| layout.id() == id)
}

/// The layout of files that belong to no tool: each by itself.
pub fn plain() -> &'static dyn Layout {
    &plain::Plain
}
