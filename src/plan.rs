//! Changes and the ledger's state to the steps that are due: what runs in a transaction, what runs
//! alone and how it is proven, and what must not run because its files are not what they were.

mod change;
mod digest;
mod pending;
mod proof;
mod rehearsal;
mod step;

pub use change::Change;
pub use change::PhaseFile;
pub use digest::digest_of;
pub use pending::Drift;
pub use pending::Pending;
pub use pending::Tolerance;
pub use pending::comes_late;
pub use pending::left_of;
pub use pending::left_of_undo;
pub use pending::missing;
pub use pending::newest;
pub use pending::pending;
pub use proof::Index;
pub use proof::Proof;
pub use proof::Rebuilt;
pub use rehearsal::Rehearsal;
pub use rehearsal::statement_digest;
pub use rehearsal::statement_digests;
pub use step::Step;
pub use step::Unrunnable;
pub use step::Way;
pub use step::step_of;
pub use step::steps;
