//! The files of a recipe, judged before they are written: what `migrate expand` would not run or
//! `migrate lint` calls an error is not handed to anybody.

use super::known::Known;
use crate::effect::Confidence;
use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::examine::Examined;
use crate::lint;
use crate::lint::Severities;
use crate::migration::Arrival;
use crate::recipe::Recipe;
use crate::recipe::Unfit;
use crate::rules::Severity;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Script;
use crate::version::Major;

/// Judges the files of a recipe; gives what lint would warn of.
pub(super) fn judge(
    recipe: &Recipe,
    known: &Known,
    severities: &Severities,
) -> Result<Vec<String>, Unfit> {
    let mut warnings = Vec::new();
    for file in judged(recipe, &known.schema, known.postgres) {
        must_pass(&file)?;
        must_be_expand(&file)?;
        let (name, phase) = (file.path.clone(), file.phase);
        let findings = lint::lint(file, severities, None, known.postgres).findings;
        for finding in findings.iter().filter(|finding| finding.rule != REFUSED) {
            let said = format!("{} ({})", finding.message, finding.rule);
            // What is in the way of a contract may be out of it by the time it runs.
            match finding.severity {
                Severity::Error if phase != Some(Phase::Contract) => {
                    return Err(unfit(&name, &said));
                }
                Severity::Error | Severity::Warning => warnings.push(format!("{name}: {said}")),
                Severity::Info => {}
            }
        }
    }
    // `migrate expand` goes by the migrations alone.
    if let Some(replayed) = &known.replayed {
        judged(recipe, replayed, known.postgres).iter().try_for_each(must_be_expand)?;
    }
    Ok(warnings)
}

/// The files that go forward, with what their statements do.
fn judged(recipe: &Recipe, schema: &Schema, postgres: Major) -> Vec<Examined> {
    let mut replay = Replay::new(schema.clone(), postgres);
    let mut files = Vec::new();
    for (place, phase) in Phase::ALL.into_iter().enumerate() {
        let path = format!("{phase}.sql");
        let Some((_, text)) = recipe.files.iter().find(|(name, _)| *name == path) else { continue };
        // Each phase ships apart from the others.
        replay.next_unit();
        let script: Script = sql::read(text, std::slice::from_ref(&(0..text.len())));
        let delivery = Delivery { wrapped: false, one_message: false };
        let facts = match phase {
            Phase::Migrate => replay.judge_backfill(&script, delivery),
            Phase::Expand | Phase::Contract => replay.judge(&script, delivery),
        };
        files.push(Examined {
            shown: path.clone(),
            path,
            version: String::new(),
            phase: Some(phase),
            place,
            arrival: Arrival::default(),
            text: text.clone(),
            script,
            delivery,
            facts,
        });
    }
    files
}

/// The rule that says again what was looked at first.
const REFUSED: &str = "refused-statement";

/// What the server refuses because something depends on it.
const DEPENDED_ON: &str = "2BP01";

/// Sees that the server takes each statement. What depends on a column is told by the recipe, and
/// is seen to before the contract.
fn must_pass(file: &Examined) -> Result<(), Unfit> {
    let refused = |fact: &Fact| {
        let refusal = fact.analysis.refusal.as_ref()?;
        if file.phase == Some(Phase::Contract) && refusal.sqlstate == DEPENDED_ON {
            return None;
        }
        Some(format!("the server refuses `{}`: {}", statement(file, fact), refusal.message))
    };
    let why = file.facts.iter().find_map(refused);
    why.map_or(Ok(()), |why| Err(unfit(&file.path, &why)))
}

/// Sees that `migrate expand` runs each statement of its file.
fn must_be_expand(file: &Examined) -> Result<(), Unfit> {
    let misplaced = |fact: &Fact| {
        let why = if fact.analysis.phase() == Some(Phase::Contract) {
            "takes something away from code that runs, and so cannot come with the expand"
        } else if fact.analysis.confidence == Confidence::Opaque {
            "is not understood"
        } else {
            return None;
        };
        Some(format!("`{}` {why}", statement(file, fact)))
    };
    let why = file.facts.iter().find_map(misplaced);
    match why.filter(|_| file.phase == Some(Phase::Expand)) {
        Some(why) => Err(unfit(&file.path, &why)),
        None => Ok(()),
    }
}

fn statement(file: &Examined, fact: &Fact) -> String {
    let text = fact.analysis.span.of(&file.text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unfit(file: &str, why: &str) -> Unfit {
    Unfit::Unable {
        what: format!("the {file} that comes out of this could not be run"),
        why: format!("{why}; write this change by hand: `migrate new NAME` makes empty files"),
    }
}
