//! The server of the demonstration with its database, and who does what there.

use super::error::DemoError;
use super::error::must;
use super::files;
use crate::backfill;
use crate::backfill::End;
use crate::backfill::Run;
use crate::db::Address;
use crate::db::Nowhere;
use crate::db::Session;
use crate::db::Settings;
use crate::job::Job;
use crate::job::Options;
use crate::ledger::Consumer;
use crate::ledger::Deed;
use crate::ledger::admit;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::runner;
use crate::runner::Ignore;
use crate::runner::Pace;
use crate::runner::Runner;
use crate::shadow;
use crate::shadow::Server;
use crate::store;
use crate::store::Book;
use crate::store::Who;
use std::path::Path;
use std::time::Duration;

/// The environment that the ledger is bound to.
pub(super) const ENVIRONMENT: &str = "demo";

/// A server with a database, which has the old release everywhere.
pub(super) struct Stage {
    // Sessions end before their server.
    pub(super) session: Session,
    pub(super) address: Address,
    pub(super) who: Who,
    pub(super) server: Server,
}

impl Stage {
    /// Starts a server, makes the database as it is before, and a ledger that knows who uses it.
    pub(super) fn set(postgres_bin: Option<&Path>, who: &Who) -> Result<Stage, DemoError> {
        let choice = shadow::choose(&shadow::installs(postgres_bin)?, None)?;
        let server = Server::start(&choice.install, &shadow::Settings::default())?;
        let address = |database| Address::resolve(Some(&server.address(database)), &Nowhere);
        let admin = Session::open(&address("postgres")?, &Settings::default())?;
        admin.rows("CREATE DATABASE shop")?;
        let address = address("shop")?;
        let session = Session::open(&address, &Settings::default())?;
        session.rows(files::GIVEN)?;
        let stage = Stage { session, address, who: who.clone(), server };
        stage.open()?;
        Ok(stage)
    }

    fn open(&self) -> Result<(), DemoError> {
        let mut nobody = Ignore;
        let mut runner = self.runner(&mut nobody);
        let look = runner::take_turn(&mut runner, Pace::default().turn)?.look;
        store::install(&self.session, &look, ENVIRONMENT, &self.who)?;
        let regions = vec![String::new()];
        let web = Consumer { service: "web".to_owned(), regions, interval: 1, cadence: None };
        let reason = "the demonstration begins".to_owned();
        self.record(&Deed::ConsumersChanged { consumers: vec![web], reason })?;
        self.declare("v1", None, &[])?;
        self.roll("v1", 100)?;
        self.finish("v1")
    }

    /// A runner that takes its turn for the whole of the session.
    pub(super) fn runner<'a>(&'a self, nobody: &'a mut Ignore) -> Runner<'a> {
        Runner::new(&self.session, &self.who, Pace::default(), nobody)
    }

    /// Records a deed, if what is on record allows it.
    pub(super) fn record(&self, deed: &Deed) -> Result<(), DemoError> {
        let book = store::read(&self.session)?;
        admit(&book.state, deed, book.now)?;
        store::append(&self.session, deed, &self.who, None, Some(book.head.0))?;
        Ok(())
    }

    /// Says what a version of the service no longer needs.
    pub(super) fn declare(
        &self,
        version: &str,
        parent: Option<&str>,
        satisfies: &[&str],
    ) -> Result<(), DemoError> {
        let names = || satisfies.iter().map(|name| (*name).to_owned()).collect();
        self.record(&Deed::ReleaseDeclared {
            service: "web".to_owned(),
            version: version.to_owned(),
            digest: None,
            commit: None,
            parent: parent.map(str::to_owned),
            satisfies: names(),
            takes_back: Vec::new(),
            uses: names(),
        })
    }

    /// A release gets a share of the traffic; one that is not on its way begins it.
    pub(super) fn roll(&self, version: &str, weight: u8) -> Result<(), DemoError> {
        let (service, version) = ("web".to_owned(), version.to_owned());
        let book = self.book()?;
        if !book.state.lanes.values().any(|lane| lane.carries(&version)) {
            let (service, version) = (service.clone(), version.clone());
            let regions = vec![String::new()];
            self.record(&Deed::RolloutStarted { service, version, regions, supersedes: None })?;
        }
        let region = String::new();
        self.record(&Deed::RolloutStep { service, version, region, weight })
    }

    /// Runs a backfill with two workers to its end; in how many batches.
    pub(super) fn backfill(&self, change: &Change, job: &Job) -> Result<u64, DemoError> {
        let step = plan::step_of(change, job.place).map_err(Drift::from)?;
        let step = step.ok_or_else(|| DemoError::Otherwise("no step to fill in".to_owned()))?;
        let look = store::look(&self.session, false)?;
        let run = Run {
            session: &self.session,
            role: None,
            system: &look.system,
            change: &change.name,
            step: &step.at,
            job,
            options: &Options::default(),
            who: &self.who,
            host: ENVIRONMENT,
            pid: self.session.pid()?.unsigned_abs(),
            workers: 2,
            until: None,
            outage: Duration::ZERO,
            alive: &|| {},
            variable: &|_| None,
        };
        let end = backfill::run(&run, &mut |_| {})?;
        must(end == End::Complete, || format!("the backfill ended: {end:?}"))?;
        let all = backfill::status(&self.session, Some(&change.name))?;
        Ok(all.iter().map(|status| status.batches).sum())
    }

    /// A release is everywhere.
    pub(super) fn finish(&self, version: &str) -> Result<(), DemoError> {
        let (service, version) = ("web".to_owned(), version.to_owned());
        self.record(&Deed::RolloutFinished { service, version })
    }

    /// The ledger, read and verified.
    pub(super) fn book(&self) -> Result<Book, DemoError> {
        Ok(store::read(&self.session)?)
    }

    /// The number that a query gives.
    pub(super) fn number(&self, sql: &str) -> Result<u64, DemoError> {
        let rows = self.session.rows(sql)?;
        let number = rows.first().and_then(|row| row.get(0)?.parse().ok());
        number.ok_or_else(|| DemoError::Otherwise(format!("`{sql}` gave no number")))
    }
}
