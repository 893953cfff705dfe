//! The PostgreSQL major versions that answers are given for.

use std::fmt;

/// A PostgreSQL major version, such as 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Major(u8);

impl Major {
    /// The oldest major that the analyser has measured facts for.
    pub const OLDEST: Major = Major(12);
    /// The newest major that the analyser has measured facts for.
    pub const NEWEST: Major = Major(18);
    /// What is assumed when nobody says: the oldest major that the community still patched in 2026.
    pub const DEFAULT: Major = Major(14);

    /// The major with this number, or `None` where nothing is known of it.
    pub fn new(number: i64) -> Option<Major> {
        let number = u8::try_from(number).ok()?;
        let major = Major(number);
        (Major::OLDEST <= major && major <= Major::NEWEST).then_some(major)
    }

    /// The bare number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether this server is `number` or newer.
    pub fn at_least(self, number: u8) -> bool {
        number <= self.0
    }
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
