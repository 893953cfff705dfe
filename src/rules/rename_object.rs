//! A view, type, function or other object that gets another name while code uses the old one.

use super::Scene;
use super::Sink;
use super::is_named_by_code;
use super::object_name;
use crate::effect::Effect;
use crate::effect::Member;
use crate::effect::ObjectChange;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RenameObject(rename) = &at.part.effect else { continue };
        if rename.new || at.part.made_good || !is_named_by_code(rename.kind) {
            continue;
        }
        let message = format!(
            "code that runs now names {}: it fails once the name changes to `{}`",
            object_name(rename),
            rename.to.as_deref().unwrap_or_default()
        );
        sink.report(at, message).help(help(rename));
    }
}

fn help(rename: &ObjectChange) -> &'static str {
    match (&rename.member, rename.kind) {
        (Some(Member::Value(_)), _) => {
            "add the new value beside the old one; when every running release reads it, write it, \
             and update old rows in batches"
        }
        (Some(Member::Attribute(_)), _) => {
            "add the new attribute beside the old one; drop the old one when no release names it"
        }
        (None, ObjectKind::Database | ObjectKind::Tablespace) => {
            "it cannot be there under both names: leave it its name, or stop every release that \
             uses it first"
        }
        (None, ObjectKind::Sequence) => {
            "leave it its name: a second sequence beside it would give the same numbers again"
        }
        (None, ObjectKind::Schema) => {
            "it cannot be there under both names: make the new schema with views of the same names \
             in it, move the code over, then move the tables"
        }
        (None, ObjectKind::View) => {
            "make the view under its new name beside the old one, or leave one with the old name \
             in the same transaction; drop it when no release names it"
        }
        _ => {
            "make the object under its new name beside the old one; drop the old one when no \
             release names it"
        }
    }
}
