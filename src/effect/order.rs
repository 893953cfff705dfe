//! The order in which transactions lock tables, over all files.

use super::model::Part;
use super::remark::Remark;
use super::script::Fact;
use crate::sql::Name;
use std::collections::BTreeSet;

/// Pairs of tables in the order in which files lock them that may run at once: those that ship
/// together, and those of the release before.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    unit: u32,
    current: BTreeSet<(Name, Name)>,
    before: BTreeSet<(Name, Name)>,
}

impl Orders {
    /// Learns from a file, and remarks on what it locks in the opposite order of one of these.
    pub(super) fn note(&mut self, unit: u32, facts: &mut [Fact]) {
        if self.unit != unit {
            self.unit = unit;
            self.before = std::mem::take(&mut self.current);
        }
        let mut own: BTreeSet<(Name, Name)> = BTreeSet::new();
        let mut held: Vec<Name> = Vec::new();
        let (mut transaction, mut told) = (None, false);
        for fact in facts {
            if transaction != Some(fact.transaction) {
                transaction = Some(fact.transaction);
                held.clear();
            }
            if fact.wrapping.is_none() {
                continue;
            }
            let new = fact.takes.iter().map(|lock| lock.relation.clone());
            let new: Vec<Name> = new.filter(|name| !held.contains(name)).collect();
            for table in &new {
                for before in &held {
                    let (pair, opposite) =
                        ((before.clone(), table.clone()), (table.clone(), before.clone()));
                    let known = self.current.contains(&opposite) || self.before.contains(&opposite);
                    if known && !told {
                        told = true;
                        remark(fact, before, table);
                    }
                    own.insert(pair);
                }
            }
            held.extend(new);
        }
        self.current.extend(own);
    }
}

fn remark(fact: &mut Fact, first: &Name, then: &Name) {
    let span = fact.analysis.span;
    let remark = Remark::LockOrder(first.clone(), then.clone());
    fact.analysis.parts.push(Part::remark(span, remark));
}
