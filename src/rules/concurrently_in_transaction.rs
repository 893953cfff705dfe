//! What says `CONCURRENTLY` inside a transaction, where the server refuses it.

use super::Scene;
use super::Sink;
use super::out_of_it;
use crate::effect::Wrapping;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (index, fact) in scene.facts.iter().enumerate() {
        if !fact.analysis.needs_no_transaction() || !fact.analysis.is_concurrent() {
            continue;
        }
        let (why, help) = match fact.wrapping {
            Some(Wrapping::Explicit) => (
                "a transaction block is open here",
                "move it out of BEGIN … COMMIT, into a file of its own",
            ),
            Some(Wrapping::Runner) => (
                "the runner wraps this file in a transaction",
                "move it into a file of its own that the runner does not wrap",
            ),
            Some(Wrapping::OneMessage) => (
                "the runner sends this file in one message, which makes one transaction of its \
                statements",
                "let it be the only statement of its file",
            ),
            None => ("it stands in a DO block or function", "run it as a statement of its own"),
        };
        let message = format!(
            "CONCURRENTLY cannot run inside a transaction, and {why}: the server refuses it (25001)"
        );
        sink.report_statement(index, fact, message).help(help).cure(out_of_it(fact));
    }
}
