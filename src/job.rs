//! A backfill as a value: one statement of a change's `migrate.sql`, and how it is cut into batches
//! that touch each row once.

mod author;
mod model;

pub use author::Whole;
pub use author::Work;
pub use author::author;
pub use author::work;
pub use model::Job;
pub use model::Proof;
pub use model::Refused;
