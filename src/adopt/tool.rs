//! A tool by what it keeps in a database: which table, what the rows mean, what it calls a file.

use super::table::Table;
use crate::migration::Entry;
use crate::migration::Layout;
use crate::migration::Tree;
use std::cmp::Ordering;

/// The rows that a question gave, as text.
pub type Answer = Vec<Vec<Option<String>>>;

/// A tool that keeps a list of what it ran.
pub trait Tool: Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The layouts whose files it runs.
    fn layouts(&self) -> &'static [&'static str];

    /// What its tables are called, the one with the list first.
    fn tables(&self) -> &'static [&'static str];

    /// Whether a table of such a name is its own, going by its columns and by what is beside it.
    fn owns(&self, table: &Table, all: &[Table]) -> bool;

    /// What is asked of the table, and of those beside it.
    fn questions(&self, table: &Table, all: &[Table]) -> Vec<String>;

    /// What the answers say, of the files of a project where there is one.
    fn read(&self, table: &Table, files: &Files, answers: &[Answer]) -> Ran;

    /// What the files would be called in the table, in the order in which they run.
    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        files.each(|file| number(&file.entry.version))
    }

    /// Whether a text is the one that a checksum was taken of; `None` if that cannot be told.
    fn same(&self, _scene: &Scene, _file: &File, _text: &str, _sum: &str) -> Option<bool> {
        None
    }

    /// Which of two keys comes first; `None` if they do not say.
    fn order(&self, one: &str, other: &str) -> Option<Ordering> {
        by_number(one, other)
    }

    /// The command that runs what is pending.
    fn up(&self) -> &'static str;

    /// What the tool does with a file that is older than the newest that it ran, and what follows.
    fn late(&self) -> Late;

    /// How the tool is told that an edited file is right as it is.
    fn accept(&self) -> Option<&'static str> {
        None
    }
}

/// The files, and what the tool ran.
pub struct Scene<'a> {
    /// The files.
    pub files: &'a Files<'a>,
    /// What ran.
    pub ran: &'a Ran,
}

/// What a tool does with a pending file that is older than the newest that it ran.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// What it does.
    pub does: &'static str,
    /// The command that runs the file all the same, if there is one.
    pub command: Option<&'static str>,
}

/// The files of a project.
pub struct Files<'a> {
    /// Their layout.
    pub layout: &'a dyn Layout,
    /// The folder, relative to the tree.
    pub root: &'a str,
    /// The tree.
    pub tree: &'a dyn Tree,
    /// Each, in the order in which they run.
    pub list: Vec<File<'a>>,
}

/// A file of a project.
pub struct File<'a> {
    /// What the layout says of it.
    pub entry: &'a Entry,
    /// Its text.
    pub text: String,
}

impl File<'_> {
    /// Its name, without the folder.
    pub fn name(&self) -> &str {
        let path = &self.entry.path;
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The folder that it stands in, by its name alone.
    pub fn folder(&self) -> &str {
        self.entry.path.rsplit('/').nth(1).unwrap_or_default()
    }
}

impl<'a> Files<'a> {
    /// Reads the files of a project.
    pub fn read(
        layout: &'a dyn Layout,
        root: &'a str,
        tree: &'a dyn Tree,
        entries: &'a [Entry],
    ) -> Files<'a> {
        let read =
            |entry: &'a Entry| File { entry, text: tree.text(&entry.path).unwrap_or_default() };
        Files { layout, root, tree, list: entries.iter().map(read).collect() }
    }

    /// A row for each file.
    pub(super) fn each(&self, key: impl Fn(&File) -> String) -> Vec<Wanted> {
        let wanted = |(at, file): (usize, &File)| Wanted {
            file: at,
            key: key(file),
            version: file.entry.version.clone(),
            repeatable: file.entry.repeatable,
            anytime: file.entry.repeatable,
        };
        self.list.iter().enumerate().map(wanted).collect()
    }
}

/// A row that should be there once a file has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The file, by its place.
    pub file: usize,
    /// What the tool knows it by.
    pub key: String,
    /// What people know it by.
    pub version: String,
    /// It runs again whenever it changes.
    pub repeatable: bool,
    /// It may run after newer ones.
    pub anytime: bool,
}

/// Something that a tool says it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What the tool knows it by.
    pub key: String,
    /// What people know it by.
    pub version: String,
    /// When, as the table says it.
    pub at: Option<String>,
    /// The checksum of its file, or the statements that ran.
    pub sum: Option<String>,
    /// How it ended.
    pub state: State,
}

/// How a migration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Well.
    Done,
    /// Badly, or not yet: somebody has to look.
    Dirty(Trouble),
    /// It is not there any more: it was taken back.
    Undone(&'static str),
}

/// What somebody has to put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub why: String,
    /// What to do, in words and commands.
    pub repair: String,
}

/// Up to where a tool ran everything, where it keeps no row for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The last.
    pub key: String,
    /// Why those before it have no row.
    pub why: &'static str,
}

/// All that a tool says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// What it ran.
    pub applied: Vec<Applied>,
    /// Up to where all counts as run.
    pub mark: Option<Mark>,
    /// What is wrong with no migration in particular.
    pub troubles: Vec<Trouble>,
    /// What should be known of how the tool keeps its list.
    pub note: Option<&'static str>,
}

impl Applied {
    /// A row of a migration that ended well.
    pub(super) fn done(key: String, version: String, at: Option<String>) -> Applied {
        Applied { key, version, at, sum: None, state: State::Done }
    }
}

/// A value of a row.
pub(super) fn value(row: &[Option<String>], at: usize) -> Option<String> {
    row.get(at).cloned().flatten()
}

/// A value of a row; nothing where it is null.
pub(super) fn text(row: &[Option<String>], at: usize) -> String {
    value(row, at).unwrap_or_default()
}

/// The rows of an answer.
pub(super) fn rows(answers: &[Answer], at: usize) -> &[Vec<Option<String>>] {
    answers.get(at).map(Vec::as_slice).unwrap_or_default()
}

/// A number as the tools that count have it: without zeros before it.
pub(super) fn number(text: &str) -> String {
    let short = text.trim_start_matches('0');
    if short.is_empty() && !text.is_empty() { "0".to_owned() } else { short.to_owned() }
}

/// The order of two keys that are numbers.
pub(super) fn by_number(one: &str, other: &str) -> Option<Ordering> {
    Some(one.parse::<u128>().ok()?.cmp(&other.parse::<u128>().ok()?))
}
