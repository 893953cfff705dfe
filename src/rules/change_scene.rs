//! What a rule about a whole change set looks at, and where it puts what it finds.

use super::Cure;
use super::Hit;
use super::Severity;
use crate::code::Rank;
use crate::effect::Confidence;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::sql::Span;
use std::collections::BTreeSet;

/// What ships together, after analysis.
#[derive(Clone, Copy, Debug)]
pub struct ChangeScene<'a> {
    /// Its files, by path.
    pub files: &'a [ChangedFile],
    /// The migrations that it adds or edits, in the order in which they run.
    pub migrations: &'a [Shipped],
    /// What they take away from code that runs.
    pub taken: &'a [Taken],
    /// What SQL in its code names and nothing in the database has.
    pub unknown: &'a [Unknown],
    /// What the team asks of a change.
    pub demands: &'a Demands,
}

impl<'a> ChangeScene<'a> {
    /// The code that changes together with a migration, and runs on its database.
    pub fn code_beside(&self, migration: usize) -> impl Iterator<Item = &'a ChangedFile> + use<'a> {
        let project = self.migrations[migration].project;
        self.files.iter().filter(move |file| {
            file.role == Role::Code && file.projects.as_ref().is_none_or(|of| of.contains(&project))
        })
    }
}

/// A file of a change set.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    /// Where it is, or was before it was deleted.
    pub path: String,
    /// The same as the user would name it.
    pub shown: String,
    /// Where a renamed file was.
    pub before: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// What it is to a release.
    pub role: Role,
    /// Why it is taken for that, as a fragment.
    pub why: String,
    /// It was a migration before the change.
    pub was_migration: bool,
    /// The projects on whose database it runs, where that is told; else it may be any.
    pub projects: Option<Vec<usize>>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Fate {
    Added,
    Edited,
    Deleted,
    Renamed,
}

impl Fate {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Added => "added",
            Fate::Edited => "edited",
            Fate::Deleted => "deleted",
            Fate::Renamed => "renamed",
        }
    }
}

/// What a file is to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A migration, or what its tool keeps beside it.
    Migration,
    /// What the application is made of.
    Code,
    /// Neither: a document, a test, a lock file.
    Neither,
}

impl Role {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Role::Migration => "migration",
            Role::Code => "application code",
            Role::Neither => "neither",
        }
    }
}

/// A migration that ships.
#[derive(Clone, Debug)]
pub struct Shipped {
    /// The project it is of.
    pub project: usize,
    /// The file.
    pub path: String,
    /// The same as the user would name it.
    pub shown: String,
    /// What its tool calls it.
    pub version: String,
    /// The phase that its name claims, in the native layout.
    pub phase: Option<Phase>,
    /// Its statements, in order.
    pub facts: Vec<Fact>,
    /// Whether something takes it back; `None` where its tool knows no such thing.
    pub undo: Option<bool>,
    /// Who answers for it; `None` where nothing says so.
    pub owner: Option<String>,
    /// Whether its rollback was rehearsed.
    pub rehearsed: Rehearsed,
}

/// What is done to something that running code may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It goes.
    Drops,
    /// It gets another name, or another schema.
    Renames,
    /// It is refused, or reads otherwise, from then on.
    Changes,
}

/// What is known of a rehearsal of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rehearsed {
    /// None is on record.
    #[default]
    Never,
    /// One is, and does not count: why.
    Void(String),
    /// The statements with these digests were taken back.
    Back(BTreeSet<String>),
}

/// Something that a statement takes away from code that runs.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The migration.
    pub migration: usize,
    /// The statement's place in it.
    pub statement: usize,
    /// Where it is written.
    pub span: Span,
    /// What is done.
    pub deed: Deed,
    /// The same in words, with the object: "drops the column `users.email`".
    pub words: String,
    /// The object alone: "`users.email`".
    pub object: String,
    /// The relation, schema included.
    pub relation: Option<String>,
    /// How much of it is known.
    pub confidence: Confidence,
    /// What the same change adds to the same relation, or puts in its place.
    pub expands: Vec<String>,
    /// The digest of the statement's SQL, by which a rehearsal of its rollback is known.
    pub digest: String,
    /// The code that still uses it after the change, the surest first.
    pub uses: Vec<CodeUse>,
    /// Declarations beside the migrations that still had it before the change.
    pub declared: Vec<String>,
}

/// A line of code that uses something.
#[derive(Clone, Debug)]
pub struct CodeUse {
    /// The file.
    pub path: String,
    /// The same as the user would name it.
    pub shown: String,
    /// The place in the file.
    pub span: Span,
    /// The line, from one.
    pub line: usize,
    /// The column of its first character, from one.
    pub column: usize,
    /// Where the line starts in the file.
    pub start: usize,
    /// The text of the line.
    pub text: String,
    /// How sure it is.
    pub rank: Rank,
    /// Why it counts, as a fragment.
    pub why: String,
}

/// A name in SQL that nothing in the database has.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// Where it stands.
    pub at: CodeUse,
    /// The name: "`users.emial`".
    pub object: String,
    /// The name most like it.
    pub near: Option<String>,
}

/// What the team asks of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// The most statements.
    pub statements_max: usize,
    /// The most tables in use that are changed.
    pub tables_max: usize,
    /// The most things that are taken away.
    pub contracts_max: usize,
    /// Each migration names who answers for it.
    pub owner: bool,
    /// Each migration can be taken back.
    pub undo: bool,
}

impl Default for Demands {
    fn default() -> Demands {
        Demands { statements_max: 100, tables_max: 20, contracts_max: 5, owner: false, undo: false }
    }
}

/// A finding about a change set, with the file it stands in.
#[derive(Clone, Debug)]
pub struct ChangeHit {
    /// The file.
    pub path: String,
    /// What was found; where the file is no migration of the change, its statement means nothing.
    pub hit: Hit,
}

/// Takes what one rule finds in a change set.
#[derive(Debug)]
pub struct ChangeSink<'a> {
    rule: &'static str,
    hits: &'a mut Vec<ChangeHit>,
}

impl<'a> ChangeSink<'a> {
    pub(super) fn new(rule: &'static str, hits: &'a mut Vec<ChangeHit>) -> ChangeSink<'a> {
        ChangeSink { rule, hits }
    }

    /// Notes something about what is taken away.
    pub(super) fn report_taken(
        &mut self,
        scene: &ChangeScene,
        taken: &Taken,
        message: impl Into<String>,
    ) -> &mut Hit {
        let path = &scene.migrations[taken.migration].path;
        let hit = self.report(path, taken.span, message);
        hit.statement = taken.statement;
        hit.phase = Some(Phase::Contract);
        hit.confidence = taken.confidence;
        hit.relation.clone_from(&taken.relation);
        hit
    }

    /// Notes something about a place in a file.
    pub(super) fn report(
        &mut self,
        path: &str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Hit {
        let hit = Hit {
            rule: self.rule,
            statement: 0,
            span,
            phase: None,
            confidence: Confidence::Known,
            relation: None,
            message: message.into(),
            help: None,
            safe: Vec::new(),
            cure: Cure::None,
            severity_max: None,
            related: Vec::new(),
        };
        self.hits.push(ChangeHit { path: path.to_owned(), hit });
        let last = self.hits.len() - 1;
        &mut self.hits[last].hit
    }
}

/// A place elsewhere that belongs to a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// The line of code.
    pub at: CodeUse,
    /// What it is to the finding.
    pub label: String,
}

impl Hit {
    /// Says that it is no worse than this, whatever the page says.
    pub fn at_most(&mut self, severity: Severity) -> &mut Hit {
        self.severity_max = Some(severity);
        self
    }

    /// Names places elsewhere.
    pub fn related(&mut self, places: impl IntoIterator<Item = Related>) -> &mut Hit {
        self.related.extend(places);
        self
    }
}
