//! A limit of the session that is switched off before statements that keep others out for long.

use super::At;
use super::Scene;
use super::Sink;
use super::relations;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Held;
use crate::effect::SetParameter;
use crate::effect::milliseconds;
use crate::sql::Name;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Set(set) = &at.part.effect else { continue };
        let off = set.value.as_deref().is_some_and(|value| milliseconds(value) == Some(0));
        if !off {
            continue;
        }
        let found = match set.name.as_str() {
            "statement_timeout" => long(scene, at, set),
            "idle_in_transaction_session_timeout" | "transaction_timeout" => held(scene, at, set),
            _ => continue,
        };
        if found.is_empty() {
            continue;
        }
        let what = match set.name.as_str() {
            "statement_timeout" => "a statement that locks",
            "transaction_timeout" => "a transaction that locks",
            _ => "a session that hangs and leaves locks on",
        };
        let message = format!(
            "{} is switched off: nothing ends {what} {}, however long everybody waits for it",
            set.name,
            relations(found)
        );
        sink.report(at, message)
            .help("leave the limit of the server or the runner, or set one that you can wait for");
    }
}

/// The statements under a setting, up to the next of the same parameter.
fn under<'a>(scene: &Scene<'a>, at: At, set: &SetParameter) -> impl Iterator<Item = &'a Fact> {
    let name = set.name.clone();
    let sets = move |fact: &&Fact| {
        fact.analysis.parts.iter().any(|part| match &part.effect {
            Effect::Set(other) => other.name == name || other.name == "all",
            _ => false,
        })
    };
    let (transaction, local) = (at.fact.transaction, set.local);
    let after = scene.facts[at.index + 1..].iter();
    after
        .take_while(move |fact| !sets(fact))
        .filter(move |fact| !local || fact.wrapping.is_some() && fact.transaction == transaction)
}

fn relations_of(locks: &[Held]) -> impl Iterator<Item = &Name> {
    locks.iter().map(|lock| &lock.relation)
}

/// What statements lock that read or write a whole table meanwhile.
fn long<'a>(scene: &Scene<'a>, at: At, set: &SetParameter) -> BTreeSet<&'a Name> {
    let reads =
        |fact: &&Fact| !fact.analysis.scans.is_empty() || !fact.analysis.rewrites.is_empty();
    under(scene, at, set).filter(reads).flat_map(|fact| relations_of(&fact.takes)).collect()
}

/// What is locked in transactions that outlast their statements.
fn held<'a>(scene: &Scene<'a>, at: At, set: &SetParameter) -> BTreeSet<&'a Name> {
    let open = |fact: &&Fact| fact.wrapping.is_some();
    under(scene, at, set).filter(open).flat_map(|fact| relations_of(&fact.takes)).collect()
}
