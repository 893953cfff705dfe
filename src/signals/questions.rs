//! The questions to a server, and how their answers are read. PostgreSQL 14 to 18 understand them.

use crate::db::Row;
use crate::db::literal;
use crate::job::throttle::Age;
use crate::job::throttle::Connections;
use crate::job::throttle::Limits;
use crate::job::throttle::Pinned;
use crate::job::throttle::Reading;
use crate::job::throttle::Replica;
use crate::job::throttle::Rows;
use crate::job::throttle::Seen;
use crate::job::throttle::Slot;
use crate::job::throttle::Transaction;
use crate::job::throttle::Vacuum;
use crate::sql::Name;
use std::str::FromStr;
use std::time::Duration;

/// The rows of an answer.
type Answer<'a> = Seen<&'a [&'a Row]>;

/// What an answer comes to.
type Reader = fn(Answer) -> Reading;

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) sql: String,
    pub(super) read: Reader,
}

/// Who may not see what others do, as it is written in `GRANT`; null for who may. The views of
/// sessions and replicas then have rows without values (`pg_stat_get_activity` and
/// `pg_stat_get_wal_senders` ask for the rights of `pg_read_all_stats`).
const BLIND: &str = "CASE WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE') \
                     THEN quote_ident(current_user) END";

/// Those who follow the server, but for logical ones, which are judged by their slots, and base
/// backups, which end. What is not replayed is at least written.
const REPLICAS: &str = "
SELECT {blind}, one.application_name,
    coalesce(CASE WHEN NOT slot.temporary THEN slot.slot_name END, host(one.client_addr), 'here'),
    one.pid, one.replay_lsn IS NOT NULL, at.lsn,
    greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), at.lsn), 0)::bigint,
    extract(epoch FROM clock_timestamp() - one.reply_time)
FROM pg_stat_replication AS one
LEFT JOIN pg_replication_slots AS slot ON slot.active_pid = one.pid
CROSS JOIN LATERAL (SELECT coalesce(one.replay_lsn, one.write_lsn, one.flush_lsn)) AS at(lsn)
WHERE one.state IS DISTINCT FROM 'backup' AND slot.slot_type IS DISTINCT FROM 'logical'";

const SLOTS: &str = "SELECT slot_name, wal_status, safe_wal_size FROM pg_replication_slots";

/// Files are numbered from one on, so that all of them wait where none is known to be archived. The
/// file that is written to does not wait yet.
const ARCHIVE: &str = "
SELECT current_setting('archive_mode') <> 'off',
    greatest(div(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), size)
        - coalesce(last.high * div(4294967296, size) + last.low, 0) - 1, 0)
FROM pg_stat_archiver
CROSS JOIN (SELECT pg_size_bytes(current_setting('wal_segment_size'))::numeric) AS file(size)
LEFT JOIN LATERAL (SELECT ('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint,
        ('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint
    WHERE last_archived_wal ~ '^[0-9A-F]{24}') AS last(high, low) ON true";

/// A vacuum keeps no rows from being taken away, however long it takes.
const TRANSACTION: &str = "
SELECT {blind}, oldest.who, oldest.seconds
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT who, extract(epoch FROM clock_timestamp() - began) AS seconds FROM (
        SELECT format('%s (pid %s)', usename, pid), xact_start FROM pg_stat_activity AS activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND xact_start IS NOT NULL AND backend_type <> 'autovacuum worker'
            AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS vacuum
                WHERE vacuum.pid = activity.pid)
        UNION ALL
        SELECT format('prepared transaction %s', gid), prepared FROM pg_prepared_xacts
        WHERE database = current_database()
    ) AS everyone(who, began) ORDER BY began LIMIT 1
) AS oldest ON true";

/// Sessions of other databases keep no rows of this one; standbys and slots do.
const HORIZON: &str = "
SELECT {blind}, oldest.who, oldest.xmin, age(oldest.xmin)
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT who, xmin FROM (
        SELECT format('%s (pid %s)', CASE backend_type WHEN 'walsender'
                THEN 'replica ' || application_name ELSE usename END, pid), backend_xmin
        FROM pg_stat_activity AS activity
        WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
            AND backend_type <> 'autovacuum worker'
            AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS vacuum
                WHERE vacuum.pid = activity.pid)
        UNION ALL
        SELECT format('prepared transaction %s', gid), transaction FROM pg_prepared_xacts
        WHERE database = current_database()
        UNION ALL
        SELECT format('replication slot %s', slot_name), xmin FROM pg_replication_slots
    ) AS everyone(who, xmin) WHERE xmin IS NOT NULL ORDER BY age(xmin) DESC LIMIT 1
) AS oldest ON true";

/// The table and what it is divided into.
const TABLES: &str = "SELECT to_regclass({table})::oid \
                      UNION SELECT relid::oid FROM pg_partition_tree(to_regclass({table}))";

const VACUUM: &str = "
SELECT {blind}, vacuum.wraparound
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT coalesce(query LIKE '%(to prevent wraparound)%', false) AS wraparound
    FROM pg_stat_progress_vacuum LEFT JOIN pg_stat_activity USING (pid)
    WHERE relid IN ({tables}) ORDER BY 1 LIMIT 1
) AS vacuum ON true";

const CONNECTIONS: &str = "
SELECT count(*), current_setting('max_connections') FROM pg_stat_activity
WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'";

const ACTIVE: &str = "
SELECT {blind}, count(*) FILTER (WHERE state = 'active' AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()) FROM pg_stat_activity";

const DEAD: &str = "
SELECT sum(pg_stat_get_dead_tuples(oid)), sum(pg_stat_get_live_tuples(oid))
FROM ({tables}) AS part(oid)";

/// What limits ask for.
pub(super) fn asked(limits: &Limits, table: &Name) -> Vec<Question> {
    let all: [(bool, &str, Reader); 9] = [
        (limits.asks_replicas(), REPLICAS, |rows| Reading::Replicas(rows.and_then(replicas))),
        (limits.slot_room.is_some(), SLOTS, |rows| Reading::Slots(rows.and_then(slots))),
        (limits.archive_backlog.is_some(), ARCHIVE, |rows| {
            Reading::Archive(rows.and_then(archive))
        }),
        (limits.transaction_age != Age::Off, TRANSACTION, |rows| {
            Reading::Transaction(rows.and_then(transaction))
        }),
        (limits.horizon_age != Age::Off, HORIZON, |rows| Reading::Horizon(rows.and_then(horizon))),
        (limits.autovacuum, VACUUM, |rows| Reading::Vacuum(rows.and_then(vacuum))),
        (limits.connections.is_some(), CONNECTIONS, |rows| {
            Reading::Connections(rows.and_then(connections))
        }),
        (limits.active_sessions.is_some(), ACTIVE, |rows| Reading::Active(rows.and_then(active))),
        (limits.dead_tuples.is_some(), DEAD, |rows| Reading::Dead(rows.and_then(dead))),
    ];
    let tables = TABLES.replace("{table}", &literal(&table.to_sql()));
    let asked = all.into_iter().filter(|(asked, ..)| *asked);
    let question = |(_, sql, read): (bool, &str, Reader)| {
        let sql = sql.replace("{blind}", BLIND).replace("{tables}", &tables);
        Question { sql, read }
    };
    asked.map(question).collect()
}

/// What is wrong with an answer that has not what was asked for.
fn malformed() -> String {
    "the server's answer makes no sense".to_owned()
}

fn number<T: FromStr>(row: &Row, at: usize) -> Seen<T> {
    row.get(at).and_then(|text| text.parse().ok()).ok_or_else(malformed)
}

fn text(row: &Row, at: usize) -> Seen<String> {
    row.get(at).map(str::to_owned).ok_or_else(malformed)
}

fn seconds(row: &Row, at: usize) -> Option<Duration> {
    let seconds: f64 = row.get(at)?.parse().ok()?;
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
}

/// The only row.
fn one<'a>(rows: &[&'a Row]) -> Seen<&'a Row> {
    rows.first().copied().ok_or_else(malformed)
}

/// The only row, whose first value says who may not see the others.
fn sighted<'a>(rows: &[&'a Row]) -> Seen<&'a Row> {
    let row = one(rows)?;
    may_see(row)?;
    Ok(row)
}

fn may_see(row: &Row) -> Seen<()> {
    match row.get(0) {
        None => Ok(()),
        Some(role) => Err(format!("it needs pg_monitor: GRANT pg_monitor TO {role}")),
    }
}

fn replicas(rows: &[&Row]) -> Seen<Vec<Replica>> {
    let replica = |row: &Row| {
        may_see(row)?;
        Ok(Replica {
            name: text(row, 1)?,
            place: text(row, 2)?,
            pid: number(row, 3)?,
            replays: row.get(4) == Some("t"),
            position: row.get(5).map(str::to_owned),
            behind: row.get(6).and_then(|bytes| bytes.parse().ok()),
            silent: seconds(row, 7),
        })
    };
    rows.iter().map(|row| replica(row)).collect()
}

fn slots(rows: &[&Row]) -> Seen<Vec<Slot>> {
    let slot = |row: &Row| {
        let room = row.get(2).map(|_| number(row, 2)).transpose()?;
        Ok(Slot { name: text(row, 0)?, status: row.get(1).map(str::to_owned), room })
    };
    rows.iter().map(|row| slot(row)).collect()
}

fn archive(rows: &[&Row]) -> Seen<Option<u64>> {
    let row = one(rows)?;
    if row.get(0) == Some("f") { Ok(None) } else { number(row, 1).map(Some) }
}

fn transaction(rows: &[&Row]) -> Seen<Option<Transaction>> {
    let row = sighted(rows)?;
    let Some(who) = row.get(1) else { return Ok(None) };
    let age = seconds(row, 2).ok_or_else(malformed)?;
    Ok(Some(Transaction { who: who.to_owned(), age }))
}

fn horizon(rows: &[&Row]) -> Seen<Option<Pinned>> {
    let row = sighted(rows)?;
    let Some(who) = row.get(1) else { return Ok(None) };
    // A transaction that has not begun when the others were counted is no age behind them.
    let behind: i64 = number(row, 3)?;
    let behind = u64::try_from(behind).unwrap_or(0);
    Ok(Some(Pinned { who: who.to_owned(), xmin: text(row, 2)?, behind }))
}

fn vacuum(rows: &[&Row]) -> Seen<Option<Vacuum>> {
    let wraparound = sighted(rows)?.get(1);
    Ok(wraparound.map(|wraparound| Vacuum { wraparound: wraparound == "t" }))
}

fn connections(rows: &[&Row]) -> Seen<Connections> {
    let row = one(rows)?;
    Ok(Connections { used: number(row, 0)?, most: number(row, 1)? })
}

fn active(rows: &[&Row]) -> Seen<u64> {
    number(sighted(rows)?, 1)
}

fn dead(rows: &[&Row]) -> Seen<Rows> {
    let row = one(rows)?;
    if row.get(0).is_none() {
        return Err("there is no such table".to_owned());
    }
    Ok(Rows { dead: number(row, 0)?, live: number(row, 1)? })
}
