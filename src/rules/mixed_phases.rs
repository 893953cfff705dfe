//! A file that takes something away and does something else besides.

use super::At;
use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Part;
use crate::effect::Phase;
use crate::sql::Span;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    // When a contract file runs, nobody needs what the others would give.
    if scene.is_contract() {
        return;
    }
    let (contract, others): (Vec<At>, Vec<At>) = scene
        .parts()
        .filter(|at| counts(at.part))
        .partition(|at| at.part.phase() == Some(Phase::Contract));
    // A check that is added and then validated is one move.
    let others: Vec<At> = others.into_iter().filter(|at| !is_validation(at.part)).collect();
    let (Some(first), Some(other)) = (contract.first(), others.first()) else { return };
    let phase = other.part.phase().unwrap_or(Phase::Expand);
    let message = format!(
        "this file mixes contract ({}) with {phase} ({}): what old code still \
         needs is taken away in the same step that gives new code what it needs",
        numbers(&contract),
        numbers(&others)
    );
    sink.report(*first, message)
        .help("split the file: expand first, contract when the old release is gone")
        .safe_all(split(scene));
}

/// Whether a part has a phase of its own, and harms somebody if it is contract.
fn counts(part: &Part) -> bool {
    match part.phase() {
        Some(Phase::Contract) => !part.breaks.is_empty() || !part.loses.is_empty(),
        Some(Phase::Expand | Phase::Migrate) => !part.made_good,
        None => false,
    }
}

fn is_validation(part: &Part) -> bool {
    matches!(part.effect, Effect::ValidateConstraint(_))
}

/// The numbers of the statements, from one, for a message.
fn numbers(all: &[At]) -> String {
    let mut numbers: Vec<usize> = all.iter().map(|at| at.index + 1).collect();
    numbers.dedup();
    let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("statement{} {list}", if numbers.len() == 1 { "" } else { "s" })
}

/// How many statements of a phase are shown.
const SHOWN_MAX: usize = 8;

/// The statements of the file, by phase. What fits any phase, such as `SET`, is left out.
fn split(scene: &Scene) -> Vec<String> {
    let mut phases: BTreeMap<Phase, Vec<String>> = BTreeMap::new();
    for fact in scene.facts {
        for (phase, statement) in divide(scene.text, fact) {
            phases.entry(phase).or_default().push(statement);
        }
    }
    let file = |(phase, statements): (Phase, Vec<String>)| {
        let hidden = statements.len().saturating_sub(SHOWN_MAX);
        let shown = statements[..statements.len() - hidden].join("\n");
        let more = if hidden > 0 { format!("\n-- … and {hidden} more") } else { String::new() };
        format!("-- {phase}.sql\n{shown}{more}")
    };
    phases.into_iter().map(file).collect()
}

/// A statement whole, or its sub-commands by phase where these differ.
fn divide(text: &str, fact: &Fact) -> Vec<(Phase, String)> {
    let analysis = &fact.analysis;
    let mut phases: BTreeMap<Phase, Vec<Span>> = BTreeMap::new();
    for part in &analysis.parts {
        if let Some(phase) = part.phase() {
            let spans = phases.entry(phase).or_default();
            if spans.last() != Some(&part.span) {
                spans.push(part.span);
            }
        }
    }
    let whole = analysis.span;
    let apart = analysis.parts.iter().all(|part| part.span != whole);
    if phases.len() < 2 || !apart {
        let phase = analysis.phase();
        return phase.map(|phase| (phase, format!("{};", whole.of(text)))).into_iter().collect();
    }
    let first = analysis.parts.iter().map(|part| part.span.offset).min().unwrap_or(whole.offset);
    let head = text[whole.offset..first].trim_end();
    let statement = |(phase, spans): (Phase, Vec<Span>)| {
        let parts: Vec<&str> = spans.into_iter().map(|span| span.of(text)).collect();
        (phase, format!("{head} {};", parts.join(", ")))
    };
    phases.into_iter().map(statement).collect()
}
