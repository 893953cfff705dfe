//! Partitions: attached and detached, and what spares a look at their rows.

use super::alter::Command;
use super::analyst::Analyst;
use super::implication::Key;
use super::implication::Says;
use super::implication::edge;
use super::implication::is_null;
use super::lock::LockMode;
use super::model::AttachPartition;
use super::model::DetachPartition;
use super::model::Effect;
use super::model::Target;
use super::model::Who;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Table;
use crate::schema::TableKind;
use crate::sql::Bound;
use crate::sql::Detach;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::Name;
use crate::sql::quote_identifier;
use std::collections::BTreeSet;

impl Analyst<'_> {
    /// Locks a table and all its partitions.
    pub(super) fn lock_tree(&mut self, name: &Name, mode: LockMode) {
        self.lock(name, mode);
        if self.table(name).is_some_and(Table::is_partitioned) {
            for partition in self.schema.descendants(name) {
                self.lock(&partition, mode);
            }
        }
    }

    pub(super) fn attach_partition(&mut self, command: &Command, partition: &Name, bound: &Bound) {
        let partition = self.target(partition);
        for name in self.tree(&partition.name, false) {
            self.lock(&name, LockMode::AccessExclusive);
        }
        let parent = self.table(&command.table.name);
        let child = self.table(&partition.name);
        if let (Some(parent), Some(child)) = (parent, child) {
            self.check_attach(parent, child);
            self.attach_indexes(parent, child);
            self.attach_keys(parent, child);
        }
        let read = match (parent, child) {
            (Some(parent), Some(child)) => {
                self.unproven(child, &|table| self.fits(parent, table, bound))
            }
            _ => self.tree(&partition.name, false),
        };
        self.scan(&read);
        let scans_default = self.look_into_default(&command.table, bound).1;
        self.effect(Effect::AttachPartition(AttachPartition {
            parent: command.table.clone(),
            condition: parent.and_then(|parent| self.fitting_sql(parent, child, bound)),
            exclusion: parent.and_then(|parent| exclusion_sql(parent, bound)),
            bound: super::create::bound_sql(bound),
            scans_partition: !read.is_empty(),
            scans_default,
            partition,
        }));
    }

    /// Refuses a bound of another kind than the parent's, and one that a partition has already.
    fn check_bound(&mut self, parent: &Target, bound: &Bound) {
        let Some(found) = self.table(&parent.name).filter(|found| found.known) else { return };
        let Some(by) = &found.partition_by else { return };
        let fits = match bound {
            Bound::Default => by.strategy != "hash",
            Bound::In(_) => by.strategy == "list",
            Bound::Range(..) => by.strategy == "range",
            Bound::Hash(..) => by.strategy == "hash",
        };
        if !fits {
            let message = format!("invalid bound specification for a {} partition", by.strategy);
            return self.refuse("42P16", message);
        }
        let children = found.children.iter().filter_map(|child| self.table(child));
        let taken =
            children.filter_map(|child| child.partition_of.as_ref()).any(|(_, known)| {
                match (known, bound) {
                    (Bound::Default, Bound::Default) => true,
                    (Bound::Range(from, to), Bound::Range(other, until)) => {
                        same(from, other) && same(to, until)
                    }
                    (Bound::In(one), Bound::In(other)) => same(one, other),
                    _ => false,
                }
            });
        if taken {
            self.refuse("42P17", format!("partition would overlap one of \"{}\"", parent.name));
        }
    }

    /// Locks the default partition of a parent that gets another one, and reads it to see that none
    /// of its rows belongs there. Gives its name, and again if it is read.
    pub(super) fn look_into_default(
        &mut self,
        parent: &Target,
        bound: &Bound,
    ) -> (Option<Name>, Option<Name>) {
        self.check_bound(parent, bound);
        let default = self.default_of(parent).filter(|_| *bound != Bound::Default);
        let (Some(name), Some(parent)) = (default, self.table(&parent.name)) else {
            return (None, None);
        };
        self.lock(&name, LockMode::AccessExclusive);
        let Some(default) = self.table(&name) else { return (Some(name), None) };
        let excluded = |table: &Table| {
            key_of(parent).is_some_and(|key| key.proves(&holds(table, &key), &key.outside(bound)))
        };
        let read = self.unproven(default, &excluded);
        if !read.is_empty() {
            self.lock_tree(&name, LockMode::AccessExclusive);
        }
        self.scan(&read);
        (Some(name.clone()), (!read.is_empty()).then_some(name))
    }

    /// Of a table and its partitions those with rows that have to be read, as nothing else proves
    /// what has to be proven of them.
    fn unproven(&self, table: &Table, proven: &dyn Fn(&Table) -> bool) -> Vec<Name> {
        let (mut open, mut seen, mut read) = (vec![table], BTreeSet::new(), Vec::new());
        while let Some(table) = open.pop() {
            if !seen.insert(&table.name) || proven(table) {
                continue;
            }
            match table.kind {
                TableKind::Plain => read.push(table.name.clone()),
                TableKind::Foreign => {}
                TableKind::Partitioned => {
                    open.extend(table.children.iter().filter_map(|child| self.table(child)));
                }
            }
        }
        read
    }

    /// A bound with its parent, and those of the tables above.
    fn bounds<'a>(&'a self, parent: &'a Table, bound: &'a Bound) -> Vec<(&'a Table, &'a Bound)> {
        let mut found = vec![(parent, bound)];
        while let Some((parent, _)) = found.last()
            && let Some((above, bound)) = &parent.partition_of
            && let Some(above) = self.table(above)
            // What is its own partition the server refuses.
            && !found.iter().any(|(known, _)| known.name == above.name)
        {
            found.push((above, bound));
        }
        found
    }

    /// Whether the valid checks of a table say that all its rows fit the bound, and those of the
    /// tables above (`PartConstraintImpliedByRelConstraint`).
    fn fits(&self, parent: &Table, table: &Table, bound: &Bound) -> bool {
        self.bounds(parent, bound).into_iter().all(|(parent, bound)| match bound {
            Bound::Hash(..) => checked_terms(table).any(|term| is_hash(term, parent, bound)),
            _ => key_of(parent).is_some_and(|key| {
                self.says(parent, &key, bound)
                    .is_some_and(|says| key.proves(&holds(table, &key), &says))
            }),
        })
    }

    /// What a bound says of the rows in its partition. That of the default partition is what the
    /// other bounds leave.
    fn says(&self, parent: &Table, key: &Key, bound: &Bound) -> Option<Says> {
        if *bound != Bound::Default {
            return Some(key.inside(bound));
        }
        let others = self.other_bounds(parent)?;
        Some(Says::All(others.into_iter().map(|bound| key.outside(bound)).collect()))
    }

    /// The bounds of all partitions but the default one, where all are known.
    fn other_bounds<'a>(&'a self, parent: &'a Table) -> Option<Vec<&'a Bound>> {
        let bounds = parent
            .children
            .iter()
            .filter_map(|child| self.table(child)?.partition_of.as_ref().map(|(_, bound)| bound));
        parent.known.then(|| bounds.filter(|bound| **bound != Bound::Default).collect())
    }

    /// Whether the bounds of a partition say all that a check of it says.
    pub(super) fn is_said_by_bound(&self, table: &Table, check: &Expr) -> bool {
        let Some((parent, bound)) = &table.partition_of else { return false };
        let Some(parent) = self.table(parent) else { return false };
        let bounds = self.bounds(parent, bound);
        check.conjuncts().iter().all(|term| {
            bounds.iter().any(|(parent, bound)| {
                let says =
                    key_of(parent).and_then(|key| Some((self.says(parent, &key, bound)?, key)));
                // A row without a key passes every comparison in a check.
                let said = says
                    .is_some_and(|(says, key)| key.proves(&says.without_null(), &key.read(term)));
                said || is_hash(term, parent, bound)
            })
        })
    }

    /// A condition that says what a bound says, and those of the tables above. Keys that take no
    /// `NULL` in the table are not tested for it.
    fn fitting_sql(&self, parent: &Table, table: Option<&Table>, bound: &Bound) -> Option<String> {
        let condition = |(parent, bound): (&Table, &Bound)| match bound {
            Bound::Default => {
                let others = self.other_bounds(parent)?.into_iter();
                let left: Option<Vec<String>> =
                    others.map(|bound| exclusion_sql(parent, bound)).collect();
                Some(joined(left?))
            }
            Bound::Hash(modulus, remainder) => hash_sql(parent, *modulus, *remainder),
            _ => inclusion_sql(parent, table, bound),
        };
        let all: Option<Vec<String>> =
            self.bounds(parent, bound).into_iter().rev().map(condition).collect();
        Some(joined(all?))
    }

    fn check_attach(&mut self, parent: &Table, child: &Table) {
        if child.partition_of.is_some() {
            let message = format!("\"{}\" is already a partition", child.name.name);
            return self.refuse("42809", message);
        }
        if !parent.known || !child.known {
            return;
        }
        for column in &child.columns {
            if column.filled == Some(Filled::Identity) && self.postgres.at_least(17) {
                let message = format!(
                    "table \"{}\" being attached contains an identity column \"{}\"",
                    child.name.name, column.name
                );
                return self.refuse("55000", message);
            }
            if parent.column(&column.name).is_none() {
                let message =
                    format!("table contains column \"{}\" not found in parent", column.name);
                return self.refuse("42804", message);
            }
        }
        for column in &parent.columns {
            let Some(own) = child.column(&column.name) else {
                let message = format!("child table is missing column \"{}\"", column.name);
                return self.refuse("42804", message);
            };
            if column.not_null && !own.not_null {
                let message =
                    format!("column \"{}\" in child table must be marked NOT NULL", own.name);
                return self.refuse("42804", message);
            }
        }
    }

    /// Indexes that the partition lacks are built while it is locked.
    fn attach_indexes(&mut self, parent: &Table, child: &Table) {
        for index in parent.indexes.clone() {
            self.lock(&index, LockMode::ShareUpdateExclusive);
            let Some(found) = self.schema.index(&index) else { continue };
            if self.schema.matching_index(&child.name, found).is_none() {
                self.scan(std::slice::from_ref(&child.name));
            }
        }
    }

    /// A foreign key of the parent is made anew for the partition; one that is there already is
    /// taken over, for which its target is locked harder.
    fn attach_keys(&mut self, parent: &Table, child: &Table) {
        for constraint in &parent.constraints {
            let ConstraintForm::ForeignKey(target, _) = &constraint.kind else { continue };
            let own = child
                .constraints
                .iter()
                .any(|known| known.kind == constraint.kind && known.columns == constraint.columns);
            if own {
                self.lock_tree(target, LockMode::AccessExclusive);
            } else {
                self.lock_tree(target, LockMode::ShareRowExclusive);
                self.scan(std::slice::from_ref(&child.name));
            }
        }
        if self.postgres.at_least(15) {
            for (other, _) in &parent.referenced_by {
                self.lock(other, LockMode::ShareRowExclusive);
            }
        }
    }

    pub(super) fn detach_partition(&mut self, command: &Command, partition: &Name, mode: Detach) {
        let partition = self.target(partition);
        let parent = &command.table.name;
        let is_of = |child: &Table| child.partition_of.as_ref().is_some_and(|(of, _)| of == parent);
        let child = self.table(&partition.name).filter(|child| child.known);
        if command.table.partitioned && child.is_some_and(|child| !is_of(child)) {
            let (child, parent) = (&partition.name.name, &parent.name);
            let message =
                format!("relation \"{child}\" is not a partition of relation \"{parent}\"");
            self.refuse("42P01", message);
        }
        let default = self.default_of(&command.table);
        self.out.transactional = mode != Detach::Concurrently;
        match mode {
            Detach::Plain => {
                let child = if self.postgres.at_least(14) {
                    LockMode::AccessExclusive
                } else {
                    LockMode::ShareUpdateExclusive
                };
                self.lock(&partition.name, child);
                if let Some(default) = &default {
                    self.lock(default, LockMode::AccessExclusive);
                }
            }
            Detach::Concurrently => {
                if !self.postgres.at_least(14) {
                    self.refuse("42601", "syntax error at or near \"CONCURRENTLY\"");
                }
                if default.is_some() {
                    let message =
                        "cannot detach partitions concurrently when a default partition exists";
                    self.refuse("55000", message);
                }
                self.lock(&partition.name, LockMode::AccessExclusive);
            }
            Detach::Finalize => self.lock(&partition.name, LockMode::AccessExclusive),
        }
        self.lock_detached_keys(&command.table.name);
        let breaks = if command.table.in_use() {
            let why = "its rows are no longer seen through the parent";
            Self::broken(partition.name.to_string(), Who::Both, why)
        } else {
            Vec::new()
        };
        let detach = DetachPartition {
            parent: command.table.clone(),
            partition: partition.name,
            concurrently: mode != Detach::Plain,
            default,
        };
        self.part(Effect::DetachPartition(detach), breaks, Vec::new());
    }

    fn lock_detached_keys(&mut self, parent: &Name) {
        let Some(parent) = self.table(parent) else { return };
        for constraint in &parent.constraints {
            if let ConstraintForm::ForeignKey(target, _) = &constraint.kind {
                self.lock_tree(target, LockMode::ShareRowExclusive);
            }
        }
        for (other, _) in &parent.referenced_by {
            self.lock(other, LockMode::ShareRowExclusive);
        }
    }
}

/// The key of a partitioned table, where it is one column.
pub(super) fn key_of(parent: &Table) -> Option<Key<'_>> {
    match parent.partition_by.as_ref()?.columns.as_slice() {
        [Some(column)] => {
            let ty = parent.column(column).and_then(|column| column.ty.as_ref());
            Some(Key { column, ty })
        }
        _ => None,
    }
}

/// What is known of the key in all rows of a table.
fn holds(table: &Table, key: &Key) -> Says {
    let mut terms: Vec<Says> = checked_terms(table).map(|term| key.read(term)).collect();
    if table.column(key.column).is_some_and(|column| column.not_null) {
        terms.push(Says::NotNull);
    }
    Says::All(terms)
}

fn checked_terms(table: &Table) -> impl Iterator<Item = &Expr> {
    let checks = table.constraints.iter().filter(|constraint| constraint.valid);
    let checks = checks.filter_map(|constraint| match &constraint.kind {
        ConstraintForm::Check(expr) => Some(expr),
        _ => None,
    });
    checks.flat_map(Expr::conjuncts)
}

/// Whether a term is what PostgreSQL itself checks of a partition by hash.
fn is_hash(term: &Expr, parent: &Table, bound: &Bound) -> bool {
    let (Expr::Call { name, arguments }, Bound::Hash(modulus, remainder)) = (term, bound) else {
        return false;
    };
    let [table, divisor, rest, keys @ ..] = arguments.as_slice() else { return false };
    let number = |expr: &Expr, wanted: i64| *expr == Expr::Number(wanted.to_string());
    let columns = parent.partition_by.iter().flat_map(|by| &by.columns);
    name.name == "satisfies_hash_partition"
        && is_table(table, &parent.name)
        && number(divisor, *modulus)
        && number(rest, *remainder)
        && keys.iter().map(column_of).eq(columns.map(Option::as_deref))
}

fn column_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(parts) => parts.last().map(String::as_str),
        _ => None,
    }
}

/// Whether an expression is the table's number: `'events'::regclass`.
fn is_table(expr: &Expr, table: &Name) -> bool {
    match expr {
        Expr::Cast { expr, .. } => is_table(expr, table),
        Expr::String(text) => [&table.name, &table.to_string(), &table.to_sql()].contains(&text),
        _ => false,
    }
}

/// Conditions that have to hold together.
fn joined(conditions: Vec<String>) -> String {
    let alone = conditions.len() < 2;
    let parts = conditions.into_iter().map(|condition| {
        if alone || !condition.contains(" OR ") { condition } else { format!("({condition})") }
    });
    parts.collect::<Vec<_>>().join(" AND ")
}

/// What PostgreSQL itself checks of a partition by hash.
fn hash_sql(parent: &Table, modulus: i64, remainder: i64) -> Option<String> {
    let columns = parent.partition_by.as_ref()?.columns.iter();
    let columns: Option<Vec<String>> =
        columns.map(|column| column.as_deref().map(quote_identifier)).collect();
    let (table, columns) = (parent.name.to_sql().replace('\'', "''"), columns?.join(", "));
    let call = "satisfies_hash_partition";
    Some(format!("{call}('{table}'::regclass, {modulus}, {remainder}, {columns})"))
}

/// A condition that the rows of a bound fulfil, and no other.
fn inclusion_sql(parent: &Table, table: Option<&Table>, bound: &Bound) -> Option<String> {
    let column = key_of(parent)?.column;
    let key = quote_identifier(column);
    let known = table.and_then(|table| table.column(column));
    let not_null = known.is_some_and(|column| column.not_null);
    let mut terms = Vec::new();
    if !not_null {
        terms.push(format!("{key} IS NOT NULL"));
    }
    match bound {
        Bound::Range(from, to) => {
            terms.extend(edge(from).map(|value| format!("{key} >= {}", value.sql)));
            terms.extend(edge(to).map(|value| format!("{key} < {}", value.sql)));
        }
        Bound::In(values) => match listed(values) {
            (given, false) if values.len() == 1 => terms.push(format!("{key} = {given}")),
            (given, false) => terms.push(format!("{key} IN ({given})")),
            (given, true) if given.is_empty() => return Some(format!("{key} IS NULL")),
            (given, true) => return Some(format!("{key} IS NULL OR {key} IN ({given})")),
        },
        Bound::Default | Bound::Hash(..) => return None,
    }
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

/// A condition that all other rows fulfil.
pub(super) fn exclusion_sql(parent: &Table, bound: &Bound) -> Option<String> {
    let key = quote_identifier(key_of(parent)?.column);
    match bound {
        Bound::Range(from, to) => {
            let below = edge(from).map(|value| format!("{key} < {}", value.sql));
            let above = edge(to).map(|value| format!("{key} >= {}", value.sql));
            let terms: Vec<String> = below.into_iter().chain(above).collect();
            (!terms.is_empty()).then(|| terms.join(" OR "))
        }
        Bound::In(values) => Some(match listed(values) {
            (given, false) if values.len() == 1 => format!("{key} <> {given}"),
            (given, false) => format!("{key} NOT IN ({given})"),
            (given, true) if given.is_empty() => format!("{key} IS NOT NULL"),
            (given, true) => format!("{key} IS NOT NULL AND {key} NOT IN ({given})"),
        }),
        Bound::Default | Bound::Hash(..) => None,
    }
}

/// The values of a list but `NULL`, and whether that is among them.
fn listed(values: &[Expression]) -> (String, bool) {
    let given: Vec<&str> =
        values.iter().filter(|value| !is_null(value)).map(|value| value.sql.as_str()).collect();
    (given.join(", "), given.len() < values.len())
}

/// Whether two bounds are written alike.
fn same(one: &[Expression], other: &[Expression]) -> bool {
    one.iter().map(|value| &value.tree).eq(other.iter().map(|value| &value.tree))
}
