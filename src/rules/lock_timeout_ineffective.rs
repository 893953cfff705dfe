//! A `lock_timeout` that does not help: none, too long, too late, or out of effect.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Wrapping;
use crate::effect::milliseconds;

/// Longer than an application puts up with, in milliseconds.
const LONG_MS: u64 = 60_000;

/// Shorter than anybody means, in milliseconds: a bare number counts them.
const SHORT_MS: u64 = 20;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Set(set) = &at.part.effect else { continue };
        if set.name != "lock_timeout" {
            continue;
        }
        let Some(value) = &set.value else { continue };
        let limit = milliseconds(value);
        let after = scene.facts[at.index + 1..].iter().any(takes_strong_lock);
        let before = scene.facts[..at.index].iter().any(takes_strong_lock);
        let message = if set.local && at.fact.wrapping.is_none() {
            "SET LOCAL has no effect outside of a transaction: the statements after it wait for \
            their locks for ever"
                .to_owned()
        } else if !after && before {
            "this lock_timeout comes after the statements that it should guard".to_owned()
        } else if after && limit == Some(0) && at.fact.wrapping != Some(Wrapping::Runner) {
            "a lock_timeout of 0 waits for ever, and everybody waits behind the waiting statement"
                .to_owned()
        } else if after && limit.is_some_and(|limit| LONG_MS < limit) {
            format!(
                "a lock_timeout of {value} is too long: while a statement waits for its lock, \
                every query on the table waits behind it"
            )
        } else if after && limit.is_some_and(|limit| 0 < limit && limit < SHORT_MS) {
            format!(
                "lock_timeout = {value} is {value} milliseconds: say '{value}s' if seconds were \
                meant"
            )
        } else {
            continue;
        };
        sink.report(at, message)
            .help("set it to a few seconds, before the first statement that locks")
            .safe("SET lock_timeout = '2s';");
    }
}

fn takes_strong_lock(fact: &Fact) -> bool {
    fact.analysis.locks.values().any(|mode| mode.is_strong())
}
