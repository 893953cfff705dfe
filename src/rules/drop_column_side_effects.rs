//! What goes with a column without being named.

use super::Scene;
use super::Sink;
use super::listed;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropColumn(drop) = &at.part.effect else { continue };
        // That the primary key goes is the business of another rule.
        let key = drop.primary_key.as_ref();
        let takes: Vec<&str> =
            drop.takes.iter().filter(|name| Some(*name) != key).map(String::as_str).collect();
        if drop.new || takes.is_empty() || !drop.table.in_use() {
            continue;
        }
        let go = if takes.len() == 1 { "goes" } else { "go" };
        let takes = listed(takes);
        let message = format!(
            "{takes} of `{}` {go} with `{}`, without a word from the server: what they kept out of \
            the other columns gets in, and queries by these read more",
            table_name(&drop.table.name),
            drop.column
        );
        sink.report(at, message)
            .on(&drop.table)
            .help("first build what the other columns need, then drop these by name");
    }
}
