//! A new column that every `INSERT` must fill.

use super::At;
use super::Scene;
use super::Sink;
use super::not_null_steps;
use super::table_name;
use super::table_sql;
use super::update_in_batches;
use crate::effect::AddColumn;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::effect::Target;
use crate::sql::quote_identifier;
use crate::version::Major;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            Effect::AddColumn(add) if !add.exists && add.is_required() => {
                let message = format!(
                    "`{}.{}` is NOT NULL without a default: the command fails if the table has a \
                    row, and afterwards every INSERT of code that does not know the column fails",
                    table_name(&add.table.name),
                    add.column
                );
                sink.report(at, message)
                    .on(&add.table)
                    .help(
                        "add it empty, let new code write it, fill old rows in batches, then make \
                        it NOT NULL: each step in a migration of its own; or give it a constant \
                        default",
                    )
                    .safe_all(steps(add, scene.postgres));
            }
            Effect::SetNotNull(set) if set.required && !scene.is_contract() => {
                demand(sink, at, &set.table, &set.column);
            }
            Effect::AddConstraint(add) if !scene.is_contract() => {
                // What is written with the column is said of the column.
                let said = add.inline && add.class != ConstraintClass::Check;
                if let Some(column) = add.demands.as_ref().filter(|_| !said) {
                    demand(sink, at, &add.table, column);
                }
            }
            _ => {}
        }
    }
}

fn demand(sink: &mut Sink, at: At, table: &Target, column: &str) {
    if !table.in_use() {
        return;
    }
    let message = format!(
        "`{}.{column}` is new, has no default, and takes no NULL from here on: every INSERT of \
        code that does not know the column fails",
        table_name(&table.name),
    );
    sink.report(at, message).on(table).help(
        "first release code that writes the column; make it NOT NULL in a later contract phase, \
        or give it a constant default when it is added",
    );
}

fn steps(add: &AddColumn, postgres: Major) -> Vec<String> {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let ty = match &add.fill {
        Fill::Domain(domain) => domain.base.to_string(),
        _ => add.ty.clone(),
    };
    let empty = format!("{column} IS NULL");
    let mut steps = vec![
        format!("ALTER TABLE {sql} ADD COLUMN {column} {ty};"),
        update_in_batches(&add.table, &format!("{column} = <value>"), Some(&empty)),
    ];
    steps.extend(not_null_steps(&add.table.name, &add.column, postgres));
    if add.primary {
        let name = quote_identifier(&format!("{}_pkey", add.table.name.name));
        let key = format!("{name} PRIMARY KEY USING INDEX {name}");
        steps.push(format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} ({column});"));
        steps.push(format!("ALTER TABLE {sql} ADD CONSTRAINT {key};"));
    }
    steps
}
