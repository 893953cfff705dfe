//! Triggers that are switched off, those of foreign keys among them.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SwitchTrigger(switch) = &at.part.effect else { continue };
        if switch.enable || !switch.table.in_use() || at.part.made_good {
            continue;
        }
        let table = table_name(&switch.table.name);
        let what = match switch.which.as_str() {
            "all" => {
                "no trigger of `{}` acts after this, those that enforce its foreign keys among them"
            }
            "user" => "no trigger of `{}` but those of its constraints acts after this",
            _ => "a trigger of `{}` no longer acts after this, for anybody",
        };
        let message = format!(
            "{}: rows that the application writes meanwhile are wrong, and nothing repairs them",
            what.replace("{}", &table)
        );
        sink.report(at, message).on(&switch.table).help(
            "switch it on again in the same transaction; or SET session_replication_role = \
                replica for this session alone",
        );
    }
}
