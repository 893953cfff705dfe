//! What the ledger does to backfills, whose tables it keeps.

use crate::db::literal;

/// The first version of the tables that knows of backfills.
const SINCE: u32 = 2;

/// The statement that gives up all jobs of a change, so that the next one begins anew: workers end
/// after the batch that they are at. Nothing where the tables, of this version, know of no jobs.
pub fn give_up(version: u32, change: &str, why: Option<&str>) -> String {
    if version < SINCE {
        return String::new();
    }
    let why = why.map_or("NULL".to_owned(), literal);
    format!(
        "UPDATE migrate.backfill_job SET wanted = 'cancel', why = {why}, state = 'cancelled',
            ended_at = clock_timestamp()
         WHERE change = {} AND state <> 'cancelled' RETURNING id;",
        literal(change)
    )
}
