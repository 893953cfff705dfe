//! A backfill as a value: one statement of a change's `migrate.sql`, how it is cut into batches
//! that touch each row once, and what holds them back.

mod author;
mod model;
mod options;
mod pace;
mod stride;
pub mod throttle;
mod walk;

pub use author::Whole;
pub use author::Work;
pub use author::work;
pub use model::Job;
pub use model::Refused;
pub use options::Options;
pub use options::Order;
pub use options::ROWS_MOST;
pub use options::Way;
pub use pace::Bounds;
pub use pace::Pace;
pub use stride::Stride;
pub use walk::Cursor;
pub use walk::KeyColumn;
pub use walk::Stretch;
pub use walk::Walk;
pub use walk::block_end;
pub use walk::block_of;
