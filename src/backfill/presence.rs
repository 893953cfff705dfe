//! A worker as others see it: that it is alive, how fast it is, and what holds it.

use super::claim::SOON;
use super::crew::Crew;
use super::error::BackfillError;
use super::held::Held;
use super::places;
use crate::db::Session;
use crate::db::literal;
use std::time::Duration;
use std::time::Instant;

/// What a worker says of itself.
pub(super) struct Presence {
    id: String,
    /// What its row begins with.
    values: String,
    said: Option<Instant>,
    /// It has said how large its batches are: who would share its range has to know.
    sized: bool,
    holds: Vec<Held>,
    notes: Vec<String>,
    since: Option<Instant>,
}

/// How often a worker says that it is alive.
const BEAT: Duration = Duration::from_secs(1);

/// How long signing out may take: the connection may be why the worker ends.
const LEAVE: Duration = Duration::from_secs(2);

impl Presence {
    /// Signs in.
    pub(super) fn new(session: &Session, crew: &Crew, id: &str) -> Result<Presence, BackfillError> {
        let (host, id) = (literal(&crew.host), id.to_owned());
        let values = format!("{}, {}, {host}, {}", literal(&id), crew.open.id, crew.pid);
        let presence = Presence {
            id,
            values,
            said: None,
            sized: false,
            holds: Vec::new(),
            notes: Vec::new(),
            since: None,
        };
        let old = "DELETE FROM migrate.backfill_worker
            WHERE seen_at < clock_timestamp() - interval '1 hour'";
        session.rows_by(&format!("{old}; {}", presence.says("holds = '{}'")), SOON)?;
        Ok(presence)
    }

    /// The statement that it is alive, and something more. A row that is lost, as in a crash of the
    /// server, is made again.
    fn says(&self, more: &str) -> String {
        format!(
            "INSERT INTO migrate.backfill_worker AS w (id, job, host, pid) VALUES ({})
             ON CONFLICT (id) DO UPDATE
             SET job = excluded.job, seen_at = clock_timestamp(), {more}",
            self.values
        )
    }

    /// Says that it is alive, if that was not said a moment ago, and how large its batches are as
    /// soon as that is known.
    pub(super) fn beat(
        &mut self,
        session: &Session,
        size: u32,
        rate: f64,
    ) -> Result<(), BackfillError> {
        let news = size > 0 && !self.sized;
        if !news && self.said.is_some_and(|said| said.elapsed() < BEAT) {
            return Ok(());
        }
        self.sized |= size > 0;
        self.said = Some(Instant::now());
        let more = match size {
            0 => "size = w.size".to_owned(),
            size => format!("size = {size}, rate = {rate}"),
        };
        session.rows_by(&self.says(&more), SOON)?;
        Ok(())
    }

    /// Says what holds it, and what else is worth knowing, as soon as that changes.
    pub(super) fn holds(
        &mut self,
        session: &Session,
        holds: &[Held],
        notes: &[String],
    ) -> Result<(), BackfillError> {
        if self.holds == holds && self.notes == notes {
            return self.beat(session, 0, 0.0);
        }
        let held = match (self.since, holds.is_empty()) {
            (Some(since), true) => since.elapsed(),
            _ => Duration::ZERO,
        };
        self.since = if holds.is_empty() { None } else { self.since.or(Some(Instant::now())) };
        holds.clone_into(&mut self.holds);
        notes.clone_into(&mut self.notes);
        self.said = Some(Instant::now());
        let kept: Vec<String> = holds.iter().map(Held::kept).collect();
        let (holds, notes) = (places::array(&kept), places::array(notes));
        let held = held.as_millis();
        let more =
            format!("holds = {holds}, notes = {notes}, held = w.held + interval '{held} ms'");
        session.rows_by(&self.says(&more), SOON)?;
        Ok(())
    }

    /// Signs out; where that fails, it is no longer seen, which says the same.
    pub(super) fn leave(&self, session: &Session) {
        let sql = format!("DELETE FROM migrate.backfill_worker WHERE id = {}", literal(&self.id));
        let _ = session.rows_by(&sql, LEAVE);
    }
}
