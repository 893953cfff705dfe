//! `SET TABLESPACE`, which copies files under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Moved;
use crate::effect::Target;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SetTablespace(set) = &at.part.effect else { continue };
        match &set.moved {
            Moved::Table(table) if table.in_use() => {
                let message = format!(
                    "`{}` is copied file by file under an ACCESS EXCLUSIVE lock: reads and writes \
                     wait until the last block",
                    table_name(&table.name)
                );
                sink.report(at, message).on(table).help(COPY);
            }
            Moved::Index(index, table) if table.as_ref().is_none_or(Target::in_use) => {
                let hit = sink.report(at, of_index(index, table.as_ref()));
                hit.on_any(table.as_ref()).help(REBUILD);
                if let Some(to) = set.to.as_deref().filter(|_| scene.postgres.at_least(14)) {
                    hit.safe(format!(
                        "REINDEX (TABLESPACE {}) INDEX CONCURRENTLY {};",
                        quote_identifier(to),
                        table_sql(index)
                    ));
                }
            }
            Moved::All(kind, from) => {
                let help = if *kind == ObjectKind::Index { REBUILD } else { COPY };
                let message = format!(
                    "every {} in the tablespace `{from}` is copied under an ACCESS EXCLUSIVE lock, \
                     and all of them stay locked until the last is done",
                    kind.words()
                );
                sink.report(at, message).help(help);
            }
            Moved::Table(_) | Moved::Index(..) => {}
        }
    }
}

const COPY: &str = "move it with pg_repack, which copies it while it is in use";

const REBUILD: &str =
    "build it anew in the other tablespace, outside of a transaction, while it is in use";

/// Of an index only the index is copied.
fn of_index(index: &Name, table: Option<&Target>) -> String {
    let table =
        table.map_or("its table".to_owned(), |table| format!("`{}`", table_name(&table.name)));
    format!(
        "the index `{}` is copied file by file under an ACCESS EXCLUSIVE lock on it: reads and \
         writes of {table} wait, as they open every index",
        table_name(index)
    )
}
