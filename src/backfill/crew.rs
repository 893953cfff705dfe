//! What all workers of a process share.

use super::error::BackfillError;
use super::open::Open;
use super::session::GOES_BY;
use crate::db::Address;
use crate::db::Session;
use crate::db::Settings;
use crate::job::Job;
use crate::job::Options;
use crate::ledger::StepRef;
use crate::store::Who;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

/// What all workers of a process share.
pub(super) struct Crew<'a> {
    pub(super) address: &'a Address,
    pub(super) role: Option<String>,
    /// The cluster that it began on: no other may take its place.
    pub(super) system: String,
    /// What the process is called in the database.
    pub(super) process: String,
    pub(super) host: String,
    pub(super) pid: u32,
    pub(super) change: &'a str,
    pub(super) step: &'a StepRef,
    pub(super) job: &'a Job,
    /// Where names without a schema are looked for.
    pub(super) path: String,
    pub(super) open: &'a Open,
    pub(super) options: &'a Options,
    pub(super) who: &'a Who,
    /// When the process is to stop by itself.
    pub(super) until: Option<Instant>,
    /// For how long a database that is gone is waited for.
    pub(super) outage: Duration,
    /// Something is wrong, and all are to stop.
    pub(super) stop: &'a AtomicBool,
    pub(super) begun: Instant,
    /// Variables of the environment, where tokens are.
    pub(super) variable: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// What a worker is connected by.
pub(super) struct Line {
    pub(super) session: Session,
    /// Looks on while the other one works.
    pub(super) observer: Session,
    /// The server's timeline: another one after each promotion of a standby.
    pub(super) timeline: String,
}

/// What only workers go by.
const OWN: [(&str, &str); 4] = [
    // What a crash takes back it takes back with all that came after it; the end of a job waits for
    // the disk.
    ("synchronous_commit", "off"),
    // Each statement of a batch has a limit of its own.
    ("statement_timeout", "0"),
    // Plans have a high cost where an index is missing, and compiling them takes longer than any
    // batch.
    ("jit", "off"),
    ("client_connection_check_interval", "2s"),
];

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

impl Crew<'_> {
    /// Whether a worker is to stop.
    pub(super) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.until.is_some_and(|until| Instant::now() >= until)
            || crate::db::signal_seen().is_some()
    }

    /// A session to work in, and one to look on; they must be of the cluster that it began on.
    pub(super) fn connect(&self) -> Result<Line, BackfillError> {
        // A name without a schema means to each worker what it meant to who judged the statement.
        let path = ("search_path", self.path.as_str());
        let all = GOES_BY.into_iter().chain(OWN).chain([path]);
        let settings = Settings {
            application_name: format!("migrate/backfill/{}", self.change),
            role: self.role.clone(),
            more: all.map(owned).collect(),
        };
        let session = Session::open(self.address, &settings)?;
        let rows = session.greet(
            "SELECT system_identifier, CASE WHEN NOT pg_is_in_recovery() THEN
                    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END
                 FROM pg_control_system()",
        )?;
        let text = |at: usize| rows.first().and_then(|row| row.get(at)).unwrap_or_default();
        let system = text(0);
        if system != self.system {
            return Err(BackfillError::Elsewhere(system.to_owned()));
        }
        let observer = session.second(&settings)?;
        Ok(Line { session, observer, timeline: text(1).to_owned() })
    }

    /// The failure of the job.
    pub(super) fn failed(&self, why: String) -> BackfillError {
        BackfillError::Failed { change: self.change.to_owned(), place: self.job.place, why }
    }
}
