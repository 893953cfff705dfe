//! How and where the rows of a relation are kept: in the log or not, tablespace, access method.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::Effect;
use super::model::Moved;
use super::model::Rewrite;
use super::model::RewriteCause;
use super::model::SetTablespace;
use super::model::Target;
use crate::schema::ConstraintForm;
use crate::schema::Table;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Persistence;

impl Analyst<'_> {
    /// `SET LOGGED` and `SET UNLOGGED`. A partitioned table has no rows, and PostgreSQL 18 refuses
    /// what did nothing before.
    pub(super) fn set_logged(&mut self, table: &Target, logged: bool) {
        let word = if logged { "LOGGED" } else { "UNLOGGED" };
        if table.partitioned {
            if self.postgres.at_least(18) {
                let name = &table.name.name;
                self.refuse(
                    "42809",
                    format!("ALTER action SET {word} cannot be performed on relation \"{name}\""),
                );
            }
            return self.effect(Effect::Other);
        }
        if let Some(found) = self.table(&table.name) {
            if found.known && (found.persistence == Persistence::Permanent) == logged {
                return self.effect(Effect::Other);
            }
            if !logged && !self.schema.publications_listing(&found.name).is_empty() {
                let message = format!(
                    "cannot change table \"{}\" to unlogged because it is part of a publication",
                    found.name.name
                );
                self.refuse("55000", message);
            }
            self.check_logged(found, logged);
        }
        self.rewrite(std::slice::from_ref(&table.name));
        let cause = if logged { RewriteCause::Logged } else { RewriteCause::Unlogged };
        self.effect(Effect::Rewrite(Rewrite { table: Some(table.clone()), cause }));
    }

    /// A logged table may not reference an unlogged one.
    fn check_logged(&mut self, table: &Table, logged: bool) {
        let mut others: Vec<&Name> = if logged {
            let keys = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
                ConstraintForm::ForeignKey(target, _) => Some(target),
                _ => None,
            });
            keys.collect()
        } else {
            table.referenced_by.iter().map(|(other, _)| other).collect()
        };
        others.retain(|other| **other != table.name);
        let wrong = if logged { Persistence::Unlogged } else { Persistence::Permanent };
        let bars = |name: &&Name| {
            self.table(name).is_some_and(|other| other.known && other.persistence == wrong)
        };
        if let Some(other) = others.into_iter().find(bars) {
            let (to, of) = if logged { ("logged", "unlogged") } else { ("unlogged", "logged") };
            let message = format!(
                "could not change table \"{}\" to {to} because it references {of} table \"{}\"",
                table.name.name, other.name
            );
            self.refuse("42P16", message);
        }
    }

    /// `SET TABLESPACE` of a table or materialized view: its file is copied as it is, without
    /// reading rows. A partitioned table has none.
    pub(super) fn set_tablespace(&mut self, table: &Target, tablespace: &str) {
        if table.partitioned {
            return self.effect(Effect::Other);
        }
        if tablespace != "pg_default" && self.has_rows(&table.name) {
            self.out.rewrites.insert(table.name.clone());
        }
        self.moves(Moved::Table(table.clone()), Some(tablespace));
    }

    /// The same of an index.
    pub(super) fn set_index_tablespace(&mut self, index: &Name, tablespace: &str) {
        self.lock(index, LockMode::AccessExclusive);
        let table = self.schema.index(index).map(|index| index.table.clone());
        let table = table.map(|table| self.target_of(&table));
        if table.as_ref().is_some_and(|table| table.partitioned) {
            return self.effect(Effect::Other);
        }
        self.moves(Moved::Index(index.clone(), table), Some(tablespace));
    }

    /// The same of all relations of a kind in a tablespace.
    pub(super) fn empty_tablespace(&mut self, kind: ObjectKind, from: &Name) {
        self.moves(Moved::All(kind, from.name.clone()), None);
    }

    fn moves(&mut self, moved: Moved, to: Option<&str>) {
        let to = to.map(str::to_owned);
        self.effect(Effect::SetTablespace(SetTablespace { moved, to }));
    }

    /// `SET ACCESS METHOD`. That of a partitioned table, since 17, is that of its next partitions.
    pub(super) fn set_access_method(&mut self, table: &Target, method: &str) {
        if !self.postgres.at_least(15) {
            self.refuse("42601", "syntax error at or near \"ACCESS\"");
        } else if method == "default" && !self.postgres.at_least(17) {
            self.refuse("42601", "syntax error at or near \"default\"");
        }
        if table.partitioned {
            if !self.postgres.at_least(17) {
                self.refuse("42809", "cannot change access method of a partitioned table");
            }
            return self.effect(Effect::Other);
        }
        let before = self.table(&table.name).and_then(|table| table.access_method.as_deref());
        let after = if method == "default" { "heap" } else { method };
        if before.unwrap_or("heap") == after {
            return self.effect(Effect::Other);
        }
        self.rewrite(std::slice::from_ref(&table.name));
        let cause = RewriteCause::AccessMethod;
        self.effect(Effect::Rewrite(Rewrite { table: Some(table.clone()), cause }));
    }
}
