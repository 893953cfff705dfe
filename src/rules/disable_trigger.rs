//! Triggers that are switched off, those of foreign keys among them.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::SwitchTrigger;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SwitchTrigger(switch) = &at.part.effect else { continue };
        if switch.enable || !switch.table.in_use() || at.part.made_good {
            continue;
        }
        let message = format!(
            "{}: what the application writes meanwhile goes unchecked, and nothing looks at it \
             again",
            what(switch)
        );
        let help = if switch.replica {
            "ENABLE ALWAYS lets it act in ordinary sessions too"
        } else {
            "switch it on again in the same transaction; or SET LOCAL session_replication_role = \
             replica for one transaction alone, which needs a superuser or, since 15, the right to \
             set it"
        };
        sink.report(at, message).on(&switch.table).help(help);
    }
}

/// What does not act any more.
fn what(switch: &SwitchTrigger) -> String {
    let table = table_name(&switch.table.name);
    let triggers = match switch.which.as_str() {
        "all" => format!("every trigger of `{table}`"),
        "user" => format!("every trigger of `{table}` but those of its constraints"),
        name => format!("the trigger `{name}` of `{table}`"),
    };
    let keys = if switch.keys { ", those that enforce foreign keys among them" } else { "" };
    if switch.replica {
        return format!("{triggers} acts on replicated changes alone after this{keys}");
    }
    format!("{triggers} is off for every session after this{keys}")
}
