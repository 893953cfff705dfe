//! A view, function, type or other object that is dropped while code may use it.

use super::Scene;
use super::Sink;
use super::listed;
use super::object_name;
use crate::effect::Effect;
use crate::effect::Member;
use crate::effect::ObjectChange;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropObject(drop) = &at.part.effect else { continue };
        let other = matches!(drop.kind, ObjectKind::Schema | ObjectKind::Statistics);
        if drop.new || other || at.part.made_good || scene.is_contract() {
            continue;
        }
        let cascade =
            if drop.cascade { ", and CASCADE takes along whatever depends on it" } else { "" };
        let object = object_name(drop);
        let is = if drop.kind == ObjectKind::Owned {
            "is dropped by this"
        } else {
            "is gone after this"
        };
        let message = format!("{object} {is}: {}{cascade}", consequence(drop));
        sink.report(at, message).on_any(drop.on.as_ref()).help(help(drop));
    }
}

/// What happens then, and to whom.
fn consequence(drop: &ObjectChange) -> String {
    match drop.kind {
        _ if !drop.lost.is_empty() => {
            let columns = listed(drop.lost.iter().map(String::as_str));
            format!("the view that takes its place lacks {columns}, and code that names it fails")
        }
        ObjectKind::Trigger | ObjectKind::EventTrigger => {
            "nothing fails, but what it did is not done any more".to_owned()
        }
        ObjectKind::Rule => "statements on the table are no longer changed by it".to_owned(),
        ObjectKind::Policy => {
            "nothing fails, but rows that it hid become visible, or rows that it showed are hidden"
                .to_owned()
        }
        ObjectKind::Publication | ObjectKind::Subscription => {
            "nothing fails here, but changes are no longer replicated by it".to_owned()
        }
        ObjectKind::Database => {
            "nobody can connect to it any more, and only a backup brings its rows back".to_owned()
        }
        ObjectKind::Sequence => {
            "code that takes numbers from it fails, and the count is lost".to_owned()
        }
        _ => "code that runs now and relies on it fails".to_owned(),
    }
}

fn help(drop: &ObjectChange) -> &'static str {
    match (drop.kind, &drop.member) {
        (ObjectKind::Database, _) => {
            "no migration needs this: take a backup, and drop it by hand when nobody connects to it"
        }
        (_, Some(Member::Attribute(_) | Member::Value(_))) => {
            "first release code that does not use it; drop it in a later contract phase"
        }
        (ObjectKind::View | ObjectKind::MaterializedView, _) if !drop.lost.is_empty() => {
            "keep the columns until no running release names them; leave them out in a later \
             contract phase"
        }
        (_, None) if drop.cascade || drop.kind == ObjectKind::Sequence => {
            "first release code that does not use it; drop it in a later contract phase, without \
             CASCADE, so that what was overlooked stays"
        }
        (
            ObjectKind::Publication
            | ObjectKind::Subscription
            | ObjectKind::Extension
            | ObjectKind::Role
            | ObjectKind::Owned,
            _,
        ) => "make sure that nobody uses it any more; drop it in a later contract phase",
        _ => {
            "first release code that does not use it; drop it in a later contract phase. To change \
             it, create it again in the same transaction"
        }
    }
}
