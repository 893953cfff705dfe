//! The ledger's own tables, made by an older version of this program, brought up to date.

use super::VERSION;
use super::error::StoreError;
use crate::db::Row;
use crate::db::Session;

/// What each version added, the second first.
const ADDED: [&str; VERSION as usize - 1] =
    [include_str!("backfill.sql"), include_str!("beat.sql")];

/// All that versions after the first added, in their order.
pub(super) fn added(since: u32) -> String {
    let skip = usize::try_from(since.saturating_sub(1)).unwrap_or(usize::MAX);
    let sql: Vec<&str> = ADDED.into_iter().skip(skip).collect();
    format!("{}\nUPDATE migrate.meta SET version = {VERSION};", sql.join("\n"))
}

/// Brings the tables up to date, in one transaction; events stay as they are. Who comes second has
/// nothing to do.
pub fn upgrade(session: &Session) -> Result<(), StoreError> {
    let rows = session.rows("SELECT version FROM migrate.meta")?;
    if version(&rows)? >= VERSION {
        return Ok(());
    }
    let rows = session.rows("BEGIN; SELECT version FROM migrate.meta FOR UPDATE");
    let read = rows.map_err(StoreError::Db).and_then(|rows| version(&rows));
    let done = read.and_then(|version| {
        let sql = if version < VERSION { added(version) } else { String::new() };
        session.rows(&format!("{sql} COMMIT")).map_err(StoreError::Db)
    });
    done.map(drop).inspect_err(|_| {
        // Where that fails too, the connection is gone, and the transaction with it.
        let _ = session.rows("ROLLBACK");
    })
}

fn version(rows: &[Row]) -> Result<u32, StoreError> {
    let told = rows.first().and_then(|row| row.get(0)).and_then(|text| text.parse().ok());
    told.ok_or_else(|| StoreError::Malformed("it does not say its version".to_owned()))
}
