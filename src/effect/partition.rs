//! Partitions: attached and detached.

use super::alter::Command;
use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::AttachPartition;
use super::model::DetachPartition;
use super::model::Effect;
use super::model::Who;
use crate::schema::ConstraintForm;
use crate::schema::Table;
use crate::sql;
use crate::sql::Bound;
use crate::sql::Detach;
use crate::sql::Expr;
use crate::sql::Name;

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
        if let (Some(parent), Some(child)) = (&parent, &child) {
            self.check_attach(parent, child);
            self.attach_indexes(parent, child);
            self.attach_keys(parent, child);
        }
        let proven = match (&parent, &child) {
            (Some(parent), Some(child)) => is_implied(parent, child, bound),
            _ => false,
        };
        let foreign =
            child.as_ref().is_some_and(|child| child.kind == crate::schema::TableKind::Foreign);
        let scans_partition = !proven && !foreign;
        if scans_partition {
            let heaps = self.tree(&partition.name, false);
            self.scan(&heaps);
        }
        let default = self.default_of(&command.table).filter(|_| *bound != Bound::Default);
        let mut scans_default = None;
        if let Some(default) = default {
            self.lock(&default, LockMode::AccessExclusive);
            let excluded = match (&parent, self.table(&default)) {
                (Some(parent), Some(table)) => is_excluded(parent, table, bound),
                _ => false,
            };
            if !excluded {
                self.scan(std::slice::from_ref(&default));
                scans_default = Some(default);
            }
        }
        self.effect(Effect::AttachPartition(AttachPartition {
            parent: command.table.clone(),
            partition,
            scans_partition,
            scans_default,
        }));
    }

    fn check_attach(&mut self, parent: &Table, child: &Table) {
        if !parent.known || !child.known {
            return;
        }
        for column in &child.columns {
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

/// The one column of a partition key, where it is one.
fn key_of(parent: &Table) -> Option<&str> {
    match parent.partition_by.as_ref()?.columns.as_slice() {
        [Some(column)] => Some(column),
        _ => None,
    }
}

/// Whether valid checks of a table say that all its rows fit the bound
/// (`PartConstraintImpliedByRelConstraint`).
fn is_implied(parent: &Table, child: &Table, bound: &Bound) -> bool {
    let Some(key) = key_of(parent) else { return false };
    let not_null = child.column(key).is_some_and(|column| column.not_null);
    let terms = checked_terms(child);
    let proves_not_null =
        not_null || terms.iter().any(|term| super::proof::excludes_null(term, key));
    if !proves_not_null {
        return false;
    }
    match bound {
        Bound::Range(from, to) => {
            let lower = from.first().is_none_or(|value| {
                is_open(value) || terms.iter().any(|term| bounds_below(term, key, value))
            });
            let upper = to.first().is_none_or(|value| {
                is_open(value) || terms.iter().any(|term| bounds_above(term, key, value))
            });
            lower && upper
        }
        Bound::In(values) => terms.iter().any(|term| lists(term, key, values)),
        Bound::Default | Bound::Hash(..) => false,
    }
}

/// Whether valid checks of the default partition say that none of its rows fits the bound.
fn is_excluded(parent: &Table, default: &Table, bound: &Bound) -> bool {
    let Some(key) = key_of(parent) else { return false };
    let Bound::Range(from, to) = bound else { return false };
    let (Some(from), Some(to)) = (from.first(), to.first()) else { return false };
    let outside = |term: &Expr| match term {
        Expr::Or(sides) => sides
            .iter()
            .all(|side| compares(side, key, &["<"], from) || compares(side, key, &[">="], to)),
        Expr::Not(inner) => {
            let inside = inner.conjuncts();
            inside.len() == 2
                && inside.iter().any(|term| compares(term, key, &[">="], from))
                && inside.iter().any(|term| compares(term, key, &["<"], to))
        }
        term => compares(term, key, &["<"], from) || compares(term, key, &[">="], to),
    };
    checked_terms(default).iter().any(|term| outside(term))
}

fn checked_terms(table: &Table) -> Vec<&Expr> {
    let checks = table.constraints.iter().filter(|constraint| constraint.valid);
    let checks = checks.filter_map(|constraint| match &constraint.kind {
        ConstraintForm::Check(expr) => Some(expr),
        _ => None,
    });
    checks.flat_map(Expr::conjuncts).collect()
}

fn is_open(value: &sql::Expression) -> bool {
    ["minvalue", "maxvalue"].contains(&value.sql.to_ascii_lowercase().as_str())
}

fn bounds_below(term: &Expr, key: &str, value: &sql::Expression) -> bool {
    compares(term, key, &[">="], value)
}

fn bounds_above(term: &Expr, key: &str, value: &sql::Expression) -> bool {
    compares(term, key, &["<"], value)
}

/// Whether a term compares the key with this very value, by one of these operators.
fn compares(term: &Expr, key: &str, operators: &[&str], value: &sql::Expression) -> bool {
    let Expr::Binary { operator, left, right } = term else { return false };
    is_column(left, key) && operators.contains(&operator.as_str()) && same_value(right, &value.tree)
}

fn lists(term: &Expr, key: &str, values: &[sql::Expression]) -> bool {
    let has = |found: &Expr| values.iter().any(|value| same_value(found, &value.tree));
    match term {
        Expr::In { expr, list, negated: false } => is_column(expr, key) && list.iter().all(has),
        Expr::Binary { operator, left, right } => {
            operator == "=" && is_column(left, key) && has(right)
        }
        _ => false,
    }
}

fn is_column(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Column(parts) => parts.last().is_some_and(|part| part == name),
        Expr::Cast { expr, .. } => is_column(expr, name),
        _ => false,
    }
}

/// Two constants that mean the same, casts aside.
fn same_value(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::Cast { expr, .. }, other) => same_value(expr, other),
        (one, Expr::Cast { expr, .. }) => same_value(one, expr),
        (Expr::Number(one), Expr::String(other)) | (Expr::String(one), Expr::Number(other)) => {
            one == other
        }
        (one, other) => one == other,
    }
}
