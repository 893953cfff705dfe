//! The locks that foreign keys take when rows change: each row's partner is looked up.

use super::analyst::Analyst;
use super::lock::LockMode;
use crate::schema::ConstraintForm;
use crate::schema::TableConstraint;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;

/// What happens to rows that reference one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Delete,
    Update,
}

impl Analyst<'_> {
    /// Locks what the foreign keys of a table look at, or change, for a data change.
    pub(super) fn lock_partners(&mut self, table: &Name, change: &DataChange) {
        let does = |verb: DataVerb| change.verb == verb || change.merges.contains(&verb);
        if does(DataVerb::Insert) {
            self.lock_referenced(table, change.columns.as_deref());
        }
        if does(DataVerb::Update) {
            let set: Vec<&str> = change.assignments.iter().map(|set| set.column.as_str()).collect();
            self.lock_referencing(table, Event::Update, Some(&set));
        }
        if does(DataVerb::Delete) {
            self.lock_referencing(table, Event::Delete, None);
        }
    }

    /// The tables that new rows reference. A key that the statement leaves out is `NULL`, unless
    /// it has a default, and then not looked up.
    pub(super) fn lock_referenced(&mut self, table: &Name, columns: Option<&[String]>) {
        let Some(table) = self.table(table) else { return };
        let given = |column: &String| {
            columns.is_none_or(|columns| columns.contains(column))
                || table.column(column).is_some_and(|column| column.default.is_some())
        };
        for key in table.constraints.iter().filter(|key| key.enforced) {
            if let ConstraintForm::ForeignKey(target, _) = &key.kind
                && key.columns.iter().all(given)
            {
                self.lock_tree(target, LockMode::RowShare);
            }
        }
    }

    /// The tables whose rows reference those that change; `set` are the columns that an `UPDATE`
    /// writes.
    fn lock_referencing(&mut self, table: &Name, event: Event, set: Option<&[&str]>) {
        let mut open = vec![(table.clone(), event)];
        let mut seen: Vec<Name> = Vec::new();
        while let Some((name, event)) = open.pop() {
            let Some(table) = self.table(&name) else { continue };
            for (other, constraint) in &table.referenced_by {
                let Some(key) = self.table(other).and_then(|table| table.constraint(constraint))
                else {
                    continue;
                };
                if event == Event::Update && !self.touches(key, set) {
                    continue;
                }
                let (mode, next) = consequence(key, event);
                self.lock_tree(other, mode);
                if let Some(next) = next.filter(|_| !seen.contains(other)) {
                    seen.push(other.clone());
                    open.push((other.clone(), next));
                }
            }
        }
    }

    /// Whether an `UPDATE` of these columns changes what a foreign key references.
    fn touches(&self, key: &TableConstraint, set: Option<&[&str]>) -> bool {
        let ConstraintForm::ForeignKey(target, columns) = &key.kind else { return false };
        let primary = self.table(target).and_then(|table| table.primary_key());
        let columns = match primary {
            Some(primary) if columns.is_empty() => &primary.columns,
            _ => columns,
        };
        set.is_none_or(|set| columns.iter().any(|column| set.contains(&column.as_str())))
    }
}

/// The lock on the referencing table, and what in turn happens to its rows.
fn consequence(key: &TableConstraint, event: Event) -> (LockMode, Option<Event>) {
    let on = match event {
        Event::Delete => "ON DELETE ",
        Event::Update => "ON UPDATE ",
    };
    let action = key.actions.iter().find_map(|action| action.strip_prefix(on));
    match action {
        Some("CASCADE") => (LockMode::RowExclusive, Some(event)),
        Some("SET NULL" | "SET DEFAULT") => (LockMode::RowExclusive, None),
        _ => (LockMode::RowShare, None),
    }
}

/// Whether a condition is seen to pass no row.
pub(super) fn passes_none(condition: &Expr) -> bool {
    condition.conjuncts().iter().any(|term| matches!(term, Expr::Bool(false)))
}
