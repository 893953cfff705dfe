//! Rows: read, written, removed.

use super::analyst::Analyst;
use super::key_checks::passes_none;
use super::lock::LockMode;
use super::model::Effect;
use super::model::LockTable;
use super::model::Reach;
use super::model::SetParameter;
use super::model::Target;
use super::model::Truncate;
use super::model::Who;
use super::model::Write;
use super::reach::Known;
use crate::schema::Column;
use crate::schema::Filled;
use crate::schema::Relation;
use crate::sql;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::RowLock;
use crate::sql::WithBody;
use std::collections::HashSet;

impl Analyst<'_> {
    /// Locks and reads what a query reads. Without `runs` the query is only planned.
    pub(super) fn read(&mut self, query: &Query, runs: bool) {
        if !query.understood {
            self.assume();
        }
        if query.nameless && !self.postgres.at_least(16) {
            self.refuse("42601", "before PostgreSQL 16 a subquery in FROM must have an alias");
        }
        for used in &query.relations {
            let full = self.schema.resolve(&used.name);
            // The condition is about the one relation, or it is not known about which.
            let condition = query.condition.as_deref().filter(|_| query.relations.len() == 1);
            self.read_relation(&full, condition, LockMode::AccessShare, runs);
        }
        self.lock_sequences_of(query);
        let mut known = Known::new(self.schema);
        for with in &query.with {
            if let WithBody::Change(change) = &with.body {
                self.write(change, &known, true);
            }
            known.learn(with);
        }
    }

    /// A relation that is read: views stand for what they read, each looked at once.
    fn read_relation(&mut self, name: &Name, condition: Option<&Expr>, mode: LockMode, runs: bool) {
        let mut seen = HashSet::from([name.clone()]);
        let mut open = vec![(name.clone(), condition, mode)];
        while let Some((name, condition, mode)) = open.pop() {
            self.lock(&name, mode);
            match self.schema.relation(&name) {
                Some(Relation::View(view)) if !view.materialized && runs => {
                    let reads = view.reads.keys().rev().filter(|read| seen.insert((*read).clone()));
                    let reads = reads.map(|read| (read.clone(), None, LockMode::AccessShare));
                    open.extend(reads.collect::<Vec<_>>());
                }
                Some(Relation::View(_)) if runs => self.scan(std::slice::from_ref(&name)),
                Some(Relation::Table(_)) if runs => {
                    let tree = self.reached(&name, condition);
                    for child in &tree {
                        self.lock(child, mode);
                    }
                    self.scan(&tree);
                }
                _ => {}
            }
        }
    }

    pub(super) fn query_statement(&mut self, query: &Query) {
        self.read(query, true);
        if let Some((strength, of)) = &query.row_lock {
            self.lock_rows(query, *strength, of);
        }
        for setting in &query.settings {
            self.effect(Effect::Set(SetParameter {
                name: setting.name.clone(),
                value: Some(setting.value.clone()),
                local: setting.local,
            }));
        }
        if query.settings.is_empty() && query.writes().next().is_none() {
            self.effect(Effect::Other);
        }
    }

    fn lock_rows(&mut self, query: &Query, _: RowLock, of: &[Name]) {
        let condition = query.condition.as_deref().filter(|_| query.relations.len() == 1);
        for used in &query.relations {
            let alias = used.alias.as_ref().unwrap_or(&used.name.name);
            if of.is_empty() || of.iter().any(|name| name.name == *alias) {
                let full = self.schema.resolve(&used.name);
                for locked in self.reached(&full, condition) {
                    self.lock(&locked, LockMode::RowShare);
                }
                if let Some(view) = self.schema.view(&full) {
                    for read in view.reads.keys() {
                        self.lock(read, LockMode::RowShare);
                    }
                }
            }
        }
    }

    pub(super) fn data_change(&mut self, change: &DataChange) {
        self.write(change, &Known::new(self.schema), false);
    }

    /// A data change, which may stand `inside` of `WITH`: then another needs what it gives.
    fn write(&mut self, change: &DataChange, known: &Known, inside: bool) {
        let table = self.target(&change.table);
        self.read(&change.source, true);
        self.lock_written(&table, change);
        let does = match change.verb {
            DataVerb::Merge => change.merges.clone(),
            verb => vec![verb],
        };
        let cut = if inside { None } else { self.cut(change, &table.name) };
        let write = Write {
            verb: change.verb,
            does,
            reach: known.of_change(change),
            cut,
            on_conflict: change.on_conflict,
            key: self.key_of(&table.name),
            table,
        };
        let loses = if write.does.contains(&DataVerb::Delete) && write.table.in_use() {
            vec![write.table.name.to_string()]
        } else {
            Vec::new()
        };
        self.part(Effect::Write(write), Vec::new(), loses);
    }

    fn lock_written(&mut self, table: &Target, change: &DataChange) {
        let name = table.name.clone();
        self.lock(&name, LockMode::RowExclusive);
        self.check_computed(&name, change);
        if let Some(Relation::View(view)) = self.schema.relation(&name) {
            if view.materialized {
                self.refuse("42809", format!("cannot change materialized view \"{}\"", name.name));
            }
            // An automatically updatable view writes to the one table behind it.
            if let Some(read) = view.reads.keys().next().cloned() {
                self.lock(&read, LockMode::RowExclusive);
            }
            return;
        }
        let whole = change.verb != DataVerb::Insert;
        let predicate = change.predicate.as_ref().map(|predicate| &predicate.tree);
        let never = predicate.is_some_and(passes_none);
        if !never {
            self.lock_partners(&name, change);
        }
        if !whole {
            self.lock_sequences_of_insert(&name, change);
            let rows = &change.source.rows;
            let all = change.source.constant_rows == Some(rows.len());
            for partition in self.routed(&name, change.columns.as_ref(), all.then_some(rows)) {
                self.lock(&partition, LockMode::RowExclusive);
            }
        }
        if whole {
            // What a `MERGE` is joined on says little of the target alone.
            let known = predicate.filter(|_| change.source.relations.is_empty());
            let tree = self.reached(&name, known);
            for child in &tree {
                self.lock(child, LockMode::RowExclusive);
            }
            // The planner may read a small table whole even where a key names the row.
            if !never {
                self.scan(&tree);
            }
        }
    }

    /// A generated column takes no value but `DEFAULT`.
    fn check_computed(&mut self, table: &Name, change: &DataChange) {
        let Some(found) = self.table(table) else { return };
        let computed = |name: &str| {
            let filled = found.column(name).and_then(|column| column.filled.as_ref());
            matches!(filled, Some(Filled::Stored(_) | Filled::Virtual(_)))
        };
        let given = change.columns.iter().flatten().enumerate().find(|(_, name)| computed(name));
        let inserted = given.filter(|(at, _)| {
            let literal =
                |row: &Vec<Expr>| matches!(row.get(*at), Some(Expr::String(_) | Expr::Number(_)));
            // Rows of a query bring values for all columns.
            change.verb == DataVerb::Insert
                && (change.source.rows.iter().any(literal) || change.source.constant_rows.is_none())
        });
        let set = change.assignments.iter().find(|set| {
            let default = set.value.sql.trim().eq_ignore_ascii_case("default");
            computed(&set.column) && set.target == set.column && !default
        });
        if let Some((_, column)) = inserted {
            let message = format!("cannot insert a non-DEFAULT value into column \"{column}\"");
            self.refuse("428C9", message);
        } else if let Some(set) = set {
            let message = format!("column \"{}\" can only be updated to DEFAULT", set.column);
            self.refuse("428C9", message);
        }
    }

    /// Sequences that calls in a query move on or ask.
    fn lock_sequences_of(&mut self, query: &Query) {
        for expr in query.selected.iter().chain(query.condition.as_deref()) {
            expr.walk(&mut |expr| {
                let Expr::Call { name, arguments } = expr else { return };
                if !["nextval", "setval", "currval"].contains(&name.name.as_str()) {
                    return;
                }
                let first = match arguments.first() {
                    Some(Expr::Cast { expr, .. }) => Some(&**expr),
                    first => first,
                };
                let Some(Expr::String(text)) = first else { return };
                let sequence = self.schema.resolve(&Name::from_text(text));
                if self.schema.sequence(&sequence).is_some() {
                    self.lock(&sequence, LockMode::RowExclusive);
                }
            });
        }
    }

    /// Sequences that give values to the columns which an `INSERT` leaves out.
    fn lock_sequences_of_insert(&mut self, table: &Name, change: &DataChange) {
        let Some(given) = &change.columns else { return };
        let columns = self.table(table).into_iter().flat_map(|table| &table.columns);
        for column in columns.filter(|column| !given.contains(&column.name)) {
            for sequence in self.schema.sequences_owned_by(table, Some(&column.name)) {
                self.lock(&sequence, LockMode::RowExclusive);
            }
        }
    }

    /// The columns of a table's primary key, where known.
    pub(super) fn key_of(&self, table: &Name) -> Vec<String> {
        let key = self.table(table).and_then(|table| table.primary_key());
        key.map(|key| key.columns.clone()).unwrap_or_default()
    }

    pub(super) fn copy(&mut self, copy: &sql::CopyRows) {
        if let Some(query) = &copy.query {
            self.read(query, true);
        }
        let Some(table) = &copy.table else { return self.effect(Effect::Other) };
        let table = self.target(table);
        if !copy.into_table {
            // Only the rows of the table itself, not of those that inherit from it.
            self.lock(&table.name, LockMode::AccessShare);
            if table.partitioned {
                let name = &table.name.name;
                self.refuse("42809", format!("cannot copy from partitioned table \"{name}\""));
            }
            let view = self.schema.view(&table.name);
            if view.is_some_and(|view| !view.materialized || !self.postgres.at_least(18)) {
                let name = &table.name.name;
                self.refuse("42809", format!("cannot copy from view \"{name}\""));
            } else {
                self.scan(std::slice::from_ref(&table.name));
            }
            return self.effect(Effect::Other);
        }
        if copy.rows.is_none() && table.partitioned {
            self.assume();
        }
        let columns = copy.columns.clone().or_else(|| self.copied_columns(&table.name));
        for partition in self.routed(&table.name, columns.as_ref(), copy.rows.as_deref()) {
            self.lock(&partition, LockMode::RowExclusive);
        }
        self.lock_referenced(&table.name, None);
        self.effect(Effect::Write(Write {
            table,
            verb: DataVerb::Insert,
            does: vec![DataVerb::Insert],
            reach: Reach::Listed(0),
            cut: None,
            on_conflict: None,
            key: Vec::new(),
        }));
    }

    /// The columns that `COPY` writes where none are named: all but those that are computed.
    fn copied_columns(&self, table: &Name) -> Option<Vec<String>> {
        let computed = |column: &&Column| {
            !matches!(column.filled, Some(Filled::Stored(_) | Filled::Virtual(_)))
        };
        let columns = self.table(table)?.columns.iter().filter(computed);
        Some(columns.map(|column| column.name.clone()).collect())
    }

    pub(super) fn truncate(&mut self, truncate: &sql::Truncate) {
        let mut tables = Vec::new();
        for (name, only) in &truncate.tables {
            let table = self.target(name);
            if self.schema.view(&table.name).is_some() {
                self.refuse("42809", format!("\"{}\" is not a table", table.name.name));
            }
            if *only && table.partitioned {
                self.refuse("42809", "cannot truncate only a partitioned table");
            }
            for child in self.tree(&table.name, *only) {
                self.empty(&child, truncate.restart_identity);
            }
            tables.push(table);
        }
        let named: Vec<Name> = tables.iter().map(|table| table.name.clone()).collect();
        let also = self.emptied_with(&named, truncate.cascade);
        for name in &also {
            for child in self.tree(name, false) {
                self.empty(&child, truncate.restart_identity);
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

    /// The tables that `TRUNCATE` empties with those it names, for their foreign keys point there;
    /// without CASCADE the first of them is a refusal.
    fn emptied_with(&mut self, named: &[Name], cascade: bool) -> Vec<Name> {
        let mut seen: HashSet<Name> = named.iter().cloned().collect();
        let mut also = Vec::new();
        let mut open = named.to_vec();
        while let Some(name) = open.pop() {
            let Some(found) = self.table(&name) else { continue };
            let mut others = found.referenced_by.iter().map(|(other, _)| other);
            if !cascade {
                if others.any(|other| !seen.contains(other)) {
                    let message = "cannot truncate a table referenced in a foreign key constraint";
                    self.refuse("0A000", message);
                    return also;
                }
                continue;
            }
            self.schema.follow(found.referenced_by.len());
            for other in others {
                if seen.insert(other.clone()) {
                    also.push(other.clone());
                    open.push(other.clone());
                }
            }
        }
        also
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
                    for read in view.reads.keys().cloned().collect::<Vec<_>>() {
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
