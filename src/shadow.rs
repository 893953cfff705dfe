//! Throw-away PostgreSQL servers: found on this machine, started on a socket of their own, and gone
//! with whoever started them.

mod account;
mod cluster;
mod error;
mod install;
mod package;
mod place;
mod server;

pub use error::ShadowError;
pub use install::Choice;
pub use install::Install;
pub use install::choose;
pub use install::installs;
pub use server::Server;
pub use server::Settings;
