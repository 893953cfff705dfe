//! The ledger in the database that it protects: made, read, verified and written to.

mod append;
mod backfill;
mod error;
mod evidence;
mod look;
mod read;
mod upgrade;

pub use append::Appended;
pub use append::Who;
pub use append::append;
pub use append::append_all;
pub use append::append_sql;
pub use append::beat;
pub use append::rebind;
pub use backfill::give_up;
pub use error::StoreError;
pub use evidence::alive;
pub use evidence::sessions;
pub use evidence::sightings;
pub use look::Look;
pub use look::install;
pub use look::install_roles;
pub use look::look;
pub use look::must_match;
pub use read::Book;
pub use read::Pages;
pub use read::lock_head;
pub use read::read;
pub use read::read_unverified;
pub use upgrade::upgrade;

/// The version of the tables that this program makes.
pub const VERSION: u32 = 3;

/// The lock that whoever changes the schema holds: the bytes of `migrate` as a number, in each
/// database its own.
pub const LOCK: i64 = i64::from_be_bytes(*b"migrate\0");
