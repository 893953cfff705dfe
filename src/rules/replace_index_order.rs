//! An index that is dropped before the one that takes its place is there.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::BuildIndex;
use crate::effect::DropIndex;
use crate::effect::Effect;
use crate::sql::Name;
use crate::sql::quote_identifier;
use std::collections::HashMap;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let builds = builds(scene);
    for at in scene.parts() {
        let Effect::DropIndex(drop) = &at.part.effect else { continue };
        if drop.new || at.part.made_good {
            continue;
        }
        let Some(build) = replacement(&builds, at, drop) else { continue };
        let (old, new) = (&drop.index.name, &build.full_name);
        let message = format!(
            "`{old}` is gone before `{new}` is built: in between no index of `{}` finds rows by \
            what both start with, and queries that rely on it read the whole table",
            table_name(&build.table.name)
        );
        let hit = sink.report(at, message);
        hit.on_any(drop.table.as_ref());
        if old == new {
            hit.help("build the new index under another name, drop the old one, then rename it");
            continue;
        }
        let unique = if build.unique { "UNIQUE " } else { "" };
        hit.help("build the new index first, and drop the old one when it is valid").safe(format!(
            "CREATE {unique}INDEX CONCURRENTLY {} ON {};\nDROP INDEX CONCURRENTLY {};",
            quote_identifier(new),
            build.definition,
            super::table_sql(&drop.index)
        ));
    }
}

/// Indexes that the file builds, by table and first column.
type Builds<'a> = HashMap<(&'a Name, &'a String), Vec<(At<'a>, &'a BuildIndex)>>;

fn builds<'a>(scene: &Scene<'a>) -> Builds<'a> {
    let mut found = Builds::new();
    for at in scene.parts() {
        if let Effect::BuildIndex(build) = &at.part.effect
            && let Some(first) = build.keys.first().and_then(Option::as_ref)
        {
            found.entry((&build.table.name, first)).or_default().push((at, build));
        }
    }
    found
}

/// An index that is built later in the file and starts with the same column; in the same
/// transaction nobody sees the time between.
fn replacement<'a>(builds: &Builds<'a>, at: At, drop: &DropIndex) -> Option<&'a BuildIndex> {
    let first = drop.keys.first()?.as_ref()?;
    let table = drop.table.as_ref()?;
    let found = builds.get(&(&table.name, first))?;
    // Statements of one transaction stand together.
    let here = |other: &At| other.index <= at.index || other.follows_in_transaction(&at);
    let later = found.partition_point(|(other, _)| here(other));
    found.get(later).map(|(_, build)| *build)
}
