//! A constraint of a domain, which is checked in every table that uses it.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use super::table_sql;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RestrictDomain(restrict) = &at.part.effect else { continue };
        let refused = at.fact.analysis.refusal.is_some();
        if !restrict.checks || restrict.validates || restrict.new || refused {
            continue;
        }
        let tables = match restrict.tables.as_slice() {
            [] => "every table that uses it".to_owned(),
            tables => relations(tables),
        };
        let message = format!(
            "this constraint of the domain `{}` takes a SHARE lock on {tables}: writes wait until \
            every row has been checked",
            table_name(&restrict.domain)
        );
        let hit = sink.report(at, message);
        hit.relation = restrict.tables.first().map(ToString::to_string);
        if !restrict.known {
            hit.confidence = hit.confidence.max(Confidence::Assumed);
        }
        if restrict.definition.starts_with("NOT NULL") {
            hit.help("constrain the columns instead, each by a CHECK that is added NOT VALID");
            continue;
        }
        let sql = table_sql(&restrict.domain);
        let name = restrict.constraint.clone();
        let name = name.unwrap_or_else(|| format!("{}_check", restrict.domain.name));
        let name = quote_identifier(&name);
        hit.help(
            "add it NOT VALID, which locks no table; validate it later or not at all: that makes \
            writes wait in the same way",
        )
        .safe(format!(
            "ALTER DOMAIN {sql} ADD CONSTRAINT {name} {} NOT VALID;",
            restrict.definition
        ))
        .safe(format!("ALTER DOMAIN {sql} VALIDATE CONSTRAINT {name};"));
    }
}
