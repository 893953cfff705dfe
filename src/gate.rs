//! Whether a contract may run: one verdict over state, evidence and a moment, check by check.
//!
//! Nothing here asks a database, a clock or a file. Whoever calls gathers the evidence, and the
//! same evidence always has the same verdict. What is not known is never taken for a yes.

mod check;
mod clock;
mod cover;
mod evidence;
mod judgement;
mod overrides;
mod passive;
mod policy;
mod scene;
mod sighting;
mod stranded;
mod verdict;
mod words;

pub use crate::ledger::CheckId;
pub use clock::Clock;
pub use evidence::Evidence;
pub use evidence::Session;
pub use evidence::connected;
pub use judgement::Check;
pub use judgement::Class;
pub use judgement::Outcome;
pub use passive::passive_rollbacks;
pub use policy::Policy;
pub use policy::Resets;
pub use sighting::Sighting;
pub use stranded::Stranded;
pub use stranded::stranded;
pub use verdict::Verdict;
pub use verdict::verdict;
pub use words::span;
