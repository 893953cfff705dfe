//! A file that begins or ends the transaction which its runner began.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Wrapping;
use crate::sql::TransactionVerb;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Transaction(verb) = &at.part.effect else { continue };
        let ends = matches!(verb, TransactionVerb::Commit | TransactionVerb::Rollback);
        let begins = *verb == TransactionVerb::Begin;
        if at.fact.wrapping != Some(Wrapping::Runner) || !(ends || begins) {
            continue;
        }
        let message = if begins {
            "the runner has begun a transaction already: this BEGIN does nothing but warn, and the \
            COMMIT that goes with it ends the runner's"
        } else {
            "this ends the transaction that the runner began: what follows runs outside of it, and \
            the runner cannot take back what came before"
        };
        sink.report(at, message)
            .help("use the runner's own way to run a file without a transaction");
    }
}
