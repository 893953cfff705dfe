//! Statements that the server refuses inside a transaction.

use super::Scene;
use super::Sink;
use super::out_of_it;
use crate::effect::Wrapping;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (index, fact) in scene.facts.iter().enumerate() {
        if !fact.analysis.needs_no_transaction() || fact.analysis.is_concurrent() {
            continue;
        }
        let what = &fact.analysis.words;
        let why = match fact.wrapping {
            Some(Wrapping::Explicit) => "a transaction block is open here",
            Some(Wrapping::Runner) => "the runner wraps this file in a transaction",
            Some(Wrapping::OneMessage) => "the runner sends this file in one message",
            None => "it stands in a DO block or function",
        };
        let message = format!(
            "{what} cannot run inside a transaction, and {why}: the server refuses it (25001)"
        );
        sink.report_statement(index, fact, message)
            .help("put it alone into a file that runs outside of a transaction")
            .cure(out_of_it(fact));
    }
}
