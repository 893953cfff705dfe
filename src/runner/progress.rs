//! How far a statement is, by what the server says of it.

use crate::db::Session;

/// How far a statement is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What the server is doing.
    pub phase: String,
    /// The part of that which is done, from 0 to 1, where the server counts it.
    pub fraction: Option<f64>,
}

/// The first of these that counts something: tuples of a build are counted after its blocks.
const PROGRESS: &str = "\
SELECT phase, coalesce(tuples_done / nullif(tuples_total, 0)::float8,
    blocks_done / nullif(blocks_total, 0)::float8,
    lockers_done / nullif(lockers_total, 0)::float8)
FROM pg_catalog.pg_stat_progress_create_index WHERE pid = PID
UNION ALL
SELECT lower(command) || ': ' || phase, heap_blks_scanned / nullif(heap_blks_total, 0)::float8
FROM pg_catalog.pg_stat_progress_cluster WHERE pid = PID
UNION ALL
SELECT phase, heap_blks_scanned / nullif(heap_blks_total, 0)::float8
FROM pg_catalog.pg_stat_progress_vacuum WHERE pid = PID
UNION ALL
SELECT phase, sample_blks_scanned / nullif(sample_blks_total, 0)::float8
FROM pg_catalog.pg_stat_progress_analyze WHERE pid = PID
UNION ALL
SELECT lower(command), bytes_processed / nullif(bytes_total, 0)::float8
FROM pg_catalog.pg_stat_progress_copy WHERE pid = PID";

/// Asks a server how far one of its processes is; `None` where it does not say.
pub(super) fn progress(observer: &Session, pid: i32) -> Option<Progress> {
    // Who looks on must not stop what it looks at.
    let rows = observer.rows(&PROGRESS.replace("PID", &pid.to_string())).ok()?;
    let row = rows.first()?;
    let fraction = row.get(1).and_then(|text| text.parse::<f64>().ok());
    let fraction = fraction.map(|fraction| fraction.clamp(0.0, 1.0));
    Some(Progress { phase: row.get(0)?.to_owned(), fraction })
}
