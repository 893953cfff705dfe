//! A statement that the server refuses, going by the schema before it.

use super::Scene;
use super::Sink;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::effect::Fact;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (index, fact) in scene.facts.iter().enumerate() {
        let Some(refusal) = &fact.analysis.refusal else { continue };
        // What depends on rows is not known: classes 22 and 23.
        let of_rows = refusal.sqlstate.starts_with("22") || refusal.sqlstate.starts_with("23");
        let known = fact.analysis.confidence == Confidence::Known;
        if of_rows || !known || has_own_rule(fact, refusal.sqlstate) {
            continue;
        }
        let message =
            format!("the server refuses this: {} ({})", refusal.message, refusal.sqlstate);
        let help = match refusal.sqlstate {
            "25P01" => "write BEGIN before it and COMMIT after it, or leave it out",
            "42601" => "write it as this server reads it",
            _ => {
                "compare with the migrations before it; if these are not all, say so with --history"
            }
        };
        sink.report_statement(index, fact, message).help(help);
    }
}

/// Refusals that another rule explains better.
fn has_own_rule(fact: &Fact, sqlstate: &str) -> bool {
    if sqlstate == "25001" {
        return true;
    }
    fact.analysis.parts.iter().any(|part| match &part.effect {
        Effect::AddConstraint(add) => {
            let index = ["0A000", "42704", "42809", "55000"].contains(&sqlstate);
            add.not_valid && sqlstate == "0A000" || add.using_index.is_some() && index
        }
        Effect::AddColumn(add) => add.is_required() && sqlstate == "23502",
        Effect::BuildIndex(build) => build.concurrently && build.table.partitioned,
        Effect::DropIndex(drop) => drop.concurrently && drop.partitioned,
        Effect::Replace(_) => sqlstate == "42P16",
        _ => false,
    })
}
