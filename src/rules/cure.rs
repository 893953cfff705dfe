//! How a finding is put right in its file, where that is mechanical and certain; else why not.

use super::At;
use super::Scene;
use crate::effect::AddConstraint;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Wrapping;
use crate::sql;
use crate::sql::Span;
use crate::sql::quote_identifier;

/// What can be done about a finding without a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cure {
    /// What to do is not for a program to choose.
    #[default]
    None,
    /// It would be mechanical, but here it is not certain: why.
    Withheld(String),
    /// The file is put right by this.
    Fix(Fix),
}

/// A change of a file after which the rule finds nothing, and which leads to the same schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fix {
    /// What changes in the text.
    pub edits: Vec<Edit>,
    /// The file has to run outside of a transaction then.
    pub outside: bool,
    /// What has to follow in a migration of its own.
    pub then: Option<Then>,
}

/// Statements for the migration after the one that is fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Then {
    /// What they do, in a word.
    pub word: &'static str,
    /// The statements.
    pub sql: String,
    /// The part of the file that runs backward would not undo both.
    pub one_way: bool,
}

/// A run of bytes that gives way to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where nothing does.
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

impl Edit {
    /// Text that is put in.
    pub fn insert(offset: usize, text: impl Into<String>) -> Edit {
        Edit { span: Span::new(offset, offset), text: text.into() }
    }
}

impl Cure {
    /// Why nothing is done.
    pub(super) fn withheld(why: impl Into<String>) -> Cure {
        Cure::Withheld(why.into())
    }

    /// Edits that leave the file where it runs.
    pub(super) fn edits(edits: impl IntoIterator<Item = Edit>) -> Cure {
        Cure::Fix(Fix { edits: edits.into_iter().collect(), outside: false, then: None })
    }

    /// An edit after which the file has to run outside of a transaction.
    pub(super) fn outside(edits: impl IntoIterator<Item = Edit>) -> Cure {
        Cure::Fix(Fix { edits: edits.into_iter().collect(), outside: true, then: None })
    }
}

/// Why what stands in a transaction of the file itself is left alone.
const IN_BLOCK: &str = "it stands between BEGIN and COMMIT";

/// Why what is written in a block, or after a word that was not expected, is left alone.
const NOT_BY_ITSELF: &str = "it is no statement by itself";

/// The statement of a part by its words: something can be put behind one of them.
pub(super) struct Words<'a> {
    text: &'a str,
    words: Vec<Span>,
}

impl<'a> Words<'a> {
    /// The words of a statement that starts with `verb`; else why it cannot be edited.
    pub(super) fn of(scene: &Scene<'a>, at: &At, verb: &str) -> Result<Words<'a>, Cure> {
        if at.fact.wrapping == Some(Wrapping::Explicit) {
            return Err(Cure::withheld(IN_BLOCK));
        }
        let words = sql::words(scene.text, at.fact.analysis.span);
        let words = Words { text: scene.text, words };
        let starts = words.word(0).is_some_and(|word| word.eq_ignore_ascii_case(verb));
        if starts && !at.part.conditional { Ok(words) } else { Err(Cure::withheld(NOT_BY_ITSELF)) }
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        self.words.get(at).map(|span| span.of(self.text))
    }

    /// Whether a word stands in it.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|span| span.of(self.text).eq_ignore_ascii_case(word))
    }

    /// Puts text behind the first such word that stands at `from` or after it.
    pub(super) fn behind(&self, word: &str, from: usize, text: &str) -> Result<Edit, Cure> {
        let found = self
            .words
            .iter()
            .find(|span| from <= span.offset && span.of(self.text).eq_ignore_ascii_case(word));
        let edit = found.map(|span| Edit::insert(span.end(), text));
        edit.ok_or_else(|| Cure::withheld(NOT_BY_ITSELF))
    }

    /// Puts text behind the last word before `end`; the word goes with it, so that what is put in
    /// at `end` comes after.
    pub(super) fn behind_last(&self, end: usize, text: &str) -> Result<Edit, Cure> {
        let last = self.words.iter().rfind(|span| span.end() <= end);
        let edit = last.map(|span| {
            let text = format!("{}{text}", span.of(self.text));
            Edit { span: *span, text }
        });
        edit.ok_or_else(|| Cure::withheld(NOT_BY_ITSELF))
    }

    /// The words up to `end`, with one space between them.
    pub(super) fn before(&self, end: usize) -> String {
        let mut text = String::new();
        let mut last = None;
        for span in self.words.iter().take_while(|span| span.end() <= end) {
            if last.is_some_and(|last| last < span.offset) {
                text.push(' ');
            }
            text.push_str(span.of(self.text));
            last = Some(span.end());
        }
        text
    }
}

/// Why nothing is done about a relation whose creation was not seen.
pub(super) const UNSEEN: &str =
    "what it stands on was not seen, and may be partitioned: tell what was deployed by --history";

/// `CONCURRENTLY` behind a word of a statement, which then has to run outside of a transaction.
pub(super) fn concurrently(scene: &Scene, at: &At, verb: &str, word: &str) -> Result<Cure, Cure> {
    let words = Words::of(scene, at, verb)?;
    Ok(Cure::outside([words.behind(word, 0, " CONCURRENTLY")?]))
}

/// The file taken out of the transaction that its runner makes.
pub(super) fn out_of_it(fact: &Fact) -> Cure {
    match fact.wrapping {
        Some(Wrapping::Runner) => Cure::outside([]),
        Some(Wrapping::OneMessage) => Cure::withheld("it shares its message with other statements"),
        Some(Wrapping::Explicit) => Cure::withheld(IN_BLOCK),
        None => Cure::withheld(NOT_BY_ITSELF),
    }
}

/// A constraint that is added `NOT VALID` and validated by a statement of its own. It needs a name
/// for that: the one that the server would give it.
pub(super) fn validated_after(scene: &Scene, at: &At, add: &AddConstraint) -> Result<Cure, Cure> {
    let words = Words::of(scene, at, "ALTER")?;
    let name = quote_identifier(&add.full_name);
    let whole = at.fact.analysis.span;
    let spans = at.fact.analysis.parts.iter().map(|part| part.span.offset);
    let first = spans.min().unwrap_or(whole.offset);
    let head = words.before(first);
    if is_named_twice(at, add) {
        return Err(Cure::withheld("two constraints of the statement have no name of their own"));
    }
    let validate = format!("{head} VALIDATE CONSTRAINT {name}");
    let mut edits = vec![words.behind_last(at.part.span.end(), " NOT VALID")?];
    if add.name.is_none() {
        edits.push(words.behind("ADD", at.part.span.offset, &format!(" CONSTRAINT {name}"))?);
    }
    if scene.delivery.wrapped || scene.delivery.one_message || sends_blocks(scene.text) {
        let sql = format!("{validate};\n");
        let then = Some(Then { word: "validate", sql, one_way: false });
        return Ok(Cure::Fix(Fix { edits, outside: false, then }));
    }
    edits.push(Edit::insert(whole.end(), format!(";\n{validate}")));
    Ok(Cure::edits(edits))
}

/// A key whose index is built first, concurrently; it becomes the constraint in the next migration.
pub(super) fn key_by_index(scene: &Scene, at: &At, add: &AddConstraint) -> Result<Cure, Cure> {
    if !add.table.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    if !add.nullable.is_empty() {
        return Err(Cure::withheld("columns of the key may hold NULL: see to that first"));
    }
    let words = Words::of(scene, at, "ALTER")?;
    let whole = at.fact.analysis.span;
    let alone = at.fact.analysis.parts.len() == 1 && at.part.span.end() == whole.end();
    let head = words.before(at.part.span.offset);
    let table = head.split_once(' ').and_then(|(_, rest)| rest.split_once(' '));
    let table = table.map(|(_, table)| table).filter(|table| !table.contains(' '));
    // What stands between the words would be gone.
    let bare = !["--", "/*"].iter().any(|mark| whole.of(scene.text).contains(mark));
    let (Some(table), true, false) = (table, alone && bare, add.inline) else {
        return Err(Cure::withheld("the statement holds more than this key"));
    };
    let name = quote_identifier(&add.full_name);
    let kind = if add.class == ConstraintClass::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
    let using = format!("{kind} USING INDEX {name} {}", add.attributes);
    let sql = format!("{head} ADD CONSTRAINT {name} {};\n", using.trim_end());
    let build = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {}", add.index);
    let edits = vec![Edit { span: whole, text: build.trim_end().to_owned() }];
    let then = Some(Then { word: "constraint", sql, one_way: true });
    Ok(Cure::Fix(Fix { edits, outside: true, then }))
}

/// Whether another constraint of the statement would get the same name.
fn is_named_twice(at: &At, add: &AddConstraint) -> bool {
    let same = at.fact.analysis.parts.iter().filter(|part| match &part.effect {
        Effect::AddConstraint(other) => other.full_name == add.full_name,
        _ => false,
    });
    same.count() > 1
}

/// Whether marks in the text make several statements one message.
fn sends_blocks(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["statementbegin", "splitstatements"].iter().any(|mark| text.contains(mark))
}

/// A cure, whether it was found or is withheld.
pub(super) fn cure(found: Result<Cure, Cure>) -> Cure {
    found.unwrap_or_else(|withheld| withheld)
}
