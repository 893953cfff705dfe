//! A backfill as a value: one statement of a change's `migrate.sql`, and how it is cut into batches
//! that touch each row once.

mod model;

pub use model::Job;
pub use model::Proof;
pub use model::Refused;
