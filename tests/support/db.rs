//! What the module of databases gives to others, on real servers: sessions, addresses, poolers,
//! encryption, signals.

#[path = "db/addresses.rs"]
mod addresses;
#[path = "db/encryption.rs"]
mod encryption;
#[path = "db/poolers.rs"]
mod poolers;
#[path = "db/sessions.rs"]
mod sessions;
#[path = "db/signals.rs"]
mod signals;
#[path = "db/world.rs"]
pub(crate) mod world;

pub(crate) use poolers::pgbouncer;
pub(crate) use signals::child;

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Trial;
use std::sync::Arc;

/// Tests on a server that others use too.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let mut trials = sessions::trials(major, start);
    trials.extend(signals::trials(major, start));
    trials
}

/// Tests that set up servers of their own; without one they are ignored.
pub(crate) fn own_trials(install: Option<&Install>) -> Vec<Trial> {
    let mut trials = addresses::trials(install);
    trials.extend(encryption::trials(install));
    trials.extend(poolers::trials(install));
    trials
}
