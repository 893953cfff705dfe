//! A job run by the workers of this process, to its end or to theirs.

use super::crew::Crew;
use super::error::BackfillError;
use super::open;
use super::status::Status;
use super::tell::Teller;
use super::worker::End;
use super::worker::Worker;
use crate::db::Session;
use crate::job::Job;
use crate::job::Options;
use crate::ledger::StepRef;
use crate::store::Who;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// What is run.
pub struct Run<'a> {
    /// The session of who runs it, for small questions.
    pub session: &'a Session,
    /// The role that workers act as.
    pub role: Option<String>,
    /// The cluster's identifier.
    pub system: &'a str,
    /// The change.
    pub change: &'a str,
    /// The step that is done once the job is.
    pub step: &'a StepRef,
    /// The job.
    pub job: &'a Job,
    /// How it is to run.
    pub options: &'a Options,
    /// Who runs it.
    pub who: &'a Who,
    /// The machine's name.
    pub host: &'a str,
    /// This process's number.
    pub pid: u32,
    /// How many workers this process has.
    pub workers: u32,
    /// When this process stops by itself.
    pub until: Option<Instant>,
    /// For how long a database that is gone is waited for.
    pub outage: Duration,
    /// Is told every half second that the process is alive.
    pub alive: &'a dyn Fn(),
    /// Variables of the environment, where tokens are.
    pub variable: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// Runs a job with the workers of this process.
pub fn run(run: &Run, tell: &mut dyn FnMut(&Status)) -> Result<End, BackfillError> {
    let open = open::open(run.session, run.change, run.job, run.options)?;
    let path = run.session.rows("SHOW search_path")?;
    let path = path.first().and_then(|row| row.get(0)).unwrap_or_default();
    let stop = AtomicBool::new(false);
    let crew = Crew {
        address: run.session.address(),
        role: run.role.clone(),
        system: run.system.to_owned(),
        process: format!("{}/{}", run.host, run.pid),
        host: run.host.to_owned(),
        pid: run.pid,
        change: run.change,
        step: run.step,
        job: run.job,
        path: path.to_owned(),
        open: &open,
        options: run.options,
        who: run.who,
        until: run.until,
        outage: run.outage,
        stop: &stop,
        begun: Instant::now(),
        variable: run.variable,
    };
    thread::scope(|scope| {
        let crew = &crew;
        let mut workers = Vec::new();
        for nth in 1..=run.workers.max(1) {
            workers.push(scope.spawn(move || {
                let ended = Worker::new(crew, nth).and_then(Worker::run);
                if ended.is_err() {
                    crew.stop.store(true, Ordering::Relaxed);
                }
                ended
            }));
        }
        let mut teller = Teller::new(crew, run.session);
        while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(20));
            if teller.is_due() {
                (run.alive)();
                teller.tell(tell);
            }
        }
        let ends = workers.into_iter().map(|worker| worker.join().map_err(|_| BackfillError::Died));
        together(ends.map(|end| end.and_then(|end| end)))
    })
}

/// What the ends of all workers come to: the first failure, else what stopped any of them.
fn together(ends: impl Iterator<Item = Result<End, BackfillError>>) -> Result<End, BackfillError> {
    let mut all = End::Complete;
    let mut failed = None;
    for end in ends {
        match end {
            Ok(End::Complete) => {}
            Ok(end) => all = end,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(all), Err)
}
