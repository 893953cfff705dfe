//! A change from its first mistake to its contract, under live traffic, on a throw-away server:
//! each step sees to it that what it tells is so.

mod client;
mod error;
mod files;
mod scene;
mod stage;
mod story;

pub use client::Tally;
pub use error::DemoError;
pub use scene::Scene;
pub use story::play;
