//! The locks that a transaction holds.

use super::lock::LockMode;
use crate::sql::Name;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A lock that is still held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The relation.
    pub relation: Name,
    /// The mode.
    pub mode: LockMode,
    /// The statement that took it, by its place in the file.
    pub since: usize,
}

/// Of more locks than this the first are shown, and those that are stronger.
const SHOWN_MAX: usize = 100;

/// The locks that are held, with what it takes to give them back.
#[derive(Default)]
pub(super) struct Locks {
    all: BTreeMap<Name, Held>,
    /// What was changed, in order: the relation, and what was held of it before.
    changes: Vec<(Name, Option<Held>)>,
    /// Those that are shown, by relation.
    few: BTreeMap<Name, Held>,
    /// The same as they are handed out; `None` where they changed since.
    shown: Option<Arc<[Held]>>,
}

impl Locks {
    /// Adds locks; the stronger one stands.
    pub(super) fn add(&mut self, locks: Vec<Held>) {
        for lock in locks {
            let before = self.all.get(&lock.relation);
            let kept = match before {
                Some(known) if known.mode >= lock.mode => continue,
                Some(known) => Held { mode: lock.mode, ..known.clone() },
                None => lock,
            };
            self.changes.push((kept.relation.clone(), before.cloned()));
            self.show(&kept);
            self.all.insert(kept.relation.clone(), kept);
        }
    }

    fn show(&mut self, lock: &Held) {
        let stronger = |few: &BTreeMap<Name, Held>| few.values().all(|few| few.mode < lock.mode);
        let few = self.few.len() < SHOWN_MAX || self.few.contains_key(&lock.relation);
        if few || stronger(&self.few) {
            self.few.insert(lock.relation.clone(), lock.clone());
            self.shown = None;
        }
    }

    /// The locks, by the names of the relations; of very many not all.
    pub(super) fn shown(&mut self) -> Arc<[Held]> {
        let few = &self.few;
        self.shown.get_or_insert_with(|| few.values().cloned().collect()).clone()
    }

    /// How many were taken so far.
    pub(super) fn taken(&self) -> usize {
        self.changes.len()
    }

    /// Gives back those that were taken since.
    pub(super) fn give_back(&mut self, taken: usize) {
        if taken == self.changes.len() {
            return;
        }
        for (relation, before) in self.changes.drain(taken.min(self.changes.len())..).rev() {
            match before {
                Some(before) => drop(self.all.insert(relation, before)),
                None => drop(self.all.remove(&relation)),
            }
        }
        self.few = self
            .all
            .iter()
            .take(SHOWN_MAX)
            .map(|(relation, held)| (relation.clone(), held.clone()))
            .collect();
        self.shown = None;
    }

    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        if !self.changes.is_empty() {
            *self = Locks::default();
        }
    }
}
