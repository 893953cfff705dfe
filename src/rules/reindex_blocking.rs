//! `REINDEX` without `CONCURRENTLY`, and of a partitioned table as a whole.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::concurrently;
use super::cure;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Reindex;
use crate::effect::Target;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Reindex(reindex) = &at.part.effect else { continue };
        let unused = reindex.table.as_ref().is_some_and(|table| !table.in_use());
        if unused || reindex.kind == ObjectKind::System {
            continue;
        }
        let (message, help) = match &reindex.table {
            Some(table) if table.partitioned => {
                (on_partitions(reindex, table), "rebuild it on one partition after the other")
            }
            _ if reindex.concurrently => continue,
            _ => (blocks(reindex), "rebuild it with CONCURRENTLY, outside of a transaction"),
        };
        sink.report(at, message)
            .on_any(reindex.table.as_ref())
            .help(help)
            .safe(with_concurrently(reindex))
            .cure(cure(in_place(scene, &at, reindex)));
    }
}

/// The same with `CONCURRENTLY`, where that rebuilds as much.
fn in_place(scene: &Scene, at: &At, reindex: &Reindex) -> Result<Cure, Cure> {
    let Some(table) = &reindex.table else {
        return Err(match reindex.kind {
            ObjectKind::Index | ObjectKind::Table => Cure::withheld(UNSEEN),
            _ => Cure::withheld("CONCURRENTLY would pass over some of the indexes"),
        });
    };
    if !table.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    if table.partitioned {
        return Err(Cure::withheld("each partition takes a statement of its own"));
    }
    if reindex.excludes {
        return Err(Cure::withheld("CONCURRENTLY passes over exclusion constraints"));
    }
    concurrently(scene, at, "REINDEX", &reindex.kind.words().to_uppercase())
}

/// What waits for a plain `REINDEX`.
fn blocks(reindex: &Reindex) -> String {
    let table = match &reindex.table {
        Some(table) => format!("`{}`", table_name(&table.name)),
        None => "its table".to_owned(),
    };
    let (what, indexes) = match reindex.kind {
        ObjectKind::Index => ("this index", "the index"),
        ObjectKind::Table => ("the indexes of this table", "each of them"),
        ObjectKind::Schema => {
            return all_tables("this schema");
        }
        _ => return all_tables("this database"),
    };
    format!(
        "rebuilding {what} takes a SHARE lock on {table}, so that writes wait, and an ACCESS \
        EXCLUSIVE lock on {indexes}: even reads wait, since planning a query looks at every index"
    )
}

fn all_tables(of: &str) -> String {
    format!(
        "rebuilding all indexes of {of} takes a SHARE lock on one table after the other, so that \
        writes wait, and an ACCESS EXCLUSIVE lock on its indexes: even reads wait, since planning \
        a query looks at every index"
    )
}

/// What waits for a `REINDEX` of a partitioned table, `CONCURRENTLY` or not.
fn on_partitions(reindex: &Reindex, table: &Target) -> String {
    let table = table_name(&table.name);
    if reindex.concurrently {
        return format!(
            "even with CONCURRENTLY this asks for a SHARE lock on every partition of `{table}` \
            first: it waits for transactions that write, and new writes wait behind it"
        );
    }
    format!(
        "rebuilding the indexes of `{table}` takes a SHARE lock on its partitions, so that writes \
        wait, and an ACCESS EXCLUSIVE lock on each index: even reads wait, since planning a query \
        looks at every index"
    )
}

/// The same with `CONCURRENTLY`, of a partition where it is of a partitioned table.
fn with_concurrently(reindex: &Reindex) -> String {
    let partitioned = reindex.table.as_ref().is_some_and(|table| table.partitioned);
    let name = match (&reindex.name, reindex.kind) {
        (Some(_), ObjectKind::Index) if partitioned => " <index of a partition>".to_owned(),
        (Some(_), _) if partitioned => " <partition>".to_owned(),
        (Some(name), _) => format!(" {}", table_sql(name)),
        (None, _) => String::new(),
    };
    let options = match reindex.options.as_slice() {
        [] => String::new(),
        options => format!("({}) ", options.join(", ")),
    };
    format!("REINDEX {options}{} CONCURRENTLY{name};", reindex.kind.words().to_uppercase())
}
