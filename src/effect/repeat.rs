//! Whether a statement passes over what is done already, so that a file that failed half-way can be
//! run again.

use crate::sql::AlterDomainVerb;
use crate::sql::AlterObjectVerb;
use crate::sql::AlterRelation;
use crate::sql::AlterTypeVerb;
use crate::sql::AlterVerb;
use crate::sql::Body;

/// Whether a second run neither fails nor does harm where the first one came to its end.
pub(super) fn is_repeatable(body: &Body) -> bool {
    match body {
        Body::CreateTable(create) => create.if_not_exists,
        Body::CreateTableAs(create) => create.if_not_exists,
        Body::CreateIndex(create) => create.if_not_exists,
        Body::CreateView(create) => create.if_not_exists || create.or_replace,
        Body::CreateSequence(create) => create.if_not_exists,
        Body::CreateSchema(create) => create.if_not_exists && create.inner.is_empty(),
        Body::CreateFunction(create) => create.or_replace,
        Body::CreateTrigger(create) => create.or_replace,
        Body::CreateOnTable(create) => create.or_replace,
        Body::CreateOther(create) => create.if_not_exists || create.or_replace,
        Body::Drop(drop) => drop.if_exists,
        Body::AlterRelation(alter) => alters_again(alter),
        Body::AlterType(alter) => alter
            .verbs
            .iter()
            .all(|verb| matches!(verb, AlterTypeVerb::AddValue { if_not_exists: true, .. })),
        Body::AlterDomain(alter) => matches!(
            alter.verb,
            AlterDomainVerb::SetDefault(_)
                | AlterDomainVerb::DropDefault
                | AlterDomainVerb::SetNotNull
                | AlterDomainVerb::DropNotNull
                | AlterDomainVerb::DropConstraint { if_exists: true, .. }
                | AlterDomainVerb::ValidateConstraint { .. }
        ),
        Body::Refresh(_)
        | Body::Truncate(_)
        | Body::Lock(_)
        | Body::Comment(_)
        | Body::Grant(_)
        | Body::Reindex(_)
        | Body::Cluster(_)
        | Body::Vacuum(_)
        | Body::Query(_)
        | Body::Do(_)
        | Body::Transaction(_)
        | Body::Set(_)
        | Body::Utility(_)
        | Body::Call(_)
        | Body::Explain(_, false) => true,
        Body::Explain(inner, true) => is_repeatable(&inner.body),
        Body::AlterObject(alter) => !matches!(
            alter.verb,
            AlterObjectVerb::RenameTo(_)
                | AlterObjectVerb::SetSchema(_)
                | AlterObjectVerb::Tables { .. }
        ),
        Body::CreateType(_)
        | Body::CreateDomain(_)
        | Body::Data(_)
        | Body::Copy(_)
        | Body::Dynamic(_)
        | Body::Unreadable(_) => false,
    }
}

fn alters_again(alter: &AlterRelation) -> bool {
    alter.actions.iter().all(|action| match &action.verb {
        AlterVerb::AddColumn { if_not_exists, .. } => *if_not_exists,
        AlterVerb::DropColumn { if_exists, .. }
        | AlterVerb::DropConstraint { if_exists, .. }
        | AlterVerb::DropIdentity { if_exists, .. } => *if_exists,
        AlterVerb::AlterType { using, .. } => using.is_none(),
        AlterVerb::AddConstraint(_)
        | AlterVerb::AddIdentity { .. }
        | AlterVerb::DropExpression { .. }
        | AlterVerb::RenameColumn { .. }
        | AlterVerb::RenameConstraint { .. }
        | AlterVerb::RenameTo(_)
        | AlterVerb::SetSchema(_)
        | AlterVerb::Inherit { .. }
        | AlterVerb::AttachPartition { .. }
        | AlterVerb::DetachPartition { .. } => false,
        _ => true,
    })
}
