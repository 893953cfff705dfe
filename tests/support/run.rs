//! The program as it changes real databases: killed anywhere, eight at once, in a queue for locks,
//! refused, stopped. Whatever happens, the next run goes on, and the ledger stays whole.

#[path = "run/alone.rs"]
mod alone;
#[path = "run/crashes.rs"]
mod crashes;
#[path = "run/drawn.rs"]
mod drawn;
#[path = "run/guarded.rs"]
mod guarded;
#[path = "run/messages.rs"]
mod messages;
#[path = "run/project.rs"]
mod project;
#[path = "run/proxy.rs"]
pub(crate) mod proxy;
#[path = "run/refusals.rs"]
mod refusals;
#[path = "run/taken.rs"]
mod taken;
#[path = "run/together.rs"]
mod together;
#[path = "run/waiting.rs"]
mod waiting;

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::sync::Arc;

/// A test on a server that others use too.
type Test = fn(&Server) -> Result<(), String>;

/// Tests on a server that others use too.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let tests = [crashes::TESTS, together::TESTS, alone::TESTS, refusals::TESTS];
    let more = [waiting::TESTS, messages::TESTS, guarded::TESTS, drawn::TESTS, taken::TESTS];
    let drawn = drawn::can_be_seen();
    let trial = |(name, test): &(&str, Test)| {
        let (start, test) = (start.clone(), *test);
        let run = move || test(&start()).map_err(Failed::from);
        let unseen = name.starts_with("drawn::") && !drawn;
        Trial::test(format!("run::{name}::{major}"), run).with_ignored_flag(unseen)
    };
    tests.into_iter().chain(more).flatten().map(trial).collect()
}

/// Tests that set up servers of their own; without one they are ignored.
pub(crate) fn own_trials(install: Option<&Install>) -> Vec<Trial> {
    let (ignored, install) = (install.is_none(), install.cloned());
    let run = move || {
        let install = install.expect("an ignored test does not run");
        refusals::a_standby(&install).map_err(Failed::from)
    };
    vec![Trial::test("run::refusals::a_standby", run).with_ignored_flag(ignored)]
}

/// Fails with what was said, unless it holds.
fn holds(condition: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(said()) }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
