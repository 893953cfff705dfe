//! A materialized view that is filled while nobody can read it, or emptied.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::Words;
use super::columns_sql;
use super::cure;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Refresh;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Refresh(refresh) = &at.part.effect else { continue };
        let view = table_name(&refresh.view.name);
        if refresh.is_emptied() && !scene.is_contract() {
            let message = format!(
                "`{view}` is empty after this, and whoever reads it fails (55000) until it is \
                 filled again"
            );
            sink.report(at, message)
                .on(&refresh.view)
                .help("refresh it with data; empty it, or drop it, when no release reads it");
        }
        if refresh.concurrently || refresh.empties || !refresh.populated || !refresh.view.in_use() {
            continue;
        }
        let message = format!(
            "refreshing `{view}` takes an ACCESS EXCLUSIVE lock on it: its readers wait until the \
            query behind it is done"
        );
        sink.report(at, message)
            .on(&refresh.view)
            .help("refresh it with CONCURRENTLY, which needs a unique index on plain columns")
            .safe_all((!refresh.indexed).then(|| index(refresh)))
            .safe(format!(
                "REFRESH MATERIALIZED VIEW CONCURRENTLY {};",
                table_sql(&refresh.view.name)
            ))
            .cure(cure(in_place(scene, &at, refresh)));
    }
}

/// The same with `CONCURRENTLY`, which may stand in a transaction.
fn in_place(scene: &Scene, at: &At, refresh: &Refresh) -> Result<Cure, Cure> {
    if !refresh.view.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    if !refresh.indexed {
        return Err(Cure::withheld("the view has no unique index on plain columns yet"));
    }
    let words = Words::of(scene, at, "REFRESH")?;
    Ok(Cure::edits([words.behind("VIEW", 0, " CONCURRENTLY")?]))
}

/// The index that a concurrent refresh needs.
fn index(refresh: &Refresh) -> String {
    let view = &refresh.view.name;
    let (columns, name) = if refresh.key.is_empty() {
        ("<columns that no two rows share>".to_owned(), format!("{}_key", view.name))
    } else {
        (columns_sql(&refresh.key), format!("{}_{}_key", view.name, refresh.key.join("_")))
    };
    let (name, sql) = (quote_identifier(&name), table_sql(view));
    format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} ({columns});")
}
