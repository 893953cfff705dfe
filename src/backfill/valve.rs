//! Whether the next batch may begin: what the server says, what others say, and the time of day.

use super::claim::SOON;
use super::crew::Crew;
use super::error::BackfillError;
use super::held::Held;
use super::places;
use crate::db::Session;
use crate::db::literal;
use crate::job::throttle::Batch;
use crate::job::throttle::Limits;
use crate::job::throttle::Reading;
use crate::job::throttle::Throttle;
use crate::signals::Signals;
use std::time::Duration;

/// Whether the next batch may begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// What holds it; nothing, if it may.
    pub(super) holds: Vec<Held>,
    /// How long to wait before it.
    pub(super) pause: Duration,
    /// What else is worth knowing.
    pub(super) notes: Vec<String>,
}

/// What lets batches pass.
pub(super) struct Valve {
    signals: Signals,
    throttle: Throttle,
    /// What was done since the last judgement.
    done: Option<Batch>,
    /// How many replicas were told to others.
    told: usize,
    expects: bool,
    /// Each batch is paid for before the next.
    pays: bool,
    /// When was counted how many pay together.
    counted: Option<Duration>,
    /// When nothing was seen that holds, slows or is to be told.
    good: Option<Duration>,
    /// Something held it the last time.
    held: bool,
    /// How many waited for the last batch.
    waiters: u64,
    timeline: String,
}

/// For how long what was read is taken for what is: batches that are shorter share a look.
const FRESH: Duration = Duration::from_millis(100);

/// How long a count of workers is taken for what it is.
const COUNTED: Duration = Duration::from_secs(1);

impl Valve {
    pub(super) fn new(crew: &Crew, timeline: String) -> Valve {
        let limits: Limits = crew.options.limits.clone();
        Valve {
            signals: Signals::new(&limits, &crew.job.walked, crew.variable),
            expects: limits.asks_replicas(),
            pays: limits.wal_per_second.is_some(),
            throttle: Throttle::new(limits),
            counted: None,
            done: None,
            told: 0,
            good: None,
            held: false,
            waiters: 0,
            timeline,
        }
    }

    /// A batch was done, took so long, and logged so many bytes. Those that share a look are one.
    pub(super) fn passed(&mut self, took: Duration, wal: Option<u64>) {
        let none = Batch { took: Duration::ZERO, wal: Some(0) };
        let before = self.done.unwrap_or(none);
        // Where one of them is not known, their sum is not.
        let wal = before.wal.zip(wal).map(|(before, wal)| before.saturating_add(wal));
        self.done = Some(Batch { took: before.took.saturating_add(took), wal });
    }

    /// Somebody waited for the last batch, which was given up for that.
    pub(super) fn waited(&mut self) {
        self.waiters = 1;
        self.good = None;
    }

    /// Reads all there is to read, and judges it.
    pub(super) fn look(&mut self, session: &Session, crew: &Crew) -> Result<Flow, BackfillError> {
        if self.expects {
            self.expects = false;
            self.throttle.expect(replicas(session, crew.open.id, &self.timeline)?);
        }
        if self.held {
            for replica in forgotten(session, crew.open.id)? {
                self.throttle.forget(&replica);
            }
        }
        let now = crew.begun.elapsed();
        if self.good.is_some_and(|good| now.saturating_sub(good) < FRESH) {
            return Ok(Flow::default());
        }
        self.share(session, now)?;
        let mut readings = self.signals.read(session, now)?;
        readings.push(Reading::Waiters(Ok(std::mem::take(&mut self.waiters))));
        readings.extend(self.done.take().map(Reading::Batch));
        let verdict = self.throttle.judge(now, &readings);
        self.tell(session, crew.open.id)?;
        let mut flow = Flow {
            holds: verdict.holds.into_iter().map(|it| Held::new(it.signal, it.why)).collect(),
            pause: verdict.pause,
            notes: verdict.notes.into_iter().map(|note| note.what).collect(),
        };
        flow.holds.extend(closed(session, crew)?.map(|why| Held::new("window", why)));
        self.held = !flow.holds.is_empty();
        let calm = flow.holds.is_empty() && flow.pause.is_zero() && flow.notes.is_empty();
        self.good = (calm && !self.pays).then_some(now);
        Ok(flow)
    }

    /// Counts with whom what may be logged is shared: all workers that hold a range.
    fn share(&mut self, session: &Session, now: Duration) -> Result<(), BackfillError> {
        let fresh = |counted| now.saturating_sub(counted) < COUNTED;
        if !self.pays || self.counted.is_some_and(fresh) {
            return Ok(());
        }
        self.counted = Some(now);
        let sql = "SELECT count(*) FROM migrate.backfill_range r
            JOIN migrate.backfill_job j ON j.id = r.job AND j.state = 'open' AND j.wanted = 'run'
            WHERE NOT r.done AND r.owner IS NOT NULL AND r.lease_until > clock_timestamp()";
        let rows = session.rows_by(sql, SOON)?;
        let workers = rows.first().and_then(|row| row.get(0)?.parse().ok());
        let none = || BackfillError::Malformed("no count of workers".to_owned());
        self.throttle.share(workers.ok_or_else(none)?);
        Ok(())
    }

    /// Tells others of replicas that were seen: one that is gone later must not be forgotten.
    fn tell(&mut self, session: &Session, job: i64) -> Result<(), BackfillError> {
        let seen: Vec<String> = self.throttle.seen().map(str::to_owned).collect();
        if seen.len() > self.told {
            let sql = format!(
                "UPDATE migrate.backfill_job SET replicas = ARRAY(SELECT DISTINCT unnest(
                    replicas || {})) WHERE id = {job}",
                places::array(&seen)
            );
            session.rows_by(&sql, SOON)?;
            self.told = seen.len();
        }
        Ok(())
    }
}

/// The replicas that workers of a job have seen. Who followed a server that is no more does not
/// have to follow the one that took its place: one of them may be that.
fn replicas(session: &Session, job: i64, timeline: &str) -> Result<Vec<String>, BackfillError> {
    let timeline = literal(timeline);
    let sql = format!(
        "UPDATE migrate.backfill_job SET replicas = '{{}}', timeline = {timeline}
            WHERE id = {job} AND timeline IS DISTINCT FROM {timeline};
         SELECT unnest(replicas) FROM migrate.backfill_job WHERE id = {job}"
    );
    let rows = session.rows_by(&sql, SOON)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

/// The replicas that a person said are gone for good.
fn forgotten(session: &Session, job: i64) -> Result<Vec<String>, BackfillError> {
    let sql = format!("SELECT unnest(forgotten) FROM migrate.backfill_job WHERE id = {job}");
    let rows = session.rows_by(&sql, SOON)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

/// Why the time of day holds it, by the clock of the database.
fn closed(session: &Session, crew: &Crew) -> Result<Option<String>, BackfillError> {
    let Some((from, to)) = crew.options.window else { return Ok(None) };
    let sql = "SELECT (extract(hour FROM localtime) * 60 + extract(minute FROM localtime))::int";
    let rows = session.rows_by(sql, SOON)?;
    let now = rows.first().and_then(|row| row.get(0)).and_then(|text| text.parse::<u16>().ok());
    let now = now.ok_or_else(|| BackfillError::Malformed("no time of day".to_owned()))?;
    let open = if from < to { (from..to).contains(&now) } else { now >= from || now < to };
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let why = || format!("it runs from {} to {}, and it is {}", clock(from), clock(to), clock(now));
    Ok((!open).then(why))
}
