//! What is on record of a database's changes and releases: the events, the chain that ties them
//! together, and the one fold that says what they add up to.
//!
//! Nothing here knows a clock, a file or a database: events and the time come in as values, so that
//! every situation is a list of events and a moment.

mod chain;
mod change;
mod checks;
mod deed;
mod event;
mod floor;
mod lane;
mod moment;
mod moves;
mod release;
mod state;

pub use chain::Anchor;
pub use chain::Break;
pub use chain::ChainError;
pub use chain::GENESIS;
pub use chain::REBOUND;
pub use chain::Record;
pub use chain::forgiven;
pub use chain::verify;
pub use change::Back;
pub use change::Backfill;
pub use change::ChangeState;
pub use change::Stage;
pub use change::StepState;
pub use checks::CheckId;
pub use deed::Consumer;
pub use deed::Deed;
pub use deed::Detected;
pub use deed::Identity;
pub use deed::StepRef;
pub use deed::UnknownDeed;
pub use event::Event;
pub use floor::below_floor;
pub use floor::check_version;
pub use floor::rollback_targets;
pub use lane::Active;
pub use lane::Lane;
pub use lane::LaneKey;
pub use lane::Retreat;
pub use moment::Moment;
pub use moves::Admission;
pub use moves::Refusal;
pub use moves::Refused;
pub use moves::admit;
pub use moves::is_name;
pub use release::Release;
pub use release::Releases;
pub use state::Override;
pub use state::State;
pub use state::fold;
