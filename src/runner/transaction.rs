//! A step in a transaction: its SQL, its settings and its event go out in one message. A lock that
//! others would wait behind is tried briefly, and again after a pause, up to a deadline.

use super::Runner;
use super::blockers::Blocker;
use super::blockers::blockers;
use super::error::RunError;
use super::index::must_be_whole;
use super::news::News;
use super::progress::progress;
use crate::db::DbError;
use crate::db::Go;
use crate::db::Settings;
use crate::db::any_up_to;
use crate::ledger::Deed;
use crate::ledger::StepRef;
use crate::plan::Step;
use crate::store::append_sql;
use std::time::Duration;
use std::time::Instant;

/// How long is waited, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The longest that a strong lock is waited for at a time: so long others may stand behind it.
    pub lock_timeout: Duration,
    /// The longest that a statement with a strong lock may take.
    pub statement_timeout: Duration,
    /// When a step that does not get its lock is given up.
    pub deadline: Duration,
    /// How long another run's end is waited for.
    pub turn: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            lock_timeout: Duration::from_millis(150),
            statement_timeout: Duration::from_secs(30),
            deadline: Duration::from_mins(10),
            turn: Duration::from_hours(1),
        }
    }
}

/// The pause before the second try, at most; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// How often is looked at what a step waits for.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// And at most how rarely, when it waits long: every look takes the server's lock tables.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(2);

/// After which time it is said that a step is still at work.
const SLOW: Duration = Duration::from_secs(1);

/// What takes back all that a file may have set: the ledger's rows are written as who the session
/// is, and no setting outlives its step.
pub(super) const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;";

/// What runs as one message.
pub(super) struct Message<'a> {
    pub(super) step: &'a Step,
    pub(super) strong: bool,
    /// Events before the step's own.
    pub(super) lead: &'a [Deed],
    /// Events after it.
    pub(super) tail: &'a [Deed],
}

/// What stopped a transaction, and the step that it was at.
pub(super) struct Stopped {
    step: StepRef,
    error: DbError,
}

impl Stopped {
    /// To be given as an error of that step.
    pub(super) fn at(step: &StepRef) -> impl Fn(DbError) -> Box<Stopped> + use<'_> {
        move |error| Box::new(Stopped { step: step.clone(), error })
    }
}

/// A transaction, run once: the runner, and which try it is.
type Once<'a> = &'a mut dyn FnMut(&mut Runner, u32) -> Result<(), Box<Stopped>>;

impl Runner<'_> {
    /// Runs a step in a transaction; gives how often it was tried.
    pub(super) fn transaction(&mut self, message: &Message) -> Result<u32, RunError> {
        let at = &message.step.at;
        self.tried(&mut |runner, tries| {
            let sql = runner.sql(message, tries);
            runner.watched(at, &sql).map_err(Stopped::at(at))
        })
    }

    /// Runs a transaction, and again after a pause where it did not get a lock; gives how often it
    /// was tried.
    pub(super) fn tried(&mut self, once: Once) -> Result<u32, RunError> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(stopped) = once(self, tries) else { return Ok(tries) };
            let Stopped { step, error } = *stopped;
            self.roll_back(&error)?;
            let state = error.sqlstate().unwrap_or_default().to_owned();
            if !["55P03", "40P01", "40001"].contains(&state.as_str()) {
                return Err(self.failed(&step, error));
            }
            if begun.elapsed() > self.pace.deadline {
                self.note_failed(&step, &error)?;
                return Err(RunError::Lock { step, tries });
            }
            let pause = pause_after(tries);
            let why = error.said().map_or(String::new(), |said| said.message.clone());
            self.watch.tell(&News::Again { step: step.clone(), tries, pause, why });
            if let Err(stopped) = self.session.pause(pause) {
                return Err(self.failed(&step, stopped));
            }
        }
    }

    fn sql(&self, message: &Message, tries: u32) -> String {
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let lead: String = message.lead.iter().map(append).collect();
        let done = append(&Deed::StepDone { step: message.step.at.clone(), tries });
        let tail: String = message.tail.iter().map(append).collect();
        let limits = self.limits(message.strong);
        let ran = in_transaction(message.step, &limits);
        let freeze = self.freeze();
        format!("BEGIN; {limits}\n{freeze}{ran}{lead}{done}{tail}COMMIT")
    }

    /// What stops a step where everything is frozen; what goes back is not stopped.
    pub(super) fn freeze(&self) -> &'static str {
        if self.goes_back { "" } else { "SELECT migrate.must_move();\n" }
    }

    /// How long a transaction may wait for a lock, and take.
    pub(super) fn limits(&self, strong: bool) -> String {
        let millis = |span: Duration| if strong { span.as_millis() } else { 0 };
        let (lock, statement) =
            (millis(self.pace.lock_timeout), millis(self.pace.statement_timeout));
        format!("SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement};")
    }

    /// Runs a message, and says meanwhile who is in the way and that it is still at work.
    pub(super) fn watched(&mut self, step: &StepRef, sql: &str) -> Result<(), DbError> {
        let pid = self.session.pid()?;
        let begun = Instant::now();
        let (session, watch, observer) = (self.session, &mut *self.watch, &mut self.observer);
        let (mut said, mut last, mut next) = (Vec::new(), SLOW, Duration::ZERO);
        let mut asked = false;
        let mut look = || {
            let waited = begun.elapsed();
            if waited < next {
                return Go::On;
            }
            next = waited + (waited / 10).min(LOOK_MAX);
            if observer.is_none() && !asked {
                // Where there is no room for a second session, it is not asked for again and again.
                asked = true;
                let name = "migrate/observer".to_owned();
                let settings = Settings { application_name: name, ..Settings::default() };
                *observer = session.second(&settings).ok();
            }
            // Who looks on must not stop what it looks at.
            let by = observer.as_ref().and_then(|observer| blockers(observer, pid).ok());
            let by = by.unwrap_or_default();
            let key = |by: &[Blocker]| by.iter().map(|one| one.pid).collect::<Vec<_>>();
            if !by.is_empty() && key(&by) != said {
                said = key(&by);
                watch.tell(&News::Blocked { step: step.clone(), by });
            }
            if waited > last {
                last = if watch.is_lively() { waited } else { waited * 2 };
                let progress = observer.as_ref().and_then(|observer| progress(observer, pid));
                watch.tell(&News::Working { step: step.clone(), waited, progress });
            }
            Go::On
        };
        session.watched(sql, LOOK, &mut look).map(drop)
    }

    /// Ends a transaction that failed, if the connection is still there.
    pub(super) fn roll_back(&self, error: &DbError) -> Result<(), RunError> {
        if matches!(error, DbError::Server { .. } | DbError::Interrupted { .. }) {
            self.session.rows(&format!("ROLLBACK; {RESET}"))?;
        }
        Ok(())
    }

    /// Records that a step failed, and says so.
    pub(super) fn failed(&mut self, step: &StepRef, error: DbError) -> RunError {
        if let Some(said) = error.said().filter(|said| said.sqlstate == "MG005") {
            return RunError::Frozen(said.message.clone());
        }
        if let Err(worse) = self.note_failed(step, &error) {
            return worse;
        }
        let left = match &error {
            DbError::Server { .. } => {
                "nothing of it is left: mend the file and run the command again"
            }
            DbError::Interrupted { .. } => "nothing of it is left: run the command again",
            // Run again where all of it is done, it would take back what came before.
            _ if self.goes_back => {
                "`migrate status` says whether the change is undone; if it is not, run the command \
                 again"
            }
            _ => AFTER_LOSS,
        };
        RunError::Step { step: step.clone(), error: Box::new(error), left: left.to_owned() }
    }

    pub(super) fn note_failed(&self, step: &StepRef, error: &DbError) -> Result<(), RunError> {
        if !matches!(error, DbError::Server { .. } | DbError::Interrupted { .. }) {
            return Ok(());
        }
        let said = error.said();
        let sqlstate = said.map_or("57014", |said| said.sqlstate.as_str()).to_owned();
        let message = said.map_or_else(|| error.to_string(), |said| said.message.clone());
        let deed = Deed::StepFailed { step: step.clone(), sqlstate, message };
        self.session.rows(&format!("{RESET} {}", append_sql(&deed, self.who, None, None)))?;
        Ok(())
    }
}

/// What to do where the connection was lost in the midst of a step.
pub(super) const AFTER_LOSS: &str =
    "run the command again: it finds out whether the step is done, and goes on";

/// A pause of any length up to one that doubles with each try: full jitter.
pub(super) fn pause_after(tries: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(16));
    any_up_to(doubled.min(PAUSE_MAX))
}

/// A step with its settings, which do not outlive it.
pub(super) fn in_transaction(step: &Step, limits: &str) -> String {
    let whole = must_be_whole(&step.or_there);
    format!("{}{}\n;\n{whole}{RESET} {limits}\n", step.own_settings(), step.sql)
}
