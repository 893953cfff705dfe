//! An index that is dropped before the one that takes its place is there.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::BuildIndex;
use crate::effect::DropIndex;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropIndex(drop) = &at.part.effect else { continue };
        if drop.new || at.part.made_good {
            continue;
        }
        let Some(build) = replacement(scene, at, drop) else { continue };
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

/// An index that is built later in the file and starts with the same column; in the same
/// transaction nobody sees the time between.
fn replacement<'a>(scene: &Scene<'a>, at: At, drop: &DropIndex) -> Option<&'a BuildIndex> {
    let first = drop.keys.first()?.as_ref()?;
    let table = drop.table.as_ref()?;
    let later = scene.parts().filter(|other| other.index > at.index);
    later.filter(|other| !other.follows_in_transaction(&at)).find_map(|other| {
        match &other.part.effect {
            Effect::BuildIndex(build)
                if build.table.name == table.name
                    && build.keys.first().and_then(Option::as_ref) == Some(first) =>
            {
                Some(build)
            }
            _ => None,
        }
    })
}
