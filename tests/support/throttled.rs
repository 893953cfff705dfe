//! What holds a backfill back on real servers: each signal is made to come and to go.

#[path = "throttled/others.rs"]
mod others;
#[path = "throttled/replicas.rs"]
mod replicas;
#[path = "throttled/scene.rs"]
pub(crate) mod scene;
#[path = "throttled/shared.rs"]
mod shared;

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::sync::Arc;

/// A test that sets up servers of its own.
type Own = fn(&Install) -> Result<(), String>;

/// A test on a server that others use too.
type Test = fn(&Server) -> Result<(), String>;

/// Tests on a server that others use too.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let trial = |(name, test): &(&str, Test)| {
        let (start, test) = (start.clone(), *test);
        let run = move || test(&start()).map_err(Failed::from);
        Trial::test(format!("throttled::{name}::{major}"), run)
    };
    shared::TESTS.iter().map(trial).collect()
}

/// Tests that set up servers of their own; without one they are ignored.
pub(crate) fn own_trials(install: Option<&Install>) -> Vec<Trial> {
    let trial = |(name, test): &(&str, Own)| {
        let (install, test) = (install.cloned(), *test);
        let ignored = install.is_none();
        let run = move || {
            let install = install.expect("an ignored test does not run");
            test(&install).map_err(Failed::from)
        };
        Trial::test(format!("throttled::{name}"), run).with_ignored_flag(ignored)
    };
    replicas::TESTS.iter().chain(others::TESTS).map(trial).collect()
}
