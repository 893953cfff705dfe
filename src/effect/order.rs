//! The order in which transactions lock tables, over all files.

use super::model::Part;
use super::remark::Remark;
use super::script::Fact;
use crate::sql::Name;
use std::collections::HashMap;
use std::collections::HashSet;

/// In transactions that lock more tables, only the first are held against later ones: that such a
/// transaction is in the way of others is said of it anyhow.
const TABLES_MAX: usize = 100;

/// Pairs of tables in the order in which files lock them that may run at once: those that ship
/// together, and those of the release before.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    unit: u32,
    /// Tables by their numbers in the pairs.
    numbers: HashMap<Name, usize>,
    current: HashSet<(usize, usize)>,
    before: HashSet<(usize, usize)>,
}

impl Orders {
    /// Learns from a file, and remarks on what it locks in the opposite order of one of these.
    pub(super) fn note(&mut self, unit: u32, facts: &mut [Fact]) {
        if self.unit != unit {
            self.unit = unit;
            self.before = std::mem::take(&mut self.current);
        }
        let mut own: Vec<(usize, usize)> = Vec::new();
        let mut held = Held::default();
        let (mut transaction, mut told) = (None, false);
        for fact in facts {
            if transaction != Some(fact.transaction) {
                transaction = Some(fact.transaction);
                held = Held::default();
            }
            if fact.wrapping.is_none() {
                continue;
            }
            let new = fact.takes.iter().map(|lock| &lock.relation);
            let new: Vec<(usize, Name)> = new
                .map(|name| (self.number(name), name.clone()))
                .filter(|(number, _)| !held.all.contains(number))
                .collect();
            for (table, name) in &new {
                for (before, held) in &held.first {
                    let opposite = (*table, *before);
                    let known = self.current.contains(&opposite) || self.before.contains(&opposite);
                    if known && !told {
                        told = true;
                        remark(fact, held, name);
                    }
                    own.push((*before, *table));
                }
            }
            held.add(new);
        }
        self.current.extend(own);
    }

    fn number(&mut self, table: &Name) -> usize {
        if let Some(number) = self.numbers.get(table) {
            return *number;
        }
        let number = self.numbers.len();
        self.numbers.insert(table.clone(), number);
        number
    }
}

/// The tables that a transaction has locked.
#[derive(Default)]
struct Held {
    all: HashSet<usize>,
    first: Vec<(usize, Name)>,
}

impl Held {
    fn add(&mut self, tables: Vec<(usize, Name)>) {
        self.all.extend(tables.iter().map(|(number, _)| *number));
        let room = TABLES_MAX.saturating_sub(self.first.len());
        self.first.extend(tables.into_iter().take(room));
    }
}

fn remark(fact: &mut Fact, first: &Name, then: &Name) {
    let span = fact.analysis.span;
    let remark = Remark::LockOrder(first.clone(), then.clone());
    fact.analysis.parts.push(Part::remark(span, remark));
}
