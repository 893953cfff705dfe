//! A change set that does more than can be watched, or taken back, at once.

use super::ChangeScene;
use super::ChangeSink;
use crate::effect::Effect;
use std::collections::BTreeSet;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    let Some(last) = scene.migrations.last() else { return };
    let demands = scene.demands;
    let facts = || scene.migrations.iter().flat_map(|migration| &migration.facts);
    let work = |effect: &Effect| {
        !matches!(effect, Effect::Set(_) | Effect::Transaction(_) | Effect::Remark(_))
    };
    let statements =
        facts().filter(|fact| fact.analysis.parts.iter().any(|part| work(&part.effect))).count();
    let tables: BTreeSet<_> =
        facts().flat_map(|fact| &fact.takes).map(|taken| &taken.relation).collect();
    let counts = [
        (statements, demands.statements_max, "statements", "statements-max"),
        (tables.len(), demands.tables_max, "tables in use that are locked", "tables-max"),
        (scene.taken.len(), demands.contracts_max, "things taken away", "contracts-max"),
    ];
    let over: Vec<String> = counts
        .iter()
        .filter(|(count, most, ..)| most < count)
        .map(|(count, most, what, key)| format!("{count} {what} (`{key}` is {most})"))
        .collect();
    let (Some(fact), false) = (last.facts.first(), over.is_empty()) else { return };
    let message = format!(
        "this change is large: {}; when it fails half way, it is hard to say what was done and \
         what is to be taken back",
        over.join(", ")
    );
    sink.report(&last.path, fact.analysis.span, message).help(
        "ship it in several changes, or raise the limit in the [change] table of migrate.toml",
    );
}
