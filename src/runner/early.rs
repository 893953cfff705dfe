//! What an expand does not run: what takes something away or moves data that is in use, what nobody
//! can tell of, and what no run takes from a file.

use super::error::RunError;
use super::forbidden::must_leave_alone;
use super::forbidden::must_share_nothing_temporary;
use super::opaque::must_be_understood;
use super::opaque::on_one_line;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::plan;
use crate::plan::Drift;
use crate::plan::Pending;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::schema::DEFAULT_SCHEMA;
use crate::sql::Body;
use crate::sql::DataVerb;
use crate::sql::Grant;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;
use crate::sql::Persistence;
use crate::sql::Statement;
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

/// Whether a privilege is taken away on what no statement before it in its file makes.
fn takes_in_use(file: &PhaseFile, at: usize, grant: &Grant, known: &[Fact]) -> bool {
    let before = &file.script.statements[..at];
    let holds_schema = |name: &String| {
        before.iter().any(|statement| match &statement.body {
            Body::CreateSchema(create) => !create.if_not_exists && create.name == *name,
            _ => false,
        })
    };
    let is_made = |object: &ObjectRef| {
        object.kind == ObjectKind::Schema && holds_schema(&object.name.name)
            || object.name.schema.as_ref().is_some_and(holds_schema)
            || before.iter().enumerate().any(|(one, statement)| {
                made(&statement.body, known.get(one)).is_some_and(|made| {
                    is_same(&made, object) && is_seen(before, one, &made, object)
                })
            })
    };
    let all_made = grant.schemas.iter().all(holds_schema) && grant.objects.iter().all(is_made);
    grant.revoke && !grant.of_roles && !all_made
}

/// What a statement makes for sure: what is there is neither kept nor replaced by it.
fn made(body: &Body, fact: Option<&Fact>) -> Option<ObjectRef> {
    let lasts = |persistence| persistence != Persistence::Temporary;
    let object = |kind, name: &Name| Some(ObjectRef::new(kind, name.clone()));
    match body {
        Body::CreateTable(it) if !it.if_not_exists && lasts(it.persistence) => {
            object(ObjectKind::Table, &it.name)
        }
        Body::CreateTableAs(it) if !it.if_not_exists && lasts(it.persistence) => {
            object(ObjectKind::Table, &it.name)
        }
        Body::CreateView(it) if !it.if_not_exists && !it.or_replace && !it.temporary => {
            object(ObjectKind::View, &it.name)
        }
        Body::CreateSequence(it) if !it.if_not_exists && lasts(it.persistence) => {
            object(ObjectKind::Sequence, &it.name)
        }
        Body::CreateType(it) => object(ObjectKind::Type, &it.name),
        Body::CreateDomain(it) => object(ObjectKind::Domain, &it.name),
        Body::CreateFunction(it) if !it.or_replace || fact.is_some_and(is_new) => {
            let arguments = Some(it.arguments.clone());
            object(ObjectKind::Function, &it.name).map(|new| ObjectRef { arguments, ..new })
        }
        Body::CreateOther(it) if !it.if_not_exists && !it.or_replace => Some(it.object.clone()),
        _ => None,
    }
}

/// Whether nothing that the changes before it make is replaced.
fn is_new(fact: &Fact) -> bool {
    fact.analysis.parts.iter().any(|part| matches!(part.effect, Effect::Create(_)))
}

/// Whether a privilege is on what was made, as far as kind and arguments tell.
fn is_same(made: &ObjectRef, taken: &ObjectRef) -> bool {
    // `ON x` is any relation, and `ON ROUTINE x` and `ON TYPE x` are more than one kind as well.
    let family = |kind| match kind {
        ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::ForeignTable => ObjectKind::Table,
        ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => ObjectKind::Function,
        ObjectKind::Domain => ObjectKind::Type,
        other => other,
    };
    family(made.kind) == family(taken.kind)
        && made.name.name == taken.name.name
        && (taken.arguments.is_none() || made.arguments == taken.arguments)
}

/// Whether two names, of what the statement at `one` makes and of what comes after `before`, lead
/// to the same schema.
fn is_seen(before: &[Statement], one: usize, made: &ObjectRef, taken: &ObjectRef) -> bool {
    let sets_path = |statement: &Statement| match &statement.body {
        Body::Set(set) => set.name == "search_path",
        Body::Query(query) => query.settings.iter().any(|set| set.name == "search_path"),
        _ => false,
    };
    let ends = |statement: &Statement| matches!(statement.body, Body::Transaction(_));
    let is_set = before.iter().any(sets_path);
    match (&made.name.schema, &taken.name.schema) {
        (Some(made), Some(taken)) => made == taken,
        // A path that was set may be another one after a COMMIT.
        (None, None) => !before[one..].iter().any(|it| sets_path(it) || is_set && ends(it)),
        (Some(schema), None) | (None, Some(schema)) => !is_set && schema == DEFAULT_SCHEMA,
    }
}

fn misplaced(file: &PhaseFile, what: String) -> RunError {
    RunError::Misplaced { path: file.shown.clone(), what, phase: Phase::Expand.to_string() }
}
