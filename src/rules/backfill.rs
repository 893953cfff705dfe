//! What is in the way of a statement of a `migrate.sql` that is to be run batch by batch.

use super::Scene;
use super::Sink;
use crate::effect::Advice;
use crate::effect::Danger;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Unfit;

/// Reports the statements that would go wrong so.
pub(super) fn report(scene: &Scene, sink: &mut Sink, danger: Danger) {
    for (index, fact) in scene.facts.iter().enumerate() {
        let Some(unfit) = unfit(fact).filter(|unfit| unfit.danger == danger) else { continue };
        let hit = sink.report_statement(index, fact, unfit.why.as_str());
        hit.span = unfit.span;
        match unfit.advice(scene.text) {
            Advice::Words(words) => {
                hit.help(words);
            }
            Advice::Sql(sql) => {
                hit.help("write the statement so, and it is cut for you").safe(format!("{sql};"));
            }
        }
    }
}

/// Why a statement cannot be cut, where no other rule says what is wrong with it.
fn unfit(fact: &Fact) -> Option<&Unfit> {
    let unfit = fact.backfill.as_deref()?.as_ref().err()?;
    let said = fact.analysis.parts.iter().any(|part| {
        matches!(part.effect, Effect::Unreadable(_) | Effect::Dynamic(_))
            || part.phase() == Some(Phase::Contract)
    });
    (!said && unfit.code != "refused-by-server").then_some(unfit)
}
