//! A change rehearsed on a server that may lose everything: each phase runs, is taken back where it
//! says how, and runs again, while it is watched what each statement locks and rewrites.

mod ahead;
mod copy;
mod course;
mod error;
mod look;
mod outcome;
mod schema;
mod watched;

pub use ahead::Ahead;
pub use ahead::Due;
pub use ahead::Original;
pub use ahead::Stopped;
pub use ahead::ahead;
pub use copy::Unmade;
pub use course::Request;
pub use course::must_be_empty;
pub use course::rehearse;
pub use error::RehearseError;
pub use outcome::Difference;
pub use outcome::Move;
pub use outcome::Outcome;
pub use outcome::Ran;
