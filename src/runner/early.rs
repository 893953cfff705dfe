//! What an expand does not run: what takes something away or moves data that is in use, what nobody
//! can tell of, and what no run takes from a file.

use super::error::RunError;
use super::forbidden::must_leave_alone;
use super::opaque::must_be_understood;
use super::opaque::on_one_line;
use super::privileges::takes_in_use;
use super::temporary::must_share_nothing_temporary;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::plan;
use crate::plan::Drift;
use crate::plan::Pending;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::sql::Body;
use crate::sql::DataVerb;
use std::collections::BTreeMap;

/// What takes something away does not run with what adds.
pub(super) fn must_be_expand(
    due: &[Pending],
    facts: &BTreeMap<String, Vec<Fact>>,
    allows_opaque: bool,
) -> Result<(), RunError> {
    for pending in due {
        let Some(file) = pending.change.file(Phase::Expand) else { continue };
        let known = facts.get(&file.path).map_or(&[][..], Vec::as_slice);
        let all = plan::steps(&pending.change.name, Phase::Expand.word(), file);
        must_leave_alone(file, &pending.steps)?;
        must_share_nothing_temporary(file, &all.map_err(Drift::from)?, &pending.steps)?;
        for step in &pending.steps {
            let own = known.get(step.statements.clone()).unwrap_or_default();
            let taking = own.iter().find(|fact| fact.analysis.phase() == Some(Phase::Contract));
            if let Some(fact) = taking {
                return Err(misplaced(file, on_one_line(fact.analysis.span.of(&file.text))));
            }
            takes_and_moves_nothing(file, step, known)?;
            if !allows_opaque {
                must_be_understood(file, known, step.statements.clone())?;
            }
        }
    }
    Ok(())
}

/// Whether no statement of a step takes away a privilege, or writes rows that are in use. A block
/// says by itself what it does in which transaction, and is not cut into batches.
fn takes_and_moves_nothing(file: &PhaseFile, step: &Step, known: &[Fact]) -> Result<(), RunError> {
    for at in step.statements.clone() {
        let statement = &file.script.statements[at];
        let what = || on_one_line(statement.span.of(&file.text));
        match &statement.body {
            Body::Do(_) => {}
            Body::Grant(grant) if takes_in_use(file, at, grant, known) => {
                return Err(misplaced(file, what()));
            }
            _ if known.get(at).is_some_and(moves_data) => {
                return Err(RunError::Moving { path: file.shown.clone(), what: what() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether it changes or deletes rows that are in use.
fn moves_data(fact: &Fact) -> bool {
    fact.analysis.parts.iter().any(|part| {
        let Effect::Write(write) = &part.effect else { return false };
        part.phase() == Some(Phase::Migrate) && write.verb != DataVerb::Insert
    })
}

fn misplaced(file: &PhaseFile, what: String) -> RunError {
    RunError::Misplaced { path: file.shown.clone(), what, phase: Phase::Expand.to_string() }
}
