//! How much was looked at: work that grows faster than its input comes to an end some time, and
//! what is left is not looked at.

use super::Schema;
use super::model::Function;
use super::model::Relation;
use super::model::Table;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// What may be spent before anything is read, in units of some ten nanoseconds.
const START: u64 = 10_000_000;

/// What each byte of SQL adds.
const PER_BYTE: u64 = 20;

/// What it takes to find something by its name.
const FIND: u64 = 8;

/// What it takes to read a byte of SQL.
const READ_BYTE: u64 = 20;

/// What was spent so far, and what may be.
#[derive(Debug)]
pub(super) struct Work {
    /// Counted without a lock: what two threads spend at once may count once.
    spent: AtomicU64,
    granted: u64,
}

impl Clone for Work {
    fn clone(&self) -> Work {
        Work { spent: AtomicU64::new(self.spent()), granted: self.granted }
    }
}

impl Default for Work {
    fn default() -> Work {
        Work { spent: AtomicU64::new(0), granted: START }
    }
}

impl Work {
    fn spend(&self, units: u64) {
        self.spent.store(self.spent() + units, Ordering::Relaxed);
    }

    fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Something is found by its name.
    pub(super) fn find(&self) {
        self.spend(FIND);
    }

    /// One of many is looked at.
    pub(super) fn pass(&self) {
        self.spend(1);
    }

    /// What a table consists of is looked through.
    pub(super) fn look_through(&self, table: &Table) {
        self.spend((table.columns.len() + table.constraints.len()) as u64 / 4);
    }

    /// What a table has is copied to another.
    pub(super) fn copy(&self, relation: &Relation) {
        if let Relation::Table(table) = relation {
            let parts = table.columns.len() + table.constraints.len();
            self.spend(parts as u64 * FIND);
        }
    }

    /// The children of a table are looked up.
    pub(super) fn descend(&self, table: &Table) {
        self.spend(table.children.len() as u64 * FIND * 2);
    }

    /// So many names are gathered.
    pub(super) fn gather(&self, count: usize) {
        self.spend(count as u64 * 4);
    }

    /// The body of a function is read.
    pub(super) fn read(&self, function: &Function) {
        let length = function.body.as_ref().map_or(0, String::len) as u64;
        self.spend(1 + length * READ_BYTE);
    }

    /// A relation is changed, perhaps with a copy of what it was.
    pub(super) fn change(&self, relation: &Relation, copied: bool) {
        self.find();
        let parts = match relation {
            Relation::Table(table) => {
                let shared = table.indexes.len()
                    + table.children.len()
                    + table.readers.len()
                    + table.referenced_by.len();
                table.columns.len() + table.constraints.len() + table.triggers.len() + shared
            }
            Relation::View(view) => view.reads.len() + view.readers.len() + view.indexes.len(),
            Relation::Index(index) => index.children.len(),
            Relation::Sequence(_) => 0,
        } as u64;
        self.spend(if copied { parts * FIND } else { parts / 4 });
    }
}

impl Schema {
    /// Text of this length is to be looked at.
    pub fn grant(&mut self, bytes: usize) {
        self.work.granted += bytes as u64 * PER_BYTE;
    }

    /// So many things of one statement are held against one another.
    pub fn compare(&self, count: usize) {
        self.work.spend((count as u64).saturating_mul(count as u64) / 16);
    }

    /// So many references are followed.
    pub fn follow(&self, count: usize) {
        self.work.spend(count as u64 * FIND);
    }

    /// Whether more was looked at than the text was worth: what comes now is not.
    pub fn is_spent(&self) -> bool {
        self.work.spent() > self.work.granted
    }
}
