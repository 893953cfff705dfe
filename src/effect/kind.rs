//! The kind of a statement in machine output: `alter-table`, `create-index`, `update`.

use crate::sql::Body;
use crate::sql::DataVerb;
use crate::sql::ObjectKind;
use crate::sql::Persistence;
use crate::sql::TransactionVerb;

/// The words of the statement's verb and object, joined by hyphens.
pub(super) fn of(body: &Body) -> String {
    let with = |verb: &str, kind: ObjectKind| format!("{verb}-{}", kind.words().replace(' ', "-"));
    match body {
        Body::CreateTable(table) if table.foreign => "create-foreign-table".to_owned(),
        Body::CreateTable(table) if table.persistence == Persistence::Temporary => {
            "create-temporary-table".to_owned()
        }
        Body::CreateTable(_) => "create-table".to_owned(),
        Body::CreateTableAs(_) => "create-table-as".to_owned(),
        Body::AlterRelation(alter) => with("alter", alter.kind),
        Body::CreateIndex(_) => "create-index".to_owned(),
        Body::CreateView(view) if view.materialized => "create-materialized-view".to_owned(),
        Body::CreateView(_) => "create-view".to_owned(),
        Body::Refresh(_) => "refresh-materialized-view".to_owned(),
        Body::CreateSequence(_) => "create-sequence".to_owned(),
        Body::CreateType(_) => "create-type".to_owned(),
        Body::CreateDomain(_) => "create-domain".to_owned(),
        Body::AlterType(_) => "alter-type".to_owned(),
        Body::AlterDomain(_) => "alter-domain".to_owned(),
        Body::CreateFunction(function) if function.procedure => "create-procedure".to_owned(),
        Body::CreateFunction(_) => "create-function".to_owned(),
        Body::CreateTrigger(_) => "create-trigger".to_owned(),
        Body::CreateOnTable(create) => with("create", create.kind),
        Body::CreateSchema(_) => "create-schema".to_owned(),
        Body::CreateOther(create) => with("create", create.object.kind),
        Body::AlterObject(alter) => with("alter", alter.object.kind),
        Body::Drop(drop) => with("drop", drop.kind),
        Body::Truncate(_) => "truncate".to_owned(),
        Body::Lock(_) => "lock-table".to_owned(),
        Body::Comment(_) => "comment".to_owned(),
        Body::Grant(grant) if grant.revoke => "revoke".to_owned(),
        Body::Grant(_) => "grant".to_owned(),
        Body::Reindex(_) => "reindex".to_owned(),
        Body::Cluster(_) => "cluster".to_owned(),
        Body::Vacuum(vacuum) if vacuum.vacuum => "vacuum".to_owned(),
        Body::Vacuum(_) => "analyze".to_owned(),
        Body::Data(change) => data(change.verb).to_owned(),
        Body::Query(_) => "select".to_owned(),
        Body::Copy(_) => "copy".to_owned(),
        Body::Do(_) => "do".to_owned(),
        Body::Transaction(verb) => transaction(verb).to_owned(),
        Body::Set(set) if set.values.is_none() => "reset".to_owned(),
        Body::Set(_) => "set".to_owned(),
        Body::Call(_) => "call".to_owned(),
        Body::Utility(kind) => (*kind).to_owned(),
        Body::Explain(..) => "explain".to_owned(),
        Body::Dynamic(_) => "dynamic".to_owned(),
        Body::Unreadable(_) => "unreadable".to_owned(),
    }
}

/// The same for a message, in capitals.
pub(super) fn words(body: &Body, kind: &str) -> String {
    match body {
        Body::Reindex(reindex) => format!("REINDEX {}", reindex.kind.words().to_uppercase()),
        _ => kind.replace('-', " ").to_uppercase(),
    }
}

fn data(verb: DataVerb) -> &'static str {
    match verb {
        DataVerb::Insert => "insert",
        DataVerb::Update => "update",
        DataVerb::Delete => "delete",
        DataVerb::Merge => "merge",
    }
}

fn transaction(verb: &TransactionVerb) -> &'static str {
    match verb {
        TransactionVerb::Begin => "begin",
        TransactionVerb::Commit | TransactionVerb::CommitAndChain => "commit",
        TransactionVerb::Rollback | TransactionVerb::RollbackAndChain => "rollback",
        TransactionVerb::Savepoint(_) => "savepoint",
        TransactionVerb::RollbackTo(_) => "rollback-to-savepoint",
        TransactionVerb::Release(_) => "release-savepoint",
        TransactionVerb::Prepare => "prepare-transaction",
        TransactionVerb::CommitPrepared => "commit-prepared",
        TransactionVerb::RollbackPrepared => "rollback-prepared",
    }
}
