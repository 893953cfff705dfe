//! The checks that a contract has to pass, by their ids.

use crate::nearest::did_you_mean;
use std::fmt;
use std::str::FromStr;

/// A check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckId {
    /// A release that needs nothing of it is full everywhere.
    K1,
    /// Nothing that needs it is on its way.
    K2,
    /// Nothing that needs it was seen for as long as the soak.
    K3,
    /// Every consumer was seen at work.
    K4,
    /// What was earned by waiting is enough.
    K5,
    /// Every gate passed over the window.
    K6,
    /// No release was taken back.
    K7,
    /// The flags that guard it are on for all.
    K8,
    /// The data is filled in, and that was proven.
    K9,
    /// No object of the database depends on it.
    K10,
    /// No statement used it.
    K11,
    /// It was rehearsed.
    K12,
    /// No person holds it up.
    K13,
    /// The ledger, the database and the files are what they were.
    K14,
}

impl CheckId {
    /// All of them, in their order.
    pub const ALL: [CheckId; 14] = [
        CheckId::K1,
        CheckId::K2,
        CheckId::K3,
        CheckId::K4,
        CheckId::K5,
        CheckId::K6,
        CheckId::K7,
        CheckId::K8,
        CheckId::K9,
        CheckId::K10,
        CheckId::K11,
        CheckId::K12,
        CheckId::K13,
        CheckId::K14,
    ];

    /// Its id, as people write it.
    pub fn id(self) -> &'static str {
        match self {
            CheckId::K1 => "K1",
            CheckId::K2 => "K2",
            CheckId::K3 => "K3",
            CheckId::K4 => "K4",
            CheckId::K5 => "K5",
            CheckId::K6 => "K6",
            CheckId::K7 => "K7",
            CheckId::K8 => "K8",
            CheckId::K9 => "K9",
            CheckId::K10 => "K10",
            CheckId::K11 => "K11",
            CheckId::K12 => "K12",
            CheckId::K13 => "K13",
            CheckId::K14 => "K14",
        }
    }

    /// Its name, in a word or two.
    pub fn title(self) -> &'static str {
        match self {
            CheckId::K1 => "full",
            CheckId::K2 => "no rival",
            CheckId::K3 => "absence",
            CheckId::K4 => "presence",
            CheckId::K5 => "soak",
            CheckId::K6 => "gates",
            CheckId::K7 => "no rollback",
            CheckId::K8 => "flags",
            CheckId::K9 => "backfill",
            CheckId::K10 => "dependents",
            CheckId::K11 => "usage",
            CheckId::K12 => "rehearsal",
            CheckId::K13 => "people",
            CheckId::K14 => "integrity",
        }
    }

    /// Whether a contract is judged by it. Nothing is known yet of what the others ask about.
    pub fn is_judged(self) -> bool {
        !matches!(self, CheckId::K6 | CheckId::K8 | CheckId::K11 | CheckId::K12)
    }

    /// Whether a grant may name it. What one may not override at all is what no person can know
    /// better than the database.
    pub fn can_be_overridden(self) -> bool {
        !matches!(self, CheckId::K10 | CheckId::K14)
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for CheckId {
    type Err = String;

    fn from_str(text: &str) -> Result<CheckId, String> {
        let found = CheckId::ALL.into_iter().find(|check| check.id() == text);
        found.ok_or_else(|| {
            let ids = CheckId::ALL.iter().map(|check| check.id());
            let hint = did_you_mean(text, ids, || "they are K1 to K14".to_owned());
            format!("`{text}` is no check: {hint}")
        })
    }
}
