//! One step at a time: record, do, prove, record. A step in a transaction commits with its event;
//! one that cannot be in a transaction is announced before and proven from the catalog after.

mod alone;
mod blockers;
mod contract;
mod dependents;
mod early;
mod error;
mod expand;
mod forbidden;
mod index;
mod news;
mod opaque;
mod privileges;
mod progress;
mod settled;
mod temporary;
mod transaction;
mod turn;
mod undo;

pub use blockers::Blocker;
pub use contract::Contract;
pub use contract::Contracted;
pub use contract::ran_elsewhere;
pub use error::RunError;
pub use expand::Done;
pub use expand::Facts;
pub use expand::expand;
pub use expand::registration;
pub use expand::run_steps;
pub use news::Ignore;
pub use news::News;
pub use news::Watch;
pub use opaque::must_be_understood;
pub use progress::Progress;
pub use settled::Settled;
pub use transaction::Pace;
pub use turn::Turn;
pub use turn::give_turn;
pub use turn::is_busy;
pub use turn::take_turn;
pub use undo::undo;

use crate::db::Session;
use crate::ledger::Consumer;
use crate::store::Who;

/// What it takes to run steps.
pub struct Runner<'a> {
    /// The one session that changes the schema.
    pub session: &'a Session,
    /// Who says so.
    pub who: &'a Who,
    /// How long is waited, and how often.
    pub pace: Pace,
    /// Who is told how it goes.
    pub watch: &'a mut dyn Watch,
    /// Who uses the database, as the configuration says; none where it says nothing.
    pub consumers: &'a [Consumer],
    /// The session that looks who is in the way, opened when it is needed.
    pub observer: Option<Session>,
    /// What somebody found out of steps of which the catalog says nothing.
    pub settled: Vec<Settled>,
    /// Whether statements run of which nothing is known before they do.
    pub allows_opaque: bool,
    /// It goes back, which no freeze stops.
    pub goes_back: bool,
}

impl<'a> Runner<'a> {
    /// A runner.
    pub fn new(
        session: &'a Session,
        who: &'a Who,
        pace: Pace,
        watch: &'a mut dyn Watch,
    ) -> Runner<'a> {
        let (consumers, observer, settled) = (&[], None, Vec::new());
        let (allows_opaque, goes_back) = (false, false);
        Runner { session, who, pace, watch, consumers, observer, settled, allows_opaque, goes_back }
    }
}
