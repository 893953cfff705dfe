//! A backfill as a value: one statement of a change's `migrate.sql`, how it is cut into batches
//! that touch each row once, and what holds them back.

mod model;
pub mod throttle;

pub use model::Job;
pub use model::Proof;
pub use model::Refused;
