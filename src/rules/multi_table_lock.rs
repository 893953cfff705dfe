//! Several tables in use that one transaction keeps locked.

use super::Scene;
use super::Sink;
use super::relations;
use crate::effect::Fact;
use crate::effect::Held;
use crate::sql::Name;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut transaction = None;
    let mut held: BTreeSet<&Name> = BTreeSet::new();
    let mut told = false;
    for (index, fact) in scene.facts.iter().enumerate() {
        if transaction != Some(fact.transaction) {
            (transaction, told) = (Some(fact.transaction), false);
            held.clear();
        }
        let takes: Vec<&Name> = fact.takes.iter().map(|lock: &Held| &lock.relation).collect();
        let more = takes.iter().any(|table| !held.contains(table));
        let several = fact.wrapping.is_some() && !held.is_empty() && more
            || fact.analysis.kind == "create-table" && takes.len() > 1;
        held.extend(&takes);
        if several && !told {
            told = true;
            report(index, fact, &held, sink);
        }
    }
}

fn report(index: usize, fact: &Fact, held: &BTreeSet<&Name>, sink: &mut Sink) {
    let message = format!(
        "with this the transaction keeps {} locked together: each waits for the slowest, and a \
        transaction that uses them in another order ends in a deadlock",
        relations(held.iter().copied())
    );
    sink.report_statement(index, fact, message)
        .help("change one table a transaction, each with a lock_timeout");
}
