//! Table-level lock modes, in the order of their strength.

use std::fmt;

/// A lock mode, spelled in output as in `pg_locks.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// Taken by `SELECT`; conflicts with [`LockMode::AccessExclusive`] alone.
    AccessShare,
    /// Taken by `SELECT … FOR UPDATE`.
    RowShare,
    /// Taken by `INSERT`, `UPDATE`, `DELETE`.
    RowExclusive,
    /// Lets reads and writes pass; keeps out `VACUUM` and other changes of the schema.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes, and others of its kind.
    ShareRowExclusive,
    /// Blocks writes and `SELECT … FOR UPDATE`.
    Exclusive,
    /// Blocks everything, reads included.
    AccessExclusive,
}

/// What other sessions have to wait with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocks {
    /// Nothing that an application does.
    Nothing,
    /// `INSERT`, `UPDATE`, `DELETE`.
    Writes,
    /// Reads too.
    Everything,
}

impl LockMode {
    /// All modes, weakest first.
    pub const ALL: [LockMode; 8] = [
        LockMode::AccessShare,
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ];

    /// The name in `pg_locks.mode`.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::AccessShare => "AccessShareLock",
            LockMode::RowShare => "RowShareLock",
            LockMode::RowExclusive => "RowExclusiveLock",
            LockMode::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            LockMode::Share => "ShareLock",
            LockMode::ShareRowExclusive => "ShareRowExclusiveLock",
            LockMode::Exclusive => "ExclusiveLock",
            LockMode::AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// The words of `LOCK TABLE … IN … MODE`.
    pub fn words(self) -> &'static str {
        match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The mode with these words, in capitals.
    pub fn from_words(words: &str) -> Option<LockMode> {
        LockMode::ALL.into_iter().find(|mode| mode.words() == words)
    }

    /// What an application has to wait with while it is held.
    pub fn blocks(self) -> Blocks {
        match self {
            LockMode::AccessShare
            | LockMode::RowShare
            | LockMode::RowExclusive
            | LockMode::ShareUpdateExclusive => Blocks::Nothing,
            LockMode::Share | LockMode::ShareRowExclusive | LockMode::Exclusive => Blocks::Writes,
            LockMode::AccessExclusive => Blocks::Everything,
        }
    }

    /// Whether it makes an application wait.
    pub fn is_strong(self) -> bool {
        self.blocks() != Blocks::Nothing
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
