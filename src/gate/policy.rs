//! The policy: how long to wait, and what makes the waiting start over.

use std::time::Duration;

/// Which rollbacks make the clock of absence start over. That of health starts over at each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resets {
    /// Every one.
    #[default]
    All,
    /// Only those from or to a release that needs what is taken away.
    Incompatible,
}

/// What a contract has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How much has to be earned by waiting.
    pub soak: Duration,
    /// Which rollbacks make that start over.
    pub rollback_resets: Resets,
    /// For how long the proof that a backfill is complete counts.
    pub verify_max_age: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            soak: Duration::from_hours(24),
            rollback_resets: Resets::All,
            verify_max_age: Duration::from_hours(1),
        }
    }
}
