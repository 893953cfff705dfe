//! A table that is locked again, harder, in the same transaction.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::LockMode;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut told = Vec::new();
    for (index, fact) in scene.facts.iter().enumerate() {
        if fact.wrapping.is_none() {
            continue;
        }
        let before = &scene.facts[..index];
        let before = before.iter().filter(|other| other.transaction == fact.transaction);
        for lock in &fact.takes {
            let first =
                before.clone().filter_map(|other| other.analysis.locks.get(&lock.relation)).max();
            let Some(weaker) = first.filter(|mode| weak(**mode) && **mode < lock.mode) else {
                continue;
            };
            if told.contains(&(fact.transaction, &lock.relation)) {
                continue;
            }
            told.push((fact.transaction, &lock.relation));
            let table = table_name(&lock.relation);
            let message = format!(
                "the transaction has a lock on `{table}` ({weaker}) and asks for a harder one \
                ({}): a session that has one of the first kind and waits for a row or for this \
                transaction never gives way, and one of the two is killed (40P01)",
                lock.mode
            );
            sink.report_statement(index, fact, message)
                .help("take the hardest lock first, or change rows and schema in two transactions");
        }
    }
}

/// A lock that running code has as well.
fn weak(mode: LockMode) -> bool {
    matches!(mode, LockMode::RowExclusive | LockMode::RowShare)
}
