//! Backfills: one batch at a time is leased, written and marked, in one transaction, by any number
//! of workers in any number of processes. The database that holds the data holds all that they know
//! of one another.

mod aside;
mod batch;
mod claim;
mod crew;
mod cut;
mod end;
mod error;
mod fault;
mod held;
mod open;
mod orders;
mod parts;
mod places;
mod poison;
mod presence;
mod preview;
mod prove;
mod ranges;
mod rights;
mod run;
mod session;
mod split;
mod status;
mod survey;
mod tell;
mod valve;
mod verify;
mod watch;
mod worker;

pub use error::BackfillError;
pub use held::Held;
pub use open::too_old;
pub use orders::Order;
pub use orders::forget;
pub use orders::order;
pub use orders::reopen;
pub use preview::Preview;
pub use preview::preview;
pub use prove::Proven;
pub use prove::prove;
pub use run::Run;
pub use run::run;
pub use session::prepare;
pub use status::Poison;
pub use status::Status;
pub use status::Worker;
pub use status::poisoned;
pub use status::status;
pub use verify::Left;
pub use verify::left;
pub use worker::End;
