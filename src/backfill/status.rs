//! Where backfills stand, as anybody may see it.

use super::claim::SOON;
use super::error::BackfillError;
use super::held::Held;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use std::collections::BTreeSet;
use std::time::Duration;

/// Where a job stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Its number.
    pub id: i64,
    /// The change.
    pub change: String,
    /// The statement, counted from one.
    pub place: u32,
    /// The table that is walked.
    pub table: String,
    /// `open`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// `run`, `pause` or `cancel`.
    pub wanted: String,
    /// Why somebody wants it so, or why it failed.
    pub why: Option<String>,
    /// How often the table was walked, this time included.
    pub pass: u32,
    /// How many rows the table was thought to have when it began.
    pub estimate: u64,
    /// How many rows were written.
    pub written: u64,
    /// How many ranges there are.
    pub ranges: u64,
    /// How many of them are done.
    pub ranges_done: u64,
    /// How many batches were committed.
    pub batches: u64,
    /// How many rows are set aside.
    pub poison: u64,
    /// For how many seconds it has run, or ran.
    pub seconds: f64,
    /// For how many seconds of these workers were held, on the average.
    pub held: f64,
    /// Who is at work.
    pub workers: Vec<Worker>,
}

/// A worker, as it was seen last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worker {
    /// Its name.
    pub id: String,
    /// How many seconds ago it was seen.
    pub seen: f64,
    /// What holds it.
    pub holds: Vec<Held>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// How many rows, or blocks, its batches have.
    pub size: u32,
    /// How many rows a second its last batch wrote.
    pub rate: f64,
}

/// A row that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// The table.
    pub table: String,
    /// Its key, or its place where the walk is by places.
    pub key: String,
    /// The error's SQLSTATE.
    pub sqlstate: String,
    /// The error.
    pub message: String,
    /// How often it was tried.
    pub tries: u32,
}

impl Status {
    /// What share of the walk is done, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.state == "done" {
            return 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
        let share = |done: u64, all: u64| done as f64 / all.max(1) as f64;
        let rows = if self.pass == 1 { share(self.written, self.estimate).min(0.99) } else { 0.0 };
        share(self.ranges_done, self.ranges).max(rows).min(0.99)
    }

    /// Rows a second since it began, the time that it was held left out.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let written = self.written as f64;
        written / (self.seconds - self.held).max(0.1)
    }

    /// In how many seconds it may be done, if it goes on like this; `None` where nobody can tell.
    pub fn eta(&self) -> Option<f64> {
        let fraction = self.fraction();
        let alive = self.workers.iter().any(|worker| worker.seen < 30.0);
        let goes_on = self.state == "open" && self.wanted == "run" && alive;
        (goes_on && fraction > 0.01).then(|| self.seconds * (1.0 - fraction) / fraction)
    }

    /// What holds it: each reason once.
    pub fn holds(&self) -> Vec<String> {
        once(self.workers.iter().flat_map(|worker| &worker.holds).map(|held| held.why.clone()))
    }

    /// The signals that hold it, each once.
    pub fn signals(&self) -> Vec<String> {
        once(self.workers.iter().flat_map(|worker| &worker.holds).map(|held| held.signal.clone()))
    }

    /// What else is worth knowing, each once.
    pub fn notes(&self) -> Vec<String> {
        once(self.workers.iter().flat_map(|worker| worker.notes.clone()))
    }
}

fn once(all: impl Iterator<Item = String>) -> Vec<String> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Where jobs stand: those of a change, or all.
pub fn status(session: &Session, change: Option<&str>) -> Result<Vec<Status>, BackfillError> {
    status_by(session, change, SOON)
}

/// The same where an answer must come by then.
pub(super) fn status_by(
    session: &Session,
    change: Option<&str>,
    longest: Duration,
) -> Result<Vec<Status>, BackfillError> {
    let of = change.map_or("true".to_owned(), |change| format!("j.change = {}", literal(change)));
    let sql = format!(
        "SELECT 'job', j.id, j.change, j.place, coalesce(j.relation::regclass::text, '?'),
            j.state, j.wanted, coalesce(j.failure, j.why), j.pass, j.estimate,
            coalesce(r.written, 0), coalesce(r.ranges, 0), coalesce(r.done, 0),
            coalesce(r.batches, 0),
            (SELECT count(*) FROM migrate.backfill_poison p WHERE p.job = j.id),
            extract(epoch FROM coalesce(j.ended_at, clock_timestamp()) - j.started_at),
            coalesce((SELECT extract(epoch FROM avg(w.held)) FROM migrate.backfill_worker w
                WHERE w.job = j.id), 0)
         FROM migrate.backfill_job j LEFT JOIN LATERAL (
            SELECT sum(written) AS written, count(*) AS ranges,
                count(*) FILTER (WHERE done) AS done, sum(batches) AS batches
            FROM migrate.backfill_range r WHERE r.job = j.id) AS r ON true
         WHERE {of} AND j.state <> 'cancelled' ORDER BY j.change, j.place;
         SELECT 'worker', w.job, w.id, extract(epoch FROM clock_timestamp() - w.seen_at),
            to_json(w.holds), w.size, w.rate, to_json(w.notes)
         FROM migrate.backfill_worker w JOIN migrate.backfill_job j ON j.id = w.job
         WHERE {of} AND w.seen_at > clock_timestamp() - interval '6 s' ORDER BY w.id"
    );
    let rows = session.rows_by(&sql, longest)?;
    let mut all: Vec<Status> = Vec::new();
    for row in &rows {
        if row.get(0) == Some("job") {
            all.push(job(row));
            continue;
        }
        let of = row.get(1).and_then(|text| text.parse::<i64>().ok());
        if let Some(status) = all.iter_mut().find(|status| Some(status.id) == of) {
            status.workers.push(worker(row));
        }
    }
    Ok(all)
}

fn number<T: std::str::FromStr + Default>(row: &Row, at: usize) -> T {
    row.get(at).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn job(row: &Row) -> Status {
    let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
    Status {
        id: number(row, 1),
        change: text(2),
        place: number(row, 3),
        table: text(4),
        state: text(5),
        wanted: text(6),
        why: row.get(7).map(str::to_owned),
        pass: number(row, 8),
        estimate: number(row, 9),
        written: number(row, 10),
        ranges: number(row, 11),
        ranges_done: number(row, 12),
        batches: number(row, 13),
        poison: number(row, 14),
        seconds: number(row, 15),
        held: number(row, 16),
        workers: Vec::new(),
    }
}

fn worker(row: &Row) -> Worker {
    Worker {
        id: row.get(2).unwrap_or_default().to_owned(),
        seen: number(row, 3),
        holds: texts(row, 4).iter().map(|text| Held::read(text)).collect(),
        notes: texts(row, 7),
        size: number(row, 5),
        rate: number(row, 6),
    }
}

/// An array of texts.
fn texts(row: &Row, at: usize) -> Vec<String> {
    row.get(at).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Rows that are set aside, the first hundred.
pub fn poisoned(session: &Session, job: i64) -> Result<Vec<Poison>, BackfillError> {
    let sql = format!(
        "SELECT coalesce(leaf::regclass::text, '?'), key, sqlstate, message, tries
         FROM migrate.backfill_poison WHERE job = {job} ORDER BY leaf, at LIMIT 100"
    );
    let rows = session.rows_by(&sql, SOON)?;
    let text = |row: &Row, at: usize| row.get(at).unwrap_or_default().to_owned();
    Ok(rows
        .iter()
        .map(|row| Poison {
            table: text(row, 0),
            key: text(row, 1),
            sqlstate: text(row, 2),
            message: text(row, 3),
            tries: number(row, 4),
        })
        .collect())
}
