//! A contract: it runs if the verdict is that it may, and the verdict is made again inside the
//! transaction that takes something away, while nobody can write to the ledger.

use super::Runner;
use super::alone::settings;
use super::dependents::dependents;
use super::error::RunError;
use super::forbidden::must_leave_alone;
use super::news::News;
use super::opaque::opaque;
use super::transaction::in_transaction;
use crate::db::DbError;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::gate;
use crate::gate::Evidence;
use crate::gate::Policy;
use crate::gate::Sighting;
use crate::gate::Verdict;
use crate::gate::passive_rollbacks;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::ledger::StepRef;
use crate::plan;
use crate::plan::Change;
use crate::plan::Proof;
use crate::plan::Step;
use crate::plan::Way;
use crate::store;
use crate::store::Book;
use crate::store::StoreError;
use crate::store::append_sql;
use std::time::Instant;

/// A contract that may come to run.
pub struct Contract<'a> {
    /// The change.
    pub change: &'a Change,
    /// What is known of the statements of its contract.
    pub facts: &'a [Fact],
    /// What it has to wait for.
    pub policy: Policy,
}

/// What became of it.
#[derive(Debug)]
pub struct Contracted {
    /// The last verdict.
    pub verdict: Verdict,
    /// Whether it ran.
    pub executed: bool,
}

impl Runner<'_> {
    /// Says of every consumer that is connected right now that it is alive, and records what is
    /// seen of rollbacks that nobody reported; gives whether it found any.
    pub fn observe(&mut self, book: &Book, contract: &Contract) -> Result<bool, RunError> {
        let sessions = store::sessions(self.session, &book.state.releases)?;
        for Sighting { service, version, region, source, .. } in
            gate::connected(&book.state, &sessions, book.now)
        {
            let interval = book.state.consumer(&service).map_or(30, |of| of.interval);
            store::beat(self.session, &service, &version, &region, interval, &source)?;
        }
        let evidence = self.evidence(book, contract)?;
        let found = passive_rollbacks(&book.state, &evidence, &contract.change.name);
        for deed in &found {
            store::append(self.session, deed, self.who, None, None)?;
        }
        Ok(!found.is_empty())
    }

    /// What is seen of a contract right now, outside of the ledger.
    pub fn evidence(&self, book: &Book, contract: &Contract) -> Result<Evidence, RunError> {
        let file = contract.change.file(Phase::Contract);
        let statements = file.map_or(&[][..], |file| &file.script.statements[..]);
        let opaque = file.and_then(|file| opaque(file, 0..statements.len(), contract.facts));
        Ok(Evidence {
            sightings: store::sightings(self.session)?,
            sessions: store::sessions(self.session, &book.state.releases)?,
            dependents: dependents(self.session, statements, contract.facts)?,
            opaque: opaque.filter(|_| !self.allows_opaque),
            integrity: Ok(()),
            prints: contract.change.prints(),
            contract_digest: file.map(|file| file.digest.clone()).unwrap_or_default(),
        })
    }

    /// The verdict on a contract as it is now.
    pub fn judge(&self, book: &Book, contract: &Contract) -> Result<Verdict, RunError> {
        let evidence = self.evidence(book, contract)?;
        let name = &contract.change.name;
        Ok(gate::verdict(&book.state, name, &contract.policy, &evidence, book.now))
    }

    /// The verdict on a contract as if what is seen now had been put on record; nothing is.
    pub fn foresee(&self, book: &Book, contract: &Contract) -> Result<Verdict, RunError> {
        let mut evidence = self.evidence(book, contract)?;
        let (mut state, now) = (book.state.clone(), book.now);
        evidence.meet(&state, now);
        let name = &contract.change.name;
        for deed in passive_rollbacks(&state, &evidence, name) {
            state.suppose(now, deed);
        }
        Ok(gate::verdict(&state, name, &contract.policy, &evidence, now))
    }

    /// Runs a contract if it may run now. Whoever calls holds the turn.
    pub fn contract(&mut self, contract: &Contract) -> Result<Contracted, RunError> {
        let book = store::read(self.session)?;
        let verdict = self.judge(&book, contract)?;
        if !verdict.ready() {
            return Ok(Contracted { verdict, executed: false });
        }
        let steps = steps_left(contract, &book.state)?;
        let file = contract.change.file(Phase::Contract);
        let way = |step: &Step| file.map(|file| step.way(file, contract.facts));
        let together = steps.iter().all(|step| !matches!(way(step), Some(Way::Alone(_))));
        // Where a run died after the last step, its end is all that is left to record.
        let groups: Vec<&[Step]> =
            if together { vec![&steps[..]] } else { steps.chunks(1).collect() };
        let count = groups.len();
        let mut last = Contracted { verdict, executed: false };
        for (group, place) in groups.into_iter().zip(1..) {
            let ends = place == count;
            last = match group {
                [only] if let Some(Way::Alone(proof)) = way(only) => {
                    self.taking_alone(contract, only, &proof, ends)?
                }
                _ => self.taking(contract, Work::Steps(group, ends))?,
            };
            if !last.executed {
                break;
            }
        }
        Ok(last)
    }

    /// Takes something away outside of any transaction: that it begins is put on record by the
    /// transaction that judges it, and from then on the floor holds.
    fn taking_alone(
        &mut self,
        contract: &Contract,
        step: &Step,
        proof: &Proof,
        ends: bool,
    ) -> Result<Contracted, RunError> {
        let book = store::read(self.session)?;
        self.watch.tell(&News::Begun { step: step.at.clone(), sql: step.sql.clone() });
        let began = Instant::now();
        let landed = self.has_landed(step, proof, &book.state)?;
        let judged = self.taking(contract, Work::Announced(step))?;
        if !judged.executed {
            return Ok(judged);
        }
        if !landed {
            self.carry_out(step, proof)?;
        }
        let mut deeds = vec![Deed::StepDone { step: step.at.clone(), tries: 1 }];
        deeds.extend(raised(&book.state, &contract.change.name));
        if ends {
            deeds.push(executed(contract));
        }
        self.record(&deeds)?;
        let took = began.elapsed();
        self.watch.tell(&News::Done { step: step.at.clone(), tries: 1, took });
        Ok(judged)
    }

    /// Takes something away in one transaction: the ledger is held, all is judged again, the steps
    /// run, and the floor rises with them. A lock that is not got is let go of and asked for again.
    fn taking(&mut self, contract: &Contract, work: Work) -> Result<Contracted, RunError> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.try_taking(contract, work, tries) {
                Ok(done) => return Ok(done),
                Err(RunError::Store(StoreError::Db(error))) => error,
                Err(error) => {
                    self.session.rows("ROLLBACK")?;
                    return Err(error);
                }
            };
            self.roll_back(&error)?;
            let Some(at) = work.at() else { return Err(error.into()) };
            if !passes(&error) {
                return Err(self.failed(at, error));
            }
            if began.elapsed() >= self.pace.deadline {
                self.note_failed(at, &error)?;
                return Err(RunError::Lock { step: at.clone(), tries });
            }
            let (step, pause) = (at.clone(), super::transaction::pause_after(tries));
            let why = error.said().map_or(String::new(), |said| said.message.clone());
            self.watch.tell(&News::Again { step, tries, pause, why });
            self.session.pause(pause)?;
        }
    }

    fn try_taking(
        &mut self,
        contract: &Contract,
        work: Work,
        tries: u32,
    ) -> Result<Contracted, RunError> {
        let limits = self.limits(true);
        let book = store::lock_head(self.session, &format!("BEGIN; {limits}"))?;
        let verdict = self.judge(&book, contract)?;
        if !verdict.ready() {
            self.session.rows("ROLLBACK")?;
            return Ok(Contracted { verdict, executed: false });
        }
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let (mut sql, mut deeds) = (String::new(), verdict.used(&book.state));
        let began = Instant::now();
        match work {
            Work::Announced(step) => {
                deeds.push(Deed::StepStarted { step: step.at.clone() });
            }
            Work::Steps(steps, ends) => {
                for step in steps {
                    self.watch.tell(&News::Begun { step: step.at.clone(), sql: step.sql.clone() });
                    let done = Deed::StepDone { step: step.at.clone(), tries };
                    let ran = in_transaction(step, &limits);
                    sql.extend([ran, append(&done)]);
                }
                deeds.extend(raised(&book.state, &contract.change.name));
                if ends {
                    deeds.push(executed(contract));
                }
            }
        }
        sql.extend(deeds.iter().map(append));
        sql += "COMMIT;";
        if let Work::Announced(step) = work {
            sql += &settings(step);
        }
        match (work, work.at()) {
            (Work::Steps(..), Some(at)) => self.watched(at, &sql)?,
            _ => self.session.rows(&sql).map(drop)?,
        }
        if let Work::Steps(steps, _) = work {
            for step in steps {
                let took = began.elapsed();
                self.watch.tell(&News::Done { step: step.at.clone(), tries, took });
            }
        }
        Ok(Contracted { verdict, executed: true })
    }
}

/// What one transaction does.
#[derive(Clone, Copy)]
enum Work<'a> {
    /// It runs these steps; and whether they are the last.
    Steps(&'a [Step], bool),
    /// It says that this step, which runs alone, begins.
    Announced(&'a Step),
}

impl<'a> Work<'a> {
    /// The step that messages name.
    fn at(self) -> Option<&'a StepRef> {
        match self {
            Work::Steps(steps, _) => steps.first().map(|step| &step.at),
            Work::Announced(step) => Some(&step.at),
        }
    }
}

/// Whether what stopped a transaction passes: a lock that was not got, a deadlock, a serialization
/// failure.
fn passes(error: &DbError) -> bool {
    error.sqlstate().is_some_and(|state| ["55P03", "40P01", "40001"].contains(&state))
}

fn steps_left(contract: &Contract, state: &State) -> Result<Vec<Step>, RunError> {
    let steps = plan::left_of(contract.change, state, Phase::Contract)?;
    if let Some(file) = contract.change.file(Phase::Contract) {
        must_leave_alone(file, &steps)?;
    }
    Ok(steps)
}

/// What is on record of a contract that another tool ran.
pub fn ran_elsewhere(state: &State, contract: &Contract) -> Vec<Deed> {
    let mut deeds = raised(state, &contract.change.name);
    deeds.push(executed(contract));
    deeds
}

fn executed(contract: &Contract) -> Deed {
    let digest = contract.change.file(Phase::Contract).map(|file| file.digest.clone());
    let (change, digest) = (contract.change.name.clone(), digest.unwrap_or_default());
    Deed::ContractExecuted { change, digest }
}

/// The floor of each consumer rises to its oldest release that runs without what is gone.
fn raised(state: &State, change: &str) -> Vec<Deed> {
    let services = state.consumers.iter().flatten().map(|consumer| consumer.service.as_str());
    let floors = services.filter_map(|service| {
        let releases = state.releases.of(service);
        let fits = |version: &str| state.releases.compatible(service, version, change);
        let oldest = releases.iter().find(|(version, _)| fits(version))?;
        let known = state.floors.get(service);
        let raises = known.is_none_or(|known| {
            let place = |of: &str| releases.iter().position(|(version, _)| *version == of);
            place(known) < place(oldest.0)
        });
        raises.then(|| Deed::FloorRaised {
            service: service.to_owned(),
            version: oldest.0.to_owned(),
            change: change.to_owned(),
        })
    });
    floors.collect()
}
