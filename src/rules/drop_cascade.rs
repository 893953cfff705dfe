//! `CASCADE`, which drops what nobody named.

use super::Scene;
use super::Sink;
use super::object_name;
use super::table_name;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        if at.part.made_good {
            continue;
        }
        let (what, takes) = match &at.part.effect {
            Effect::DropTable(drop) if drop.cascade && drop.table.in_use() && !drop.missing => {
                let views = drop.views.iter().map(|view| format!("`{}`", table_name(view)));
                let keys = drop.keys.iter().map(|(table, key)| {
                    format!("the foreign key `{key}` of `{}`", table_name(table))
                });
                let takes: Vec<String> = views.chain(keys).collect();
                // All that could go with it was seen.
                if takes.is_empty() && drop.table.is_known() {
                    continue;
                }
                (format!("the table `{}`", table_name(&drop.table.name)), takes)
            }
            Effect::DropObject(drop) if drop.cascade && !drop.new && may_be_needed(drop.kind) => {
                (object_name(drop), Vec::new())
            }
            Effect::DropConstraint(drop)
                if drop.cascade && !drop.new && !drop.dependents.is_empty() =>
            {
                let keys = drop.dependents.iter();
                let keys = keys.map(|(key, table)| {
                    format!("the foreign key `{key}` of `{}`", table_name(table))
                });
                (format!("the constraint `{}`", drop.constraint), keys.collect())
            }
            _ => continue,
        };
        let also = if takes.is_empty() {
            "whatever depends on it, which nothing here names".to_owned()
        } else {
            takes.join(", ")
        };
        let message =
            format!("CASCADE drops, with {what}, {also}: each of them is locked and gone");
        sink.report(at, message)
            .help("drop what depends on it by name, and leave CASCADE out so that the rest stays");
    }
}

/// Whether anything can depend on objects of this kind. Schemas and what a role owns are the
/// business of other rules.
fn may_be_needed(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Domain
            | ObjectKind::Extension
            | ObjectKind::Function
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
            | ObjectKind::Type
            | ObjectKind::View
    )
}
