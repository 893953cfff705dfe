//! A `lock_timeout` that does not help: none, too long, too late, or out of effect.

use super::At;
use super::Scene;
use super::Sink;
use super::duration;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::SetParameter;
use crate::effect::Wrapping;
use crate::effect::milliseconds;
use std::collections::HashSet;

/// Longer than an application puts up with, in milliseconds.
const LONG_MS: u64 = 60_000;

/// Shorter than anybody means, in milliseconds: a bare number counts them.
const SHORT_MS: u64 = 20;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let guarded = Guarded::new(scene);
    for at in scene.parts() {
        let Effect::Set(set) = &at.part.effect else { continue };
        let resets = set.name == "all" && set.value.is_none();
        if set.name != "lock_timeout" && !resets {
            continue;
        }
        let message = match &set.value {
            None => taken_back(scene, &guarded, at),
            Some(value) => without_effect(&guarded, at, set, value)
                .or_else(|| guarded.guards(at).then(|| badly_chosen(value)).flatten()),
        };
        let Some(message) = message else { continue };
        let local = if at.fact.wrapping == Some(Wrapping::Runner) { "LOCAL " } else { "" };
        sink.report(at, message)
            .help("set it to a few seconds, before the first statement that locks")
            .safe(format!("SET {local}lock_timeout = '2s';"));
    }
}

/// Statements with strong locks on what is in use, and the settings they run under.
struct Guarded<'a> {
    blocking: Vec<(usize, &'a Fact)>,
    by: HashSet<usize>,
    /// The first that runs under none.
    unguarded: Option<usize>,
}

impl<'a> Guarded<'a> {
    fn new(scene: &Scene<'a>) -> Guarded<'a> {
        let facts = scene.facts.iter().enumerate();
        let blocking: Vec<(usize, &Fact)> = facts.filter(|(_, fact)| fact.blocks).collect();
        let by = blocking.iter().filter_map(|(_, fact)| fact.session.lock_timeout_by).collect();
        let unguarded = blocking.iter().find(|(_, fact)| fact.session.lock_timeout_by.is_none());
        let unguarded = unguarded.map(|(index, _)| *index);
        Guarded { blocking, by, unguarded }
    }

    /// Whether a statement that locks runs under this setting.
    fn guards(&self, at: At) -> bool {
        self.by.contains(&at.index)
    }

    /// The next one after a setting.
    fn next(&self, at: At) -> Option<&'a Fact> {
        let next = self.blocking.partition_point(|(index, _)| *index <= at.index);
        self.blocking.get(next).map(|(_, fact)| *fact)
    }

    /// Whether one before a setting runs under none.
    fn is_late(&self, at: At) -> bool {
        self.unguarded.is_some_and(|first| first < at.index)
    }
}

/// A setting that goes back to the default before statements that the limit before it guarded.
fn taken_back(scene: &Scene, guarded: &Guarded, at: At) -> Option<String> {
    let before = scene.facts[..at.index].last()?;
    let limit = before.session.lock_timeout_by.filter(|_| before.session.limits_locks())?;
    guarded.guards(at).then(|| {
        format!(
            "this takes back the lock_timeout of statement {}: the statements after it wait for \
            their locks as long as the server lets them",
            limit + 1
        )
    })
}

/// A limit that is in force for none of the statements that it was meant for.
fn without_effect(guarded: &Guarded, at: At, set: &SetParameter, value: &str) -> Option<String> {
    let limit = milliseconds(value);
    if limit.is_none() && value.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return Some(format!(
            "the server refuses '{value}' (22023): a time is a number with us, ms, s, min, h or d, \
            up to 24 days"
        ));
    }
    if set.local && at.fact.wrapping.is_none() {
        // A block is a transaction of its own.
        return (at.fact.analysis.kind != "do").then(|| {
            "SET LOCAL has no effect outside of a transaction: it guards none of the statements \
            after it"
                .to_owned()
        });
    }
    if limit == Some(0) || guarded.guards(at) {
        return None;
    }
    let Some(next) = guarded.next(at) else {
        return guarded.is_late(at).then(|| {
            "this lock_timeout comes after the statements that it should guard".to_owned()
        });
    };
    // Another setting may have come between, or be in force again.
    let between = next.session.lock_timeout_by.is_some_and(|by| at.index < by);
    if between || next.session.limits_locks() {
        return None;
    }
    let lost = if set.local { "ends with its transaction" } else { "is rolled back" };
    Some(format!("this lock_timeout {lost}, before the statements that it should guard"))
}

fn badly_chosen(value: &str) -> Option<String> {
    let limit = milliseconds(value)?;
    let bare = value.trim().bytes().all(|byte| byte.is_ascii_digit());
    if limit == 0 {
        return Some(
            "a lock_timeout of 0 waits for ever, and everybody waits behind the waiting statement"
                .to_owned(),
        );
    }
    if LONG_MS < limit {
        return Some(format!(
            "a lock_timeout of {} is too long: while a statement waits for its lock, every query \
            on the table waits behind it",
            duration(limit)
        ));
    }
    match limit < SHORT_MS {
        true if bare => Some(format!(
            "lock_timeout = {value} is {limit} ms: say '{value}s' if seconds were meant"
        )),
        true => Some(format!(
            "a lock_timeout of {limit} ms is too short: the statement gives up wherever a query \
            is running"
        )),
        false => None,
    }
}
