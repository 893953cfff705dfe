//! A table that is locked again, harder, in the same transaction.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::LockMode;
use crate::sql::Name;
use std::collections::HashMap;
use std::collections::HashSet;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut transaction = None;
    let mut told: HashSet<&Name> = HashSet::new();
    let mut before: HashMap<&Name, LockMode> = HashMap::new();
    for (index, fact) in scene.facts.iter().enumerate() {
        if transaction != Some(fact.transaction) {
            transaction = Some(fact.transaction);
            told.clear();
            before.clear();
        }
        if fact.wrapping.is_none() {
            continue;
        }
        for lock in &fact.takes {
            let first = before.get(&lock.relation);
            let Some(weaker) = first.filter(|mode| weak(**mode) && **mode < lock.mode) else {
                continue;
            };
            if !told.insert(&lock.relation) {
                continue;
            }
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
        for (relation, mode) in &fact.analysis.locks {
            let hardest = before.entry(relation).or_insert(*mode);
            *hardest = (*mode).max(*hardest);
        }
    }
}

/// A lock that running code has as well.
fn weak(mode: LockMode) -> bool {
    matches!(mode, LockMode::RowExclusive | LockMode::RowShare)
}
