//! Whether a REVOKE is on what is in use, or on what its own file makes before it.

use crate::effect::Effect;
use crate::effect::Fact;
use crate::plan::PhaseFile;
use crate::schema::DEFAULT_SCHEMA;
use crate::sql::Body;
use crate::sql::Grant;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;
use crate::sql::Persistence;
use crate::sql::Statement;

/// Whether a privilege is taken away on what no statement before it in its file makes.
pub(super) fn takes_in_use(file: &PhaseFile, at: usize, grant: &Grant, known: &[Fact]) -> bool {
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
