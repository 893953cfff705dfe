//! A policy that is made or changed on a table in use.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Policy(table, policy) = remark else { continue };
        // Row-level security that comes with its policies hides and shows at once.
        let turned_on = scene.parts_before(at.index).any(|other| {
            let on = match &other.part.effect {
                Effect::Remark(Remark::HidesRows(on)) if !other.part.made_good => on,
                _ => return false,
            };
            at.follows_in_transaction(&other) && on.name == table.name
        });
        if scene.is_contract() || turned_on {
            continue;
        }
        let message = format!(
            "the policy `{policy}` decides which rows of `{}` code that runs now reads and writes: \
            nothing fails, but from here on it sees others",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("see that old and new code both get the rows they need");
    }
}
