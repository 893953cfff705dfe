//! Commands on one table, one after the other, that could be one.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Held;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (index, pair) in scene.facts.windows(2).enumerate() {
        let [one, other] = pair else { continue };
        let (Some(lock), Some(same)) = (only_lock(one), only_lock(other)) else { continue };
        if lock.relation != same.relation || lock.mode != same.mode {
            continue;
        }
        let table = table_name(&lock.relation);
        let again = if one.wrapping.is_some() && one.transaction == other.transaction {
            "the table is gone through twice where both have to look at its rows"
        } else {
            "each waits for its lock by itself, and everybody waits behind it each time"
        };
        let message = format!("two commands in a row change `{table}`: {again}");
        sink.report_statement(index + 1, other, message)
            .help("write them as one ALTER TABLE, with commas between");
    }
}

/// The one lock that a command takes, where it is one that can be joined with another: not one that
/// has to see what another has done.
fn only_lock(fact: &Fact) -> Option<&Held> {
    let joins = |effect: &Effect| {
        matches!(
            effect,
            Effect::AddColumn(_)
                | Effect::DropColumn(_)
                | Effect::ChangeType(_)
                | Effect::SetDefault(_)
                | Effect::DropDefault(_)
                | Effect::DropNotNull(_)
                | Effect::Remark(_)
        )
    };
    let [lock] = fact.takes.as_slice() else { return None };
    let alters = fact.analysis.kind == "alter-table" && fact.analysis.refusal.is_none();
    (alters && fact.analysis.parts.iter().all(|part| joins(&part.effect))).then_some(lock)
}
