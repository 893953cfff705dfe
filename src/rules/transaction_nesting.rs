//! A file that begins or ends the transaction which its runner began, or leaves its own open.

use super::At;
use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Wrapping;
use crate::sql::TransactionVerb;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let controls: Vec<(At, &TransactionVerb)> = scene
        .parts()
        .filter_map(|at| match &at.part.effect {
            Effect::Transaction(verb) => Some((at, verb)),
            _ => None,
        })
        .collect();
    for (place, (at, verb)) in controls.iter().enumerate() {
        let later = &controls[place + 1..];
        let found = match at.fact.wrapping {
            Some(Wrapping::Runner) => in_runners(scene, *at, verb, later),
            Some(Wrapping::Explicit) if **verb == TransactionVerb::Begin => Some((
                "a transaction is open already: this BEGIN does nothing but warn, and the next \
                COMMIT ends all of it",
                "end the one before first, or leave this BEGIN out",
            )),
            Some(Wrapping::Explicit) => None,
            Some(Wrapping::OneMessage) | None => outside(scene, verb, later),
        };
        if let Some((message, help)) = found {
            sink.report(*at, message).help(help);
        }
    }
}

/// Whether a verb ends the transaction that is open.
fn ends(verb: &TransactionVerb) -> bool {
    use TransactionVerb::Commit;
    use TransactionVerb::CommitAndChain;
    use TransactionVerb::Prepare;
    use TransactionVerb::Rollback;
    use TransactionVerb::RollbackAndChain;
    matches!(verb, Commit | CommitAndChain | Prepare | Rollback | RollbackAndChain)
}

type Found = Option<(&'static str, &'static str)>;

/// What a verb does to the transaction that the runner began.
fn in_runners(
    scene: &Scene,
    at: At,
    verb: &TransactionVerb,
    later: &[(At, &TransactionVerb)],
) -> Found {
    let last = at.index + 1 == scene.facts.len();
    let begun = scene
        .parts_before(at.index)
        .any(|other| matches!(&other.part.effect, Effect::Transaction(TransactionVerb::Begin)));
    let pair = match verb {
        TransactionVerb::Begin => later.iter().any(|(_, verb)| **verb == TransactionVerb::Commit),
        _ => begun,
    };
    let help = if pair {
        "leave BEGIN and COMMIT out: the runner begins and commits"
    } else if last && *verb == TransactionVerb::Commit {
        "leave it out: the runner commits"
    } else {
        "use the runner's own way to run a file without a transaction"
    };
    let message = match verb {
        TransactionVerb::Begin => {
            "the runner has begun a transaction already: this BEGIN does nothing but warn, and the \
            COMMIT that goes with it ends the runner's"
        }
        TransactionVerb::Commit if last => {
            "this ends the transaction that the runner began: the runner notes that the file was \
            applied outside of it, and if that fails, the file runs twice"
        }
        TransactionVerb::Commit => {
            "this ends the transaction that the runner began: what follows runs outside of it, and \
            the runner cannot take back what came before"
        }
        TransactionVerb::CommitAndChain => {
            "this ends the transaction that the runner began, and begins another: the runner \
            cannot take back what came before"
        }
        TransactionVerb::Rollback | TransactionVerb::RollbackAndChain => {
            "this undoes all that came before, and the runner notes the file as applied all the \
            same"
        }
        TransactionVerb::Prepare => {
            "this only prepares the transaction that the runner began: it keeps its locks until \
            somebody commits it by hand, and the runner notes the file as applied"
        }
        _ => return None,
    };
    Some((message, help))
}

/// What a verb does where no transaction is open.
fn outside(scene: &Scene, verb: &TransactionVerb, later: &[(At, &TransactionVerb)]) -> Found {
    // The runner commits what a file leaves open that it wraps.
    let left_open = !scene.delivery.wrapped && !later.iter().any(|(_, verb)| ends(verb));
    match verb {
        TransactionVerb::Begin if left_open => Some((
            "nothing ends this transaction: the server undoes it when the session ends",
            "write COMMIT at the end",
        )),
        TransactionVerb::Commit | TransactionVerb::Prepare => Some((
            "no transaction is open here: this does nothing but warn, and what came before was \
            committed statement by statement",
            "begin the transaction, or leave this out",
        )),
        TransactionVerb::Rollback => Some((
            "no transaction is open here: this does nothing but warn, and what came before stays",
            "begin the transaction, or leave this out",
        )),
        _ => None,
    }
}
