//! The life of a change through the command line, on real servers: from its expand to its contract,
//! and all that may come between.

#[path = "life/backs.rs"]
mod backs;
#[path = "life/bytes.rs"]
mod bytes;
#[path = "life/carried.rs"]
mod carried;
#[path = "life/crashes.rs"]
mod crashes;
#[path = "life/hangs.rs"]
mod hangs;
#[path = "life/live.rs"]
mod live;
#[path = "life/people.rs"]
mod people;
#[path = "life/recipes.rs"]
mod recipes;
#[path = "life/renamed.rs"]
mod renamed;
#[path = "life/reports.rs"]
mod reports;
#[path = "life/secrets.rs"]
mod secrets;
#[path = "life/signs.rs"]
mod signs;
#[path = "life/tamper.rs"]
mod tamper;
#[path = "life/undos.rs"]
mod undos;
#[path = "life/whole.rs"]
mod whole;
#[path = "life/world.rs"]
mod world;

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::sync::Arc;
use world::said;

/// A test on a server that others use too.
type Test = fn(&Server) -> Result<(), String>;

/// Tests on a server that others use too.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let tests = [backs::TESTS, bytes::TESTS, crashes::TESTS, hangs::TESTS, live::TESTS];
    let more = [people::TESTS, recipes::TESTS, reports::TESTS, tamper::TESTS, undos::TESTS];
    let trial = |(name, test): &(&str, Test)| {
        let (start, test) = (start.clone(), *test);
        let run = move || test(&start()).map_err(Failed::from);
        Trial::test(format!("life::{name}::{major}"), run)
    };
    tests
        .into_iter()
        .chain(more)
        .chain([carried::TESTS, renamed::TESTS, signs::TESTS, whole::TESTS])
        .flatten()
        .map(trial)
        .collect()
}

/// Tests that set up servers of their own; without one they are ignored.
pub(crate) fn own_trials(install: Option<&Install>) -> Vec<Trial> {
    let (ignored, install) = (install.is_none(), install.cloned());
    let run = move || {
        let install = install.expect("an ignored test does not run");
        secrets::no_output_has_the_password(&install).map_err(Failed::from)
    };
    let name = "life::secrets::no_output_has_the_password";
    vec![Trial::test(name, run).with_ignored_flag(ignored)]
}
