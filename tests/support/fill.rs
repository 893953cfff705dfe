//! Backfills on real servers while everything goes wrong that can: workers are killed and frozen,
//! servers end, lines are cut, rows are held or cannot be done. Whatever happens, every row is
//! done, and none twice.

#[path = "fill/deadlocks.rs"]
mod deadlocks;
#[path = "fill/disks.rs"]
mod disks;
#[path = "fill/frozen.rs"]
mod frozen;
#[path = "fill/halves.rs"]
mod halves;
#[path = "fill/held.rs"]
mod held;
#[path = "fill/kills.rs"]
mod kills;
#[path = "fill/lags.rs"]
mod lags;
#[path = "fill/limits.rs"]
mod limits;
#[path = "fill/lines.rs"]
mod lines;
#[path = "fill/memory.rs"]
mod memory;
#[path = "fill/orders.rs"]
mod orders;
#[path = "fill/poisons.rs"]
mod poisons;
#[path = "fill/process.rs"]
mod process;
#[path = "fill/replaced.rs"]
mod replaced;
#[path = "fill/rewrites.rs"]
mod rewrites;
#[path = "fill/servers.rs"]
mod servers;
#[path = "fill/shapes.rs"]
mod shapes;
#[path = "fill/sights.rs"]
mod sights;
#[path = "fill/waits.rs"]
mod waits;
#[path = "fill/world.rs"]
mod world;

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::sync::Arc;

/// A test on a server that others use too.
type Test = fn(&Server) -> Result<(), String>;

/// A test that sets up servers of its own.
type Own = fn(&Install) -> Result<(), String>;

/// Tests on a server that others use too.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let tests = [kills::TESTS, lines::TESTS, deadlocks::TESTS, poisons::TESTS, frozen::TESTS];
    let more = [
        waits::TESTS,
        orders::TESTS,
        held::TESTS,
        halves::TESTS,
        replaced::TESTS,
        shapes::TESTS,
        memory::TESTS,
    ];
    let trial = |(name, test): &(&str, Test)| {
        let (start, test) = (start.clone(), *test);
        let run = move || test(&start()).map_err(Failed::from);
        Trial::test(format!("fill::{name}::{major}"), run)
    };
    let all = tests.into_iter().chain(more).chain([rewrites::TESTS, limits::TESTS, sights::TESTS]);
    all.flatten().map(trial).collect()
}

/// Tests that set up servers of their own; without one they are ignored.
pub(crate) fn own_trials(install: Option<&Install>) -> Vec<Trial> {
    let (major, mounts) = (install.map_or(0, |install| install.major), disks::can_mount());
    let trial = |(name, test): &(&str, Own)| {
        let (install, test) = (install.cloned(), *test);
        let ignored = install.is_none() || (name.starts_with("disks::") && !mounts);
        let run = move || {
            let install = install.expect("an ignored test does not run");
            test(&install).map_err(Failed::from)
        };
        Trial::test(format!("fill::{name}::{major}"), run).with_ignored_flag(ignored)
    };
    let all = servers::TESTS.iter().chain(disks::TESTS).chain(lags::TESTS);
    all.chain(limits::OWN_TESTS).map(trial).collect()
}
