//! What there is to say while steps run.

use super::blockers::Blocker;
use super::progress::Progress;
use crate::ledger::StepRef;
use std::time::Duration;

/// Something to say.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Another run is at work; its turn is waited for.
    Queued {
        /// Who it is, as far as that is known.
        holder: String,
        /// For how long already.
        waited: Duration,
    },
    /// The ledger was made.
    Opened,
    /// A step begins.
    Begun {
        /// Which.
        step: StepRef,
        /// Its SQL.
        sql: String,
    },
    /// It runs for so long already.
    Working {
        /// Which.
        step: StepRef,
        /// For how long.
        waited: Duration,
        /// What the server says of its progress, if it says anything.
        progress: Option<Progress>,
    },
    /// It waits for locks of others.
    Blocked {
        /// Which.
        step: StepRef,
        /// Who is in the way.
        by: Vec<Blocker>,
    },
    /// It did not get its lock, and is tried again after a pause.
    Again {
        /// Which.
        step: StepRef,
        /// How often it was tried.
        tries: u32,
        /// The pause.
        pause: Duration,
        /// Why.
        why: String,
    },
    /// Something was left by a run that did not end well, and is dealt with.
    Mended {
        /// Which.
        step: StepRef,
        /// What was done.
        what: String,
    },
    /// It is done.
    Done {
        /// Which.
        step: StepRef,
        /// How often it was tried.
        tries: u32,
        /// How long it took.
        took: Duration,
    },
}

/// Who is told how it goes.
pub trait Watch {
    /// Tells it.
    fn tell(&mut self, news: &News);

    /// Whether it is told of what is at work each time that is looked at, and not ever more rarely.
    fn is_lively(&self) -> bool {
        false
    }
}

/// Nobody.
pub struct Ignore;

impl Watch for Ignore {
    fn tell(&mut self, _: &News) {}
}
