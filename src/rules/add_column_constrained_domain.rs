//! A new column of a domain whose constraints are checked for every row.

use super::Scene;
use super::Sink;
use super::domain_steps;
use super::not_null_steps;
use super::table_name;
use super::table_sql;
use super::update_in_batches;
use crate::effect::AddColumn;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::effect::Restricted;
use crate::sql::quote_identifier;
use crate::version::Major;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        let Fill::Domain(domain) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let fails = if add.required {
            "; it takes no NULL and there is no default, so the command fails if the table has a \
            row"
        } else {
            ""
        };
        let message = format!(
            "the domain `{}` has constraints: every row of `{table}` is written anew to check \
            them, even where the column is empty, under an ACCESS EXCLUSIVE lock{fails}",
            table_name(&domain.domain)
        );
        sink.report(at, message)
            .on(&add.table)
            .help(
                "give the column the type under the domain, and the table a CHECK that is added \
                NOT VALID: each step in a migration of its own",
            )
            .safe_all(steps(add, domain, scene.postgres));
    }
}

/// The type under the domain, and a constraint of the table for each of the domain's.
fn steps(add: &AddColumn, domain: &Restricted, postgres: Major) -> Vec<String> {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let default = add.default.as_ref().filter(|_| !add.required);
    let default = default.map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
    let base = &domain.base;
    let mut steps = vec![format!("ALTER TABLE {sql} ADD COLUMN {column} {base}{default};")];
    if add.required {
        let empty = format!("{column} IS NULL");
        steps.push(update_in_batches(&add.table, &format!("{column} = <value>"), Some(&empty)));
    }
    steps.extend(domain_steps(&add.table.name, &add.column, domain));
    if domain.not_null || add.not_null {
        steps.extend(not_null_steps(&add.table.name, &add.column, postgres));
    }
    steps
}
