//! A file that mixes phases, divided into one for each: only where each can run, in their order.

use super::Scene;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Part;
use crate::effect::Phase;
use crate::effect::Thing;
use crate::sql::Span;
use std::collections::BTreeMap;

/// How many statements of a phase are shown.
const SHOWN_MAX: usize = 8;

/// More pieces than these are not divided: each is compared with each.
const PIECES_MAX: usize = 200;

/// A statement, or those of its sub-commands that belong to one phase.
struct Piece {
    /// `None` for a setting, which stands in every file.
    phase: Option<Phase>,
    text: String,
    /// What it makes and takes away.
    things: Vec<Thing>,
}

/// The statements of the file, by phase. None where one would come before what it needs, or where
/// it is not known what they do.
pub(super) fn divided(scene: &Scene) -> Vec<String> {
    let unknown = |part: &Part| {
        part.made_good || matches!(part.effect, Effect::Dynamic(_) | Effect::Unreadable(_))
    };
    if scene.parts().any(|at| unknown(at.part)) {
        return Vec::new();
    }
    let mut pieces = Vec::new();
    for fact in scene.facts {
        add(scene.text, fact, &mut pieces);
    }
    if PIECES_MAX < pieces.len() || !keeps_order(&pieces) {
        return Vec::new();
    }
    let phases: Vec<Phase> = [Phase::Expand, Phase::Migrate, Phase::Contract]
        .into_iter()
        .filter(|phase| pieces.iter().any(|piece| piece.phase == Some(*phase)))
        .collect();
    if phases.len() < 2 {
        return Vec::new();
    }
    phases.into_iter().map(|phase| file(phase, &pieces)).collect()
}

fn file(phase: Phase, pieces: &[Piece]) -> String {
    let inside = |piece: &&Piece| piece.phase.is_none_or(|of| of == phase);
    let last = pieces.iter().rposition(|piece| piece.phase == Some(phase)).unwrap_or(0);
    let all: Vec<&str> =
        pieces[..=last].iter().filter(inside).map(|piece| piece.text.as_str()).collect();
    let hidden = all.len().saturating_sub(SHOWN_MAX);
    let shown = all[..all.len() - hidden].join("\n");
    let more = if hidden > 0 { format!("\n-- … and {hidden} more") } else { String::new() };
    format!("-- {phase}.sql\n{shown}{more}")
}

/// Adds the pieces of a statement. One that fits any phase stays with the one before it.
fn add(text: &str, fact: &Fact, pieces: &mut Vec<Piece>) {
    let analysis = &fact.analysis;
    let all: Vec<&Part> = analysis.parts.iter().collect();
    if all.iter().any(|part| matches!(part.effect, Effect::Transaction(_))) {
        return;
    }
    let whole = analysis.span;
    let setting = all.iter().all(|part| matches!(part.effect, Effect::Set(_)));
    let mut phases: BTreeMap<Phase, Vec<&Part>> = BTreeMap::new();
    for part in &all {
        if let Some(phase) = part.phase() {
            phases.entry(phase).or_default().push(part);
        }
    }
    let apart = all.iter().all(|part| part.span != whole && part.phase().is_some());
    if phases.len() < 2 || !apart || analysis.kind == "do" {
        let before = pieces.iter().rev().find_map(|piece| piece.phase);
        let phase = analysis.phase().or(before).unwrap_or(Phase::Expand);
        return pieces.push(Piece {
            phase: (!setting || all.is_empty()).then_some(phase),
            text: format!("{};", whole.of(text)),
            things: things(&all),
        });
    }
    let first = all.iter().map(|part| part.span.offset).min().unwrap_or(whole.offset);
    let last = all.iter().map(|part| part.span.end()).max().unwrap_or(whole.end());
    let head = text[whole.offset..first].trim_end();
    // What follows the list holds for each of it: `CASCADE`.
    let tail = &text[last..whole.end()];
    for (phase, parts) in phases {
        let mut spans: Vec<Span> = parts.iter().map(|part| part.span).collect();
        spans.dedup();
        let commands: Vec<&str> = spans.into_iter().map(|span| span.of(text)).collect();
        let text = format!("{head} {}{tail};", commands.join(", "));
        pieces.push(Piece { phase: Some(phase), text, things: things(&parts) });
    }
}

fn things(parts: &[&Part]) -> Vec<Thing> {
    let effects = parts.iter().map(|part| &part.effect);
    effects.flat_map(|effect| effect.makes().into_iter().chain(effect.takes())).collect()
}

/// Whether no piece comes before one that it needs, and none needs a temporary table of another
/// file.
fn keeps_order(pieces: &[Piece]) -> bool {
    pieces.iter().enumerate().all(|(at, one)| {
        pieces[at + 1..].iter().all(|other| {
            let (Some(first), Some(second)) = (one.phase, other.phase) else { return true };
            let bound = |piece: &Piece, by: &Piece, only_temporary: bool| {
                let things =
                    by.things.iter().filter(|thing| !only_temporary || thing.is_temporary());
                things.map(|thing| &thing.name).any(|name| mentions(&piece.text, name))
            };
            let turned = second < first && (bound(other, one, false) || bound(one, other, false));
            !turned && (first == second || !bound(other, one, true))
        })
    })
}

/// Whether a name stands in a text as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = text.split(|c| !is_part(c));
    let simple = name.chars().all(is_part);
    if simple { words.any(|word| word.eq_ignore_ascii_case(name)) } else { text.contains(name) }
}
