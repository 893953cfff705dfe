//! The story: a column gets another name, and nobody notices.

use super::client::Client;
use super::client::Tally;
use super::error::DemoError;
use super::error::must;
use super::files;
use super::files::CHANGE;
use super::scene::Scene;
use super::stage::ENVIRONMENT;
use super::stage::Stage;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::gate::Class;
use crate::gate::Policy;
use crate::job;
use crate::job::Job;
use crate::job::Work;
use crate::ledger::CheckId;
use crate::ledger::Deed;
use crate::ledger::Refused;
use crate::ledger::check_version;
use crate::plan::Change;
use crate::plan::Tolerance;
use crate::rules::Severity;
use crate::runner;
use crate::runner::Contract;
use crate::runner::Ignore;
use crate::store;
use crate::store::Who;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

/// How long nobody may have needed the old column before it goes.
const WINDOW: Duration = Duration::from_secs(3);

/// How long the clients work between two steps, at least.
const BREATH: Duration = Duration::from_millis(400);

/// How often is looked who is there.
const LOOK: Duration = Duration::from_millis(250);

/// How long something that has to come is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Plays it, and tells each step that went as it should.
pub fn play<E: From<DemoError>>(
    postgres_bin: Option<&Path>,
    who: &Who,
    mut tell: impl FnMut(&Scene) -> Result<(), E>,
) -> Result<(), E> {
    let stage = Stage::set(postgres_bin, who)?;
    let version = stage.session.rows("SHOW server_version").map_err(DemoError::from)?;
    let version = version.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned();
    tell(&Scene::Ready { version })?;
    let story = Story::new(&stage);
    tell(&story.refused()?)?;
    tell(&story.phases()?)?;
    let old = Client::start(&stage.address, "v1", "nickname");
    let (expanded, new) = story.expand(&old)?;
    tell(&expanded)?;
    tell(&story.fill(&old, &new)?)?;
    tell(&story.blocked()?)?;
    tell(&story.soak(old)?)?;
    tell(&story.contract(new)?)?;
    let book = stage.book()?;
    let (seq, hash) = &book.head;
    tell(&Scene::Ledger { events: &book.events, head: (*seq, hash) })
}

struct Story<'a> {
    stage: &'a Stage,
    changes: [Change; 1],
    facts: BTreeMap<String, Vec<Fact>>,
}

impl<'a> Story<'a> {
    fn new(stage: &'a Stage) -> Story<'a> {
        let facts = files::facts(stage.server.major());
        Story { stage, changes: [files::change()], facts }
    }

    fn refused(&self) -> Result<Scene<'static>, DemoError> {
        let findings = files::findings_of_unsafe(self.stage.server.major());
        let found = |rule| {
            let mut all = findings.iter();
            all.any(|finding| finding.rule == rule && finding.severity == Severity::Error)
        };
        must(found("rename-column"), || "the rename is not refused".to_owned())?;
        Ok(Scene::Unsafe { sql: files::UNSAFE, findings })
    }

    fn phases(&self) -> Result<Scene<'static>, DemoError> {
        let findings = files::findings_of_change(self.stage.server.major());
        let first = findings.first().map(|finding| finding.message.clone());
        must(first.is_none(), || format!("the three phases have a finding: {first:?}"))?;
        Ok(Scene::Phases(&files::PHASES))
    }

    /// The old client is at work before the expand, the new one after it.
    fn expand(&self, old: &Client) -> Result<(Scene<'static>, Client), DemoError> {
        self.at_work(old)?;
        let began = Instant::now();
        let mut nobody = Ignore;
        let mut runner = self.stage.runner(&mut nobody);
        let mut facts = || self.facts.clone();
        let tolerance = Tolerance::default();
        let done = runner::expand(&mut runner, &self.changes, ENVIRONMENT, tolerance, &mut facts)?;
        let took = began.elapsed();
        must(done.steps == 3, || format!("{} steps of the expand ran", done.steps))?;
        self.stage.declare("v2", Some("v1"), &[CHANGE])?;
        self.stage.roll("v2", 50)?;
        let new = Client::start(&self.stage.address, "v2", "display_name");
        self.at_work(old)?;
        self.at_work(&new)?;
        let clients = [well(old.tally())?, well(new.tally())?];
        Ok((Scene::Expanded { steps: done.steps, took, clients }, new))
    }

    /// The rows that were there before are filled in while both clients work.
    fn fill(&self, old: &Client, new: &Client) -> Result<Scene<'static>, DemoError> {
        let left = self.stage.number(files::LEFT)?;
        must(left > 0, || "there is nothing to fill in".to_owned())?;
        let began = Instant::now();
        self.stage.record(&Deed::BackfillStarted { change: CHANGE.to_owned() })?;
        let job = self.job()?;
        let batches = self.stage.backfill(&self.changes[0], &job)?;
        let took = began.elapsed();
        let rows = self.prove()?;
        self.at_work(old)?;
        self.at_work(new)?;
        let clients = [well(old.tally())?, well(new.tally())?];
        Ok(Scene::Filled { took, batches, rows, left: files::LEFT, clients })
    }

    /// The one statement of the migrate phase, as it is cut into batches.
    fn job(&self) -> Result<Job, DemoError> {
        let otherwise = |why: String| DemoError::Otherwise(format!("the backfill: {why}"));
        let file = self.changes[0].file(Phase::Migrate);
        let file = file.ok_or_else(|| otherwise("it has no file".to_owned()))?;
        let facts = self.facts.get(&file.path).map_or(&[][..], Vec::as_slice);
        let work = job::work(file, facts).map_err(|refused| otherwise(format!("{refused:?}")))?;
        match work.into_iter().next() {
            Some(Work::Batches(job)) => Ok(*job),
            other => Err(otherwise(format!("{other:?}"))),
        }
    }

    /// Proves that no row is left, and records that; gives how many there are.
    fn prove(&self) -> Result<u64, DemoError> {
        let rows = self.stage.number("SELECT count(*) FROM users")?;
        let mismatches = self.stage.number(files::LEFT)?;
        must(mismatches == 0, || format!("{mismatches} rows are left"))?;
        let change = CHANGE.to_owned();
        self.stage.record(&Deed::BackfillVerified { change, rows, mismatches })?;
        Ok(rows)
    }

    fn asked(&self) -> Contract<'_> {
        let change = &self.changes[0];
        let path = change.file(Phase::Contract).map(|file| file.path.as_str());
        let facts = path.and_then(|path| self.facts.get(path)).map_or(&[][..], Vec::as_slice);
        Contract { change, facts, policy: Policy { soak: WINDOW, ..Policy::default() } }
    }

    /// The contract does not run while the old release is at work.
    fn blocked(&self) -> Result<Scene<'static>, DemoError> {
        let mut nobody = Ignore;
        let mut runner = self.stage.runner(&mut nobody);
        let done = runner.contract(&self.asked())?;
        let verdict = done.verdict;
        must(!done.executed && verdict.class() == Class::Blocked, || {
            "the contract was not refused".to_owned()
        })?;
        for id in [CheckId::K1, CheckId::K3, CheckId::K5] {
            let open = verdict.open().any(|check| check.id == id);
            must(open, || format!("the refusal does not name {id}"))?;
        }
        let old = self.stage.number(COLUMN)?;
        must(old == 1, || "the old column is gone already".to_owned())?;
        Ok(Scene::Blocked(verdict))
    }

    /// The new release takes over, the old one stops, and it is waited for long enough.
    fn soak(&self, old: Client) -> Result<Scene<'static>, DemoError> {
        self.stage.roll("v2", 100)?;
        let old = well(old.stop())?;
        let is_old = |seen: &crate::gate::Session| seen.version == "v1";
        let began = Instant::now();
        let releases = self.stage.book()?.state.releases;
        while store::sessions(&self.stage.session, &releases)?.iter().any(is_old) {
            must(began.elapsed() < PATIENCE, || "the old client does not go away".to_owned())?;
            self.stage.session.pause(LOOK)?;
        }
        self.stage.finish("v2")?;
        self.prove()?;
        let began = Instant::now();
        let asked = self.asked();
        let mut nobody = Ignore;
        let mut runner = self.stage.runner(&mut nobody);
        loop {
            let book = self.stage.book()?;
            runner.observe(&book, &asked)?;
            let verdict = runner.judge(&self.stage.book()?, &asked)?;
            let waited = began.elapsed();
            if verdict.class() == Class::Ready {
                let so = waited >= WINDOW && verdict.absence.complete();
                must(so, || format!("it soaked for {waited:?} only"))?;
                return Ok(Scene::Soaked { old, window: WINDOW, waited });
            }
            let open = || verdict.open().map(|check| check.evidence.clone()).collect::<Vec<_>>();
            must(waited < PATIENCE, || format!("it does not soak: {}", open().join("; ")))?;
            self.stage.session.pause(LOOK)?;
        }
    }

    /// The contract runs under the new client's traffic, and the old release cannot start.
    fn contract(&self, new: Client) -> Result<Scene<'static>, DemoError> {
        let mut nobody = Ignore;
        let mut runner = self.stage.runner(&mut nobody);
        let done = runner.contract(&self.asked())?;
        must(done.executed, || "the contract did not run".to_owned())?;
        let old = self.stage.number(COLUMN)?;
        must(old == 0, || "the old column is still there".to_owned())?;
        self.at_work(&new)?;
        let new = well(new.stop())?;
        let state = self.stage.book()?.state;
        check_version(&state, "web", "v2")?;
        let refusal = match check_version(&state, "web", "v1") {
            Err(refusal) if refusal.class == Refused::Policy => refusal.why,
            Err(other) => return Err(other.into()),
            Ok(()) => return Err(DemoError::Otherwise("the old release may start".to_owned())),
        };
        Ok(Scene::Contracted { verdict: done.verdict, new, refusal })
    }

    /// Waits until a client has done something more, for a moment at least.
    fn at_work(&self, client: &Client) -> Result<(), DemoError> {
        let before = client.tally().statements;
        let began = Instant::now();
        self.stage.session.pause(BREATH)?;
        while client.tally().statements < before + 10 {
            well(client.tally())?;
            must(began.elapsed() < PATIENCE, || "a client does nothing".to_owned())?;
            self.stage.session.pause(LOOK)?;
        }
        Ok(())
    }
}

/// Counts the old column.
const COLUMN: &str = "SELECT count(*) FROM pg_attribute \
     WHERE attrelid = 'users'::regclass AND attname = 'nickname' AND NOT attisdropped";

/// What a client did, without a single error.
fn well(tally: Tally) -> Result<Tally, DemoError> {
    match &tally.first {
        Some(first) => {
            let Tally { version, errors, .. } = &tally;
            Err(DemoError::Otherwise(format!("web@{version} met {errors} errors; {first}")))
        }
        None => Ok(tally),
    }
}
