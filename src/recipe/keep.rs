//! Indexes and constraints over a column, as statements that make them over another one.

use super::empty;
use super::error::Unfit;
use super::facts::Facts;
use super::names::free;
use super::names::like;
use super::names::quoted;
use super::rewrite::brackets;
use super::rewrite::rewrite;
use super::sheet::allowed;
use crate::schema::ConstraintForm;
use crate::schema::TableConstraint;
use crate::sql::Expr;
use crate::sql::Name;

/// What is kept over a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) builds: Vec<Build>,
    pub(super) demands: Vec<Demand>,
    /// One of them is over other columns, too.
    wide: bool,
}

/// An index.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) name: String,
    unique: bool,
    /// What stands behind the table's name.
    shape: String,
    /// It is behind a `UNIQUE` constraint of the same name.
    constraint: bool,
    /// As long as the column is empty, rows may be alike to it.
    crowded: bool,
}

/// A `CHECK` or a foreign key.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) name: String,
    definition: String,
    /// Its own columns stand in the first parentheses, and those of another table after them.
    foreign: bool,
    /// All rows were looked at.
    pub(super) valid: bool,
    /// What old code writes into other columns may fail it, or a column that is left empty does: it
    /// comes with the contract.
    pub(super) late: bool,
}

impl Kept {
    /// What there is over the column.
    pub(super) fn of(facts: &Facts) -> Result<Kept, Unfit> {
        let mut kept = Kept::default();
        let column = facts.column.name.as_str();
        for name in &facts.table.indexes {
            let Some(index) = facts.schema.index(name) else { continue };
            if index.mentions(column) && index.constraint.is_none() {
                let what = || Unfit::unknown(format!("the text of the index `{name}`"));
                let definition = index.definition.as_deref().ok_or_else(what)?;
                let shape = shape(definition).ok_or_else(what)?;
                let shape = match index.method.as_str() {
                    "btree" => shape,
                    method => format!("USING {} {shape}", quoted(method)),
                };
                let name = name.name.clone();
                kept.wide |= index.keys.len() > 1;
                kept.builds.push(Build {
                    name,
                    unique: index.unique,
                    crowded: index.unique && empty::is_crowded(facts.schema, index, column),
                    shape,
                    constraint: false,
                });
            }
        }
        let over = |known: &&TableConstraint| known.columns.iter().any(|name| name == column);
        for constraint in facts.table.constraints.iter().filter(over) {
            kept.wide |= constraint.columns.len() > 1;
            kept.add(facts, constraint)?;
        }
        let unwritten = !kept.builds.is_empty() || kept.demands.iter().any(|known| known.foreign);
        if facts.table.is_partitioned() && unwritten {
            let why = "it is partitioned, and indexes or foreign keys are over the column: these \
                       have to be built partition by partition, which this recipe does not do";
            return Err(Unfit::unable(format!("`{}`", facts.table.name), why));
        }
        Ok(kept)
    }

    fn add(&mut self, facts: &Facts, constraint: &TableConstraint) -> Result<(), Unfit> {
        let name = constraint.name.clone();
        let what = || Unfit::unknown(format!("the text of the constraint `{name}`"));
        let (foreign, late) = match &constraint.kind {
            ConstraintForm::Unique => {
                let build = unique(facts, constraint).ok_or_else(what)?;
                self.builds.push(build);
                return Ok(());
            }
            ConstraintForm::Check(condition) => {
                let is_test = |expr: &Expr| matches!(expr, Expr::IsNull { .. });
                (false, constraint.columns.len() > 1 || condition.any(&mut |expr| is_test(expr)))
            }
            ConstraintForm::ForeignKey(..) => (true, false),
            _ => return Ok(()),
        };
        if !constraint.enforced {
            return Ok(());
        }
        let definition = constraint.definition.clone().ok_or_else(what)?;
        self.demands.push(Demand { name, definition, foreign, valid: constraint.valid, late });
        Ok(())
    }

    /// Sees that each index can be built over a column that is empty.
    pub(super) fn must_fit_an_empty_column(&self) -> Result<(), Unfit> {
        let Some(build) = self.builds.iter().find(|build| build.crowded) else { return Ok(()) };
        let why = "rows may be alike to it as long as the new column is empty, and so it cannot be \
                   built before the backfill, after which code has to find it; write this change \
                   by hand: `migrate new NAME` makes empty files";
        Err(Unfit::unable(format!("the unique index `{}`", build.name), why))
    }

    /// The same over another column, under names that are free.
    pub(super) fn over(&self, facts: &Facts, to: &str) -> Kept {
        let (from, schema) = (facts.column.name.as_str(), &facts.table.name.schema);
        let mut made: Vec<String> = Vec::new();
        let mut name = |old: &str| {
            let name = free(&like(old, from, to), |name| {
                let relation = Name { schema: schema.clone(), name: name.to_owned() };
                facts.schema.relation(&relation).is_some()
                    || facts.table.constraint(name).is_some()
                    || made.iter().any(|known| known == name)
            });
            made.push(name.clone());
            name
        };
        let sql = quoted(to);
        let builds = self.builds.iter().map(|build| Build {
            name: name(&build.name),
            shape: rewrite(&build.shape, from, &sql),
            ..build.clone()
        });
        let builds = builds.collect();
        let demands = self.demands.iter().map(|demand| Demand {
            name: name(&demand.name),
            definition: demand.over(from, &sql),
            ..demand.clone()
        });
        Kept { builds, demands: demands.collect(), wide: self.wide }
    }

    /// The statement that drops the column, and so what is over it.
    pub(super) fn drop_column(&self, table: &str, column: &str) -> String {
        let sql = format!("ALTER TABLE {table} DROP COLUMN {column}");
        if self.wide {
            let because = "the same is over the new column";
            return allowed("drop-column-side-effects", because, &sql);
        }
        sql
    }
}

/// What stands behind the table's name and the method in the text of an index.
fn shape(definition: &str) -> Option<String> {
    let (_, keys, rest) = brackets(definition)?;
    Some(format!("{keys}{rest}"))
}

/// The index of a `UNIQUE` constraint, where the form of it is one that is known.
fn unique(facts: &Facts, constraint: &TableConstraint) -> Option<Build> {
    let made = |shape: String| Build {
        name: constraint.name.clone(),
        unique: true,
        crowded: empty::are_nulls_alike(&shape),
        shape,
        constraint: true,
    };
    if constraint.deferrable {
        return None;
    }
    let Some(definition) = &constraint.definition else {
        let index = facts.schema.index(constraint.index.as_ref()?)?;
        return shape(index.definition.as_deref()?).map(made);
    };
    let (before, keys, after) = brackets(definition)?;
    let include = after.trim();
    if !include.is_empty() && !include.get(..7)?.eq_ignore_ascii_case("INCLUDE") {
        return None;
    }
    let nulls = match before.split_whitespace().count() {
        1 => "",
        4 => " NULLS NOT DISTINCT",
        _ => return None,
    };
    let include = if include.is_empty() { String::new() } else { format!(" {include}") };
    Some(made(format!("{keys}{include}{nulls}")))
}

impl Build {
    /// The statement that builds it beside what is written.
    pub(super) fn create(&self, table: &str) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let (name, shape) = (quoted(&self.name), &self.shape);
        format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} {shape}")
    }

    /// The statement that makes the constraint of it, where there is one.
    pub(super) fn attach(&self, table: &str) -> Option<String> {
        let name = quoted(&self.name);
        let sql = format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}");
        self.constraint.then_some(sql)
    }
}

impl Demand {
    fn over(&self, from: &str, to: &str) -> String {
        match brackets(&self.definition).filter(|_| self.foreign) {
            Some((before, own, after)) => format!("{before}{}{after}", rewrite(own, from, to)),
            None => rewrite(&self.definition, from, to),
        }
    }

    /// The statement that demands it of what is written from now on.
    pub(super) fn add(&self, table: &str) -> String {
        let (name, definition) = (quoted(&self.name), &self.definition);
        format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
    }

    /// The statement that drops it by itself, where its lock is on another table, too.
    pub(super) fn drop_key(&self, table: &str) -> Option<String> {
        let sql = format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(&self.name));
        self.foreign.then_some(sql)
    }

    /// The statement that looks at all rows, where that is due.
    pub(super) fn validate(&self, table: &str) -> Option<String> {
        let sql = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", quoted(&self.name));
        self.valid.then_some(sql)
    }

    /// The statement that makes of one which was looked at one which was not, or takes one away
    /// that came with the contract.
    pub(super) fn doubt(&self, table: &str) -> Option<String> {
        let (name, definition) = (quoted(&self.name), &self.definition);
        if self.late {
            return Some(format!("ALTER TABLE {table} DROP CONSTRAINT {name}"));
        }
        let sql = format!(
            "ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition} \
             NOT VALID"
        );
        self.valid.then_some(sql)
    }
}
