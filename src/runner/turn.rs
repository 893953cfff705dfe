//! One run at a time: a lock of the session's, which is asked for again and again and never waited
//! for. A session that waits inside a query holds a snapshot, for which CREATE INDEX CONCURRENTLY
//! would wait in turn.

use super::Runner;
use super::error::RunError;
use super::news::News;
use crate::db::DbError;
use crate::db::Session;
use crate::store;
use crate::store::LOCK;
use crate::store::Look;
use std::time::Duration;
use std::time::Instant;

/// A turn: the lock is held until the session ends.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What the database said of itself when the turn came.
    pub look: Look,
}

/// How long is waited between two tries, at first.
const FIRST: Duration = Duration::from_millis(50);

/// And at most.
const MOST: Duration = Duration::from_secs(1);

/// How often it is said that another run is still at work.
const TELL: Duration = Duration::from_secs(10);

/// Waits for the turn.
pub fn take_turn(runner: &mut Runner, longest: Duration) -> Result<Turn, RunError> {
    let look = store::look(runner.session, true)?;
    if look.standby {
        return Err(RunError::Standby);
    }
    if look.locked {
        return Ok(Turn { look });
    }
    let begun = Instant::now();
    let (mut pause, mut next) = (FIRST, Duration::ZERO);
    loop {
        let holder = holder(runner.session)?;
        let waited = begun.elapsed();
        if waited >= next {
            runner.watch.tell(&News::Queued { holder: holder.clone(), waited });
            next = waited + TELL;
        }
        if waited > longest {
            return Err(RunError::Busy { holder, waited });
        }
        runner.session.pause(pause)?;
        pause = (pause * 2).min(MOST);
        let rows = runner.session.rows(&format!("SELECT pg_try_advisory_lock({LOCK})"))?;
        if rows.first().is_some_and(|row| row.get(0) == Some("t")) {
            // What was there before is not what is there now.
            return Ok(Turn { look: store::look(runner.session, false)? });
        }
    }
}

/// Lets others have their turn.
pub fn give_turn(session: &Session) -> Result<(), RunError> {
    session.rows(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
    Ok(())
}

/// Whether somebody is at work.
pub fn is_busy(session: &Session) -> Result<bool, DbError> {
    Ok(at_work(session)?.is_some())
}

/// Who is at work.
fn holder(session: &Session) -> Result<String, DbError> {
    Ok(at_work(session)?.unwrap_or_else(|| "just done".to_owned()))
}

fn at_work(session: &Session) -> Result<Option<String>, DbError> {
    let (high, low) = (LOCK >> 32, LOCK & 0xffff_ffff);
    let rows = session.rows(&format!(
        "SELECT coalesce(application_name, ''), pid, coalesce(client_addr::text, 'this machine')
         FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND classid = {high} AND objid = {low} AND objsubid = 1
            AND granted AND pg_locks.database =
                (SELECT oid FROM pg_database WHERE datname = current_database())"
    ))?;
    Ok(rows.first().map(|row| {
        let text = |at: usize| row.get(at).unwrap_or_default();
        format!("{}, process {} from {}", text(0), text(1), text(2))
    }))
}
