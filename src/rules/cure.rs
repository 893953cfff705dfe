//! How a finding is put right in its file, where that is mechanical and certain; else why not.

use super::At;
use super::Scene;
use crate::effect::Wrapping;
use crate::sql;
use crate::sql::Span;

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
        Cure::Fix(Fix { edits: edits.into_iter().collect(), outside: false })
    }

    /// An edit after which the file has to run outside of a transaction.
    pub(super) fn outside(edits: impl IntoIterator<Item = Edit>) -> Cure {
        Cure::Fix(Fix { edits: edits.into_iter().collect(), outside: true })
    }
}

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
            return Err(Cure::withheld("it stands between BEGIN and COMMIT"));
        }
        let words = sql::words(scene.text, at.fact.analysis.span);
        let words = Words { text: scene.text, words };
        let starts = words.word(0).is_some_and(|word| word.eq_ignore_ascii_case(verb));
        if starts && !at.part.conditional { Ok(words) } else { Err(Cure::withheld(NOT_BY_ITSELF)) }
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        self.words.get(at).map(|span| span.of(self.text))
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

/// A cure, whether it was found or is withheld.
pub(super) fn cure(found: Result<Cure, Cure>) -> Cure {
    found.unwrap_or_else(|withheld| withheld)
}
