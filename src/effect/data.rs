//! Rows: read, written, removed.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::Effect;
use super::model::LockTable;
use super::model::Reach;
use super::model::SetParameter;
use super::model::Target;
use super::model::Truncate;
use super::model::Who;
use super::model::Write;
use crate::schema::Relation;
use crate::sql;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::RowLock;

impl Analyst<'_> {
    /// Locks and reads what a query reads. Without `runs` the query is only planned.
    pub(super) fn read(&mut self, query: &Query, runs: bool) {
        if !query.understood {
            self.assume();
        }
        for used in &query.relations {
            let full = self.schema.resolve(&used.name);
            self.read_relation(&full, LockMode::AccessShare, runs);
        }
        for change in &query.writes {
            self.data_change(change);
        }
    }

    /// A relation that is read: views stand for what they read.
    fn read_relation(&mut self, name: &Name, mode: LockMode, runs: bool) {
        self.lock(name, mode);
        match self.schema.relation(name) {
            Some(Relation::View(view)) if !view.materialized && runs => {
                for read in view.reads.clone() {
                    self.read_relation(&read, LockMode::AccessShare, runs);
                }
            }
            Some(Relation::View(_)) if runs => self.scan(std::slice::from_ref(name)),
            Some(Relation::Table(_)) if runs => {
                for child in self.schema.descendants(name) {
                    self.lock(&child, mode);
                }
                let tree = self.tree(name, false);
                self.scan(&tree);
            }
            _ => {}
        }
    }

    pub(super) fn query_statement(&mut self, query: &Query) {
        self.read(query, true);
        if let Some((strength, of)) = &query.row_lock {
            self.lock_rows(query, *strength, of);
        }
        for (parameter, value) in &query.settings {
            self.effect(Effect::Set(SetParameter {
                name: parameter.clone(),
                value: Some(value.clone()),
                local: false,
            }));
        }
        if query.settings.is_empty() && query.writes.is_empty() {
            self.effect(Effect::Other);
        }
    }

    fn lock_rows(&mut self, query: &Query, _: RowLock, of: &[Name]) {
        for used in &query.relations {
            let alias = used.alias.as_ref().unwrap_or(&used.name.name);
            if of.is_empty() || of.iter().any(|name| name.name == *alias) {
                let full = self.schema.resolve(&used.name);
                self.lock(&full, LockMode::RowShare);
            }
        }
    }

    pub(super) fn data_change(&mut self, change: &DataChange) {
        let table = self.target(&change.table);
        self.read(&change.source, true);
        self.lock_written(&table, change);
        let write = Write {
            verb: change.verb,
            reach: self.reach(change, &table),
            sets: change
                .assignments
                .iter()
                .map(|set| (set.column.clone(), set.value.sql.clone()))
                .collect(),
            repeatable: is_repeatable(change),
            predicate: change.predicate.as_ref().map(|predicate| predicate.sql.clone()),
            on_conflict: change.on_conflict,
            copies: change.verb == DataVerb::Insert && !change.source.relations.is_empty(),
            key: self.key_of(&table.name),
            table,
        };
        let removes = write.verb == DataVerb::Delete || change.merges.contains(&DataVerb::Delete);
        let loses = if removes && write.table.in_use() {
            vec![write.table.name.to_string()]
        } else {
            Vec::new()
        };
        self.part(Effect::Write(write), Vec::new(), loses);
    }

    fn lock_written(&mut self, table: &Target, change: &DataChange) {
        let name = table.name.clone();
        self.lock(&name, LockMode::RowExclusive);
        if let Some(Relation::View(view)) = self.schema.relation(&name) {
            // An automatically updatable view writes to the one table behind it.
            if let Some(read) = view.reads.first().cloned() {
                self.lock(&read, LockMode::RowExclusive);
            }
            return;
        }
        let whole = change.verb != DataVerb::Insert;
        let never = matches!(
            change.predicate.as_ref().map(|predicate| &predicate.tree),
            Some(Expr::Bool(false))
        );
        if whole {
            let tree = self.tree(&name, false);
            for child in &tree {
                self.lock(child, LockMode::RowExclusive);
            }
            // The planner may read a small table whole even where a key names the row.
            if !never {
                self.scan(&tree);
            }
        }
    }

    /// The columns of a table's primary key, where known.
    pub(super) fn key_of(&self, table: &Name) -> Vec<String> {
        let key = self.table(table).and_then(|table| table.primary_key());
        key.map(|key| key.columns.clone()).unwrap_or_default()
    }

    /// How many rows a change can touch, going by its text.
    fn reach(&self, change: &DataChange, table: &Target) -> Reach {
        match change.verb {
            DataVerb::Insert => match change.source.constant_rows {
                Some(rows) => Reach::Listed(rows),
                None if change.source.limited => Reach::Bounded,
                None if change.source.relations.is_empty() && change.source.understood => {
                    Reach::Listed(1)
                }
                None if change.source.filtered => Reach::Matching,
                None => Reach::Everything,
            },
            DataVerb::Update | DataVerb::Delete | DataVerb::Merge => {
                let Some(predicate) = &change.predicate else { return Reach::Everything };
                let key = self.key_of(&table.name);
                match bounds(&predicate.tree, &key) {
                    Bounds::Few => Reach::Bounded,
                    Bounds::None if is_true(&predicate.tree) => Reach::Everything,
                    Bounds::None => Reach::Matching,
                }
            }
        }
    }

    pub(super) fn copy(&mut self, copy: &sql::CopyRows) {
        if let Some(query) = &copy.query {
            self.read(query, true);
        }
        let Some(table) = &copy.table else { return self.effect(Effect::Other) };
        let table = self.target(table);
        if !copy.into_table {
            self.read_relation(&table.name, LockMode::AccessShare, true);
            return self.effect(Effect::Other);
        }
        self.lock(&table.name, LockMode::RowExclusive);
        self.effect(Effect::Write(Write {
            table,
            verb: DataVerb::Insert,
            reach: Reach::Listed(0),
            sets: Vec::new(),
            repeatable: false,
            predicate: None,
            on_conflict: None,
            copies: false,
            key: Vec::new(),
        }));
    }

    pub(super) fn truncate(&mut self, truncate: &sql::Truncate) {
        let mut tables = Vec::new();
        for (name, only) in &truncate.tables {
            let table = self.target(name);
            if self.schema.view(&table.name).is_some() {
                self.refuse("42809", format!("\"{}\" is not a table", table.name.name));
            }
            for child in self.tree(&table.name, *only) {
                self.empty(&child, truncate.restart_identity);
            }
            tables.push(table);
        }
        let named: Vec<Name> = tables.iter().map(|table| table.name.clone()).collect();
        let mut also: Vec<Name> = Vec::new();
        let mut open = named.clone();
        while let Some(name) = open.pop() {
            let Some(found) = self.table(&name) else { continue };
            for (other, _) in &found.referenced_by {
                if named.contains(other) || also.contains(other) {
                    continue;
                }
                if !truncate.cascade {
                    let message = "cannot truncate a table referenced in a foreign key constraint";
                    self.refuse("0A000", message);
                    continue;
                }
                for child in self.tree(other, false) {
                    self.empty(&child, truncate.restart_identity);
                }
                also.push(other.clone());
                open.push(other.clone());
            }
        }
        let (mut breaks, mut loses) = (Vec::new(), Vec::new());
        for table in tables.iter().filter(|table| table.in_use()) {
            let name = table.name.to_string();
            breaks.extend(Self::broken(name.clone(), Who::Readers, "every row is gone"));
            loses.push(name);
        }
        loses.extend(also.iter().map(ToString::to_string));
        let cascade = truncate.cascade;
        self.part(Effect::Truncate(Truncate { tables, cascade, also }), breaks, loses);
    }

    fn empty(&mut self, name: &Name, restart: bool) {
        self.lock(name, LockMode::AccessExclusive);
        for index in self.indexes(name) {
            self.lock(&index, LockMode::AccessExclusive);
        }
        if restart {
            for sequence in self.schema.sequences_owned_by(name, None) {
                self.lock(&sequence, LockMode::AccessExclusive);
            }
        }
    }

    pub(super) fn lock_table(&mut self, lock: &sql::LockTable) {
        let Some(mode) = LockMode::from_words(&lock.mode) else {
            return self.effect(Effect::Other);
        };
        for (name, only) in &lock.tables {
            let table = self.target(name);
            match self.schema.relation(&table.name) {
                Some(Relation::View(view)) if view.materialized => {
                    self.refuse("42809", format!("cannot lock relation \"{}\"", table.name.name));
                }
                Some(Relation::View(view)) => {
                    for read in view.reads.clone() {
                        self.lock(&read, mode);
                    }
                }
                _ => {}
            }
            for child in self.tree(&table.name, *only) {
                self.lock(&child, mode);
            }
            self.effect(Effect::Lock(LockTable { table, mode }));
        }
    }
}

/// Whether a condition bounds how many rows match.
enum Bounds {
    Few,
    None,
}

/// A condition is taken to bound a change if its terms name single rows, or a range of a key: of
/// the primary key where it is known, else of a column that is called like one.
fn bounds(expr: &Expr, key: &[String]) -> Bounds {
    let is_key = |expr: &Expr| match expr {
        Expr::Column(parts) => parts.last().is_some_and(|column| {
            key.contains(column) || column == "ctid" || (key.is_empty() && looks_like_key(column))
        }),
        _ => false,
    };
    let constant = |expr: &Expr| match expr {
        Expr::Subquery(query) => query.limited,
        other => other.columns().is_empty(),
    };
    let mut named = 0;
    let mut below = false;
    let mut above = false;
    for term in expr.conjuncts() {
        match term {
            Expr::Binary { operator, left, right } => {
                let (on_key, constant) = if is_key(left) {
                    (true, constant(right))
                } else {
                    (is_key(right), constant(left))
                };
                match operator.as_str() {
                    _ if !on_key || !constant => {}
                    "=" => named += 1,
                    "<" | "<=" => above = true,
                    ">" | ">=" => below = true,
                    _ => {}
                }
            }
            Expr::Between { expr, negated: false, .. } if is_key(expr) => return Bounds::Few,
            Expr::In { expr, negated: false, .. } if is_key(expr) => named += 1,
            // `id IN (SELECT … LIMIT n)` and `id = ANY (…)`.
            Expr::Other(parts) if parts.iter().any(is_key) && parts.iter().all(is_limited) => {
                return Bounds::Few;
            }
            _ => {}
        }
    }
    // A part of a key names as many rows as share it.
    let whole = key.len().max(1) <= named;
    if whole || (below && above) { Bounds::Few } else { Bounds::None }
}

/// Whether every query in an expression has a `LIMIT`.
fn is_limited(expr: &Expr) -> bool {
    let mut limited = true;
    expr.walk(&mut |part| {
        if let Expr::Subquery(query) = part {
            limited &= query.limited;
        }
    });
    limited
}

fn looks_like_key(column: &str) -> bool {
    column == "id" || column == "uuid" || column == "key" || column.ends_with("_id")
}

fn is_true(expr: &Expr) -> bool {
    match expr {
        Expr::Bool(value) => *value,
        Expr::Binary { operator, left, right } => {
            operator == "=" && left == right && left.columns().is_empty()
        }
        _ => false,
    }
}

/// Whether the change can be made a few rows at a time, each time the same way.
fn is_repeatable(change: &DataChange) -> bool {
    let sets: Vec<&str> = change.assignments.iter().map(|set| set.column.as_str()).collect();
    let from_itself = change.assignments.iter().any(|set| {
        set.value.tree.is_opaque()
            || set.value.tree.columns().into_iter().any(|column| sets.contains(&column))
    });
    let alone = change.source.relations.is_empty() && change.alias.is_none();
    alone && !from_itself
}
