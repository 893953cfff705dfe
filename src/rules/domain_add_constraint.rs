//! A constraint of a domain, which is checked in every table that uses it.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RestrictDomain(restrict) = &at.part.effect else { continue };
        if !restrict.checks || restrict.validates || restrict.new {
            continue;
        }
        let tables = match restrict.tables.as_slice() {
            [] => "every table that uses it".to_owned(),
            tables => relations(tables),
        };
        let message = format!(
            "this constraint of the domain `{}` takes a SHARE lock on {tables}: writes wait until \
            every row has been checked",
            restrict.domain
        );
        let hit = sink.report(at, message);
        hit.relation = restrict.tables.first().map(ToString::to_string);
        if restrict.definition.starts_with("CHECK") {
            let sql = table_sql(&restrict.domain);
            let name = restrict
                .constraint
                .clone()
                .unwrap_or_else(|| format!("{}_check", restrict.domain.name));
            let name = quote_identifier(&name);
            hit.help("add it NOT VALID; validate it in a later transaction, when writes can wait")
                .safe(format!(
                    "ALTER DOMAIN {sql} ADD CONSTRAINT {name} {} NOT VALID;",
                    restrict.definition
                ))
                .safe(format!("ALTER DOMAIN {sql} VALIDATE CONSTRAINT {name};"));
        } else {
            hit.help("constrain the columns instead, each by a CHECK that is added NOT VALID");
        }
    }
}
