//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS`, which keeps what a failed build left.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::BuildIndex;
use crate::effect::Effect;
use crate::sql::Name;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        let Some(name) = &build.name else { continue };
        let guarded = build.concurrently && build.if_not_exists && !build.exists;
        if !guarded || !build.table.in_use() || is_cleared(scene, at, build) {
            continue;
        }
        let unique = if build.unique { ", and keeps no duplicates out" } else { "" };
        let message = format!(
            "if a build of `{name}` failed before, IF NOT EXISTS keeps the invalid index that it \
            left on `{}`: the migration succeeds, and no query uses the index{unique}",
            table_name(&build.table.name)
        );
        let kind = if build.unique { "UNIQUE " } else { "" };
        let full = Name { schema: build.table.name.schema.clone(), name: name.clone() };
        let sql = quote_identifier(name);
        sink.report(at, message).on(&build.table).help("drop what a failed build left first").safe(
            format!(
                "DROP INDEX CONCURRENTLY IF EXISTS {};\nCREATE {kind}INDEX CONCURRENTLY {sql} ON \
                 {};",
                super::table_sql(&full),
                build.definition
            ),
        );
    }
}

/// Whether the file drops what was left before it builds the index.
fn is_cleared(scene: &Scene, at: At, build: &BuildIndex) -> bool {
    scene.parts_before(at.index).any(|other| match &other.part.effect {
        Effect::DropIndex(drop) => drop.index.name == build.full_name,
        // Of an index that is known not to be there nothing is said; of the name it is.
        Effect::Other => other.fact.analysis.span.of(scene.text).contains(&build.full_name),
        Effect::Reindex(reindex) => {
            reindex.name.as_ref().is_some_and(|name| name.name == build.full_name)
        }
        _ => false,
    })
}
