//! Databases that are there: where they are, how they are reached, and what is said to them. All
//! that is given to others blocks; no other module connects.

mod address;
mod cancel;
mod catalog;
mod connect;
mod environment;
mod error;
mod hosts;
mod identity;
mod interrupt;
mod look;
mod options;
mod passfile;
mod pooler;
mod quote;
mod retry;
mod row;
mod service;
mod session;
mod tls;
mod words;

pub use address::Address;
pub use catalog::Catalog;
pub use catalog::CatalogError;
pub use catalog::major_of;
pub use catalog::read_catalog;
pub use catalog::search_path;
pub use environment::Environment;
pub use environment::Kept;
pub use environment::Nowhere;
pub use error::DbError;
pub use error::Fault;
pub use error::Said;
pub use interrupt::Signal;
pub use interrupt::seen as signal_seen;
pub use look::Cells;
pub use look::Look;
pub use quote::identifier;
pub use quote::literal;
pub use retry::any_up_to;
pub use row::Row;
pub use row::Told;
pub use session::Go;
pub use session::Notice;
pub use session::Session;
pub use session::Settings;
