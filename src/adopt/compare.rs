//! What a tool ran beside the files of a project: what is applied, pending, edited, missing, late.

use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Ran;
use super::tool::Scene;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::Wanted;
use crate::sql;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::HashSet;

/// The texts that a file had before, the newest first, for those that were edited.
pub type Past<'a> = &'a dyn Fn(&str) -> Vec<String>;

/// Where a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It ran.
    Applied,
    /// It did not run yet.
    Pending,
    /// It did not run, and something newer did.
    OutOfOrder,
    /// It ran, and its file is another now.
    Edited(Edit),
    /// It ran, and there is no file.
    Missing,
    /// It was begun, and did not end well.
    Dirty(Trouble),
}

/// How a file differs from what ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// By the ends of its lines, or by a mark of the byte order.
    Lines,
    /// By blanks or comments: the statements are the same.
    Blanks,
    /// By its statements.
    Statements,
    /// What ran is not known any more.
    Unknown,
}

/// A migration of a project, or of the table alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What people know it by.
    pub version: String,
    /// The file, if there is one.
    pub path: Option<String>,
    /// Where it stands.
    pub standing: Standing,
    /// When it ran, as the table says it.
    pub at: Option<String>,
    /// What should be known of it.
    pub note: Option<String>,
}

/// How many migrations stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They ran, and are as they were.
    pub applied: usize,
    /// They come next.
    pub pending: usize,
    /// Newer ones ran.
    pub out_of_order: usize,
    /// Their files changed.
    pub edited: usize,
    /// Their files are gone.
    pub missing: usize,
    /// They did not end well.
    pub dirty: usize,
}

impl Standing {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Applied => "applied",
            Standing::Pending => "pending",
            Standing::OutOfOrder => "out-of-order",
            Standing::Edited(_) => "edited",
            Standing::Missing => "missing",
            Standing::Dirty(_) => "dirty",
        }
    }

    /// Whether a person has to look at it.
    pub fn needs_somebody(&self) -> bool {
        !matches!(self, Standing::Applied | Standing::Pending)
    }
}

impl Edit {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Edit::Lines => "line-ends",
            Edit::Blanks => "blanks-or-comments",
            Edit::Statements => "statements",
            Edit::Unknown => "unknown",
        }
    }

    /// What differs, for people.
    pub fn says(self) -> &'static str {
        match self {
            Edit::Lines => "only line ends differ from what ran",
            Edit::Blanks => "only blanks or comments differ from what ran",
            Edit::Statements => "its statements differ from what ran",
            Edit::Unknown => "it differs from what ran",
        }
    }
}

impl Counts {
    /// Counts.
    pub fn of(migrations: &[Migration]) -> Counts {
        let mut counts = Counts::default();
        for migration in migrations {
            *match migration.standing {
                Standing::Applied => &mut counts.applied,
                Standing::Pending => &mut counts.pending,
                Standing::OutOfOrder => &mut counts.out_of_order,
                Standing::Edited(_) => &mut counts.edited,
                Standing::Missing => &mut counts.missing,
                Standing::Dirty(_) => &mut counts.dirty,
            } += 1;
        }
        counts
    }
}

/// Compares. What ran and has no file stands where it would by its version.
pub fn compare(tool: &dyn Tool, files: &Files, ran: &Ran, past: Past) -> Vec<Migration> {
    let wanted = tool.wanted(files);
    let rows: HashMap<&str, &Applied> =
        ran.applied.iter().map(|applied| (applied.key.as_str(), applied)).collect();
    let known: HashSet<&str> = wanted.iter().map(|wanted| wanted.key.as_str()).collect();
    let gone = ran.applied.iter().filter(|row| !known.contains(row.key.as_str()));
    let gone: Vec<&Applied> = gone.filter(|row| !matches!(row.state, State::Undone(_))).collect();
    let side = Side { tool, files, ran, past };
    let of_files = wanted.iter().map(|one| side.one(one, rows.get(one.key.as_str()).copied()));
    let mut migrations: Vec<Migration> = of_files.collect();
    // What is newer than a pending file, by the files' own order or by the table's.
    let mut newer = false;
    for (migration, one) in migrations.iter_mut().zip(&wanted).rev() {
        if one.repeatable {
            continue;
        }
        let passed =
            gone.iter().any(|row| tool.order(&row.key, &one.key) == Some(Ordering::Greater));
        match migration.standing {
            Standing::Pending if !one.anytime && (newer || passed) => {
                migration.standing = Standing::OutOfOrder;
                migration
                    .note
                    .get_or_insert_with(|| format!("newer ones ran: {}", tool.late().does));
            }
            Standing::Applied | Standing::Edited(_) | Standing::Dirty(_) => newer = true,
            _ => {}
        }
    }
    put_in_order(tool, &gone, &wanted, migrations)
}

/// Puts what has no file before the first that is newer; where versions do not say, before all.
fn put_in_order(
    tool: &dyn Tool,
    gone: &[&Applied],
    wanted: &[Wanted],
    migrations: Vec<Migration>,
) -> Vec<Migration> {
    let place = |row: &Applied| {
        let order = |one: &Wanted| tool.order(&row.key, &one.key);
        let newer = wanted.iter().position(|one| order(one) == Some(Ordering::Less));
        newer.unwrap_or_else(|| {
            if wanted.iter().any(|one| order(one).is_some()) { wanted.len() } else { 0 }
        })
    };
    let mut gone: Vec<(usize, &Applied)> = gone.iter().map(|row| (place(row), *row)).collect();
    gone.sort_by(|(one, this), (other, that)| {
        let by_key = || tool.order(&this.key, &that.key).unwrap_or(Ordering::Equal);
        one.cmp(other).then_with(by_key)
    });
    let mut all = Vec::new();
    let mut gone = gone.into_iter().peekable();
    for (at, migration) in migrations.into_iter().enumerate() {
        while let Some((_, row)) = gone.next_if(|(place, _)| *place <= at) {
            all.push(without_file(row));
        }
        all.push(migration);
    }
    all.extend(gone.map(|(_, row)| without_file(row)));
    all
}

/// What ran and has no file.
fn without_file(row: &Applied) -> Migration {
    let standing = match &row.state {
        State::Dirty(trouble) => Standing::Dirty(trouble.clone()),
        State::Done | State::Undone(_) => Standing::Missing,
    };
    let note = "it ran, and no file has this version any more".to_owned();
    let (version, at) = (row.version.clone(), row.at.clone());
    Migration { version, path: None, standing, at, note: Some(note) }
}

/// What is compared.
struct Side<'a> {
    tool: &'a dyn Tool,
    files: &'a Files<'a>,
    ran: &'a Ran,
    past: Past<'a>,
}

impl Side<'_> {
    fn one(&self, wanted: &Wanted, row: Option<&Applied>) -> Migration {
        let file = &self.files.list[wanted.file];
        let mut note = None;
        let standing = match row.map(|row| (&row.state, row)) {
            Some((State::Dirty(trouble), _)) => Standing::Dirty(trouble.clone()),
            Some((State::Undone(why), _)) => {
                note = Some((*why).to_owned());
                Standing::Pending
            }
            Some((State::Done, row)) => match self.edit(file, row.sum.as_deref()) {
                None => Standing::Applied,
                Some(_) if wanted.repeatable => {
                    note = Some("it changed since, and runs again".to_owned());
                    Standing::Pending
                }
                Some(edit) => Standing::Edited(edit),
            },
            None => match &self.ran.mark {
                Some(mark) if !wanted.repeatable && self.is_below(&wanted.key, &mark.key) => {
                    note = Some(mark.why.to_owned());
                    Standing::Applied
                }
                _ => Standing::Pending,
            },
        };
        let at = row.filter(|row| !matches!(row.state, State::Undone(_)));
        Migration {
            version: wanted.version.clone(),
            path: Some(file.entry.path.clone()),
            standing,
            at: at.and_then(|row| row.at.clone()),
            note,
        }
    }

    fn is_below(&self, key: &str, mark: &str) -> bool {
        matches!(self.tool.order(key, mark), Some(Ordering::Less | Ordering::Equal))
    }

    /// How a file differs from what ran; `None` if it does not, or if that cannot be told.
    fn edit(&self, file: &File, sum: Option<&str>) -> Option<Edit> {
        let sum = sum?;
        let scene = Scene { files: self.files, ran: self.ran };
        let same = |text: &str| self.tool.same(&scene, file, text, sum);
        if same(&file.text)? {
            return None;
        }
        if forms(&file.text).iter().any(|form| same(form) == Some(true)) {
            return Some(Edit::Lines);
        }
        let texts = (self.past)(&file.entry.path);
        let was = texts.iter().find(|text| {
            same(text) == Some(true) || forms(text).iter().any(|form| same(form) == Some(true))
        });
        Some(match was {
            None => Edit::Unknown,
            Some(was) if self.words(file, was) == self.words(file, &file.text) => Edit::Blanks,
            Some(_) => Edit::Statements,
        })
    }

    fn words(&self, file: &File, text: &str) -> Vec<Vec<String>> {
        words(text, &self.files.layout.forward(text, file.entry).parts)
    }
}

/// The words of the statements of a text: what is left without blanks and comments.
pub(super) fn words(text: &str, parts: &[std::ops::Range<usize>]) -> Vec<Vec<String>> {
    let script = sql::read(text, parts);
    let of = |statement: &sql::Statement| {
        let spans = sql::words(text, statement.span).into_iter();
        spans.map(|span| span.of(text).to_owned()).collect()
    };
    script.statements.iter().map(of).collect()
}

/// A text as other machines and editors would have written it.
fn forms(text: &str) -> Vec<String> {
    let lf = text.replace("\r\n", "\n");
    let crlf = lf.replace('\n', "\r\n");
    let bare = lf.trim_start_matches('\u{feff}').to_owned();
    let marked = format!("\u{feff}{bare}");
    let mut forms = vec![lf, crlf, bare.clone(), marked];
    let shorter = bare.trim_end_matches('\n');
    forms.extend([shorter.to_owned(), format!("{shorter}\n")]);
    forms.retain(|form| form != text);
    forms
}
