//! The three moves of a change.

use std::fmt;

/// What a statement does to the code that runs beside it, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Additive: old code does not notice.
    Expand,
    /// Moves data, or checks it.
    Migrate,
    /// Takes away, renames, retypes, or tightens what old code may still use.
    Contract,
}

impl Phase {
    /// All three, in the order in which they run.
    pub const ALL: [Phase; 3] = [Phase::Expand, Phase::Migrate, Phase::Contract];

    /// The word for it, in lower case: the name of its file in a native migration.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Expand => "expand",
            Phase::Migrate => "migrate",
            Phase::Contract => "contract",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
