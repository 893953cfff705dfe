//! `IF NOT EXISTS` that passes over something of another shape.

use super::Scene;
use super::Sink;
use crate::effect::Remark;

/// How many differences are named.
const NAMED_MAX: usize = 3;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Differs(differs) = remark else { continue };
        let more = differs.how.len().saturating_sub(NAMED_MAX);
        let mut how = differs.how.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            how = format!("{how}, and {more} more");
        }
        let message = format!(
            "{} is there already, and IF NOT EXISTS leaves it as it is: {how}",
            differs.what
        );
        sink.report(at, message).on(&differs.table).help(
            "change what is there by ALTER, or leave IF NOT EXISTS out so that the server objects",
        );
    }
}
