//! A file that takes something away and does something else besides.

use super::At;
use super::Scene;
use super::Sink;
use super::divided;
use crate::effect::Effect;
use crate::effect::Phase;
use crate::effect::Thing;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    // When a contract file runs, nobody needs what the others would give.
    if scene.is_contract() {
        return;
    }
    let moves = moves(scene);
    let contract: Vec<At> = moves
        .iter()
        .filter(|(phase, at)| *phase == Phase::Contract && at.part.harms())
        .map(|(_, at)| *at)
        .collect();
    let Some(first) = contract.first() else { return };
    let mut others: BTreeMap<Phase, Vec<At>> = BTreeMap::new();
    let mut taken: Vec<Thing> = Vec::new();
    for (phase, at) in &moves {
        // What is put in the place of something is one move with it.
        let swap = at.part.effect.makes().is_some_and(|made| taken.contains(&made));
        taken.extend(at.part.effect.takes());
        if *phase < Phase::Contract && !at.part.made_good && at.part.effect.gives() && !swap {
            others.entry(*phase).or_default().push(*at);
        }
    }
    if others.is_empty() {
        return;
    }
    let named: Vec<String> =
        others.iter().map(|(phase, all)| format!("{phase} ({})", numbers(all))).collect();
    let message = format!(
        "this file mixes contract ({}) with {}: {} in the same step that {}",
        numbers(&contract),
        named.join(" and "),
        if contract.iter().all(|at| tightens(&at.part.effect)) {
            "what old code may still write is refused"
        } else {
            "what old code still needs is taken away"
        },
        if others.contains_key(&Phase::Expand) {
            "gives new code what it needs"
        } else {
            "still moves rows"
        }
    );
    sink.report(*first, message)
        .help("split the file: expand first, contract when the old release is gone")
        .safe_all(divided(scene));
}

/// The parts that have a phase, those of one sub-command as one with their strongest.
fn moves<'a>(scene: &Scene<'a>) -> Vec<(Phase, At<'a>)> {
    let mut moves: Vec<(Phase, At)> = Vec::new();
    for at in scene.parts() {
        let Some(phase) = at.part.phase() else { continue };
        match moves.last_mut() {
            Some((known, last)) if last.index == at.index && last.part.span == at.part.span => {
                if *known < phase {
                    (*known, *last) = (phase, at);
                }
            }
            _ => moves.push((phase, at)),
        }
    }
    moves
}

/// Whether an effect of contract refuses something, and takes nothing away.
fn tightens(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::AddColumn(_)
            | Effect::AddConstraint(_)
            | Effect::BuildIndex(_)
            | Effect::ChangeFilling(_)
            | Effect::RestrictDomain(_)
            | Effect::SetNotNull(_)
    )
}

/// The numbers of the statements, from one, for a message.
fn numbers(all: &[At]) -> String {
    let numbers: BTreeSet<usize> = all.iter().map(|at| at.index + 1).collect();
    let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("statement{} {list}", if numbers.len() == 1 { "" } else { "s" })
}
