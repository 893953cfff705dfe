//! A contract: it runs if the verdict is that it may, and the verdict is made again inside the
//! transaction that takes something away, while nobody can write to the ledger.

use super::Runner;
use super::dependents::dependents;
use super::dependents::taken;
use super::error::RunError;
use super::news::News;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::gate;
use crate::gate::Class;
use crate::gate::Evidence;
use crate::gate::Policy;
use crate::gate::Verdict;
use crate::gate::passive_rollbacks;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::plan::Step;
use crate::plan::Way;
use crate::store;
use crate::store::Book;
use crate::store::append_sql;
use std::collections::BTreeSet;
use std::time::Duration;
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
    /// seen of rollbacks that nobody reported.
    pub fn observe(&mut self, book: &Book, contract: &Contract) -> Result<bool, RunError> {
        let consumers = book.state.consumers.iter().flatten();
        let consumers: Vec<_> = consumers.collect();
        for seen in store::sessions(self.session)? {
            let Some(of) = consumers.iter().find(|known| known.service == seen.service) else {
                continue;
            };
            let source = "pg_stat_activity";
            // One that runs in one region is there, whatever it does not say.
            let region = match of.regions.as_slice() {
                [only] => only.as_str(),
                _ => "",
            };
            store::beat(self.session, &seen.service, &seen.version, region, of.interval, source)?;
        }
        let evidence = self.evidence(contract)?;
        let found = passive_rollbacks(&book.state, &evidence, &contract.change.name);
        for deed in &found {
            store::append(self.session, deed, self.who, None, None)?;
        }
        Ok(!found.is_empty())
    }

    /// What is seen of a contract right now, outside of the ledger.
    pub fn evidence(&self, contract: &Contract) -> Result<Evidence, RunError> {
        let file = contract.change.file(Phase::Contract);
        Ok(Evidence {
            sightings: store::sightings(self.session)?,
            sessions: store::sessions(self.session)?,
            dependents: dependents(self.session, &taken(contract.facts))?,
            integrity: Ok(()),
            prints: contract.change.prints(),
            contract_digest: file.map(|file| file.digest.clone()).unwrap_or_default(),
        })
    }

    /// The verdict on a contract as it is now.
    pub fn judge(&self, book: &Book, contract: &Contract) -> Result<Verdict, RunError> {
        let evidence = self.evidence(contract)?;
        let name = &contract.change.name;
        Ok(gate::verdict(&book.state, name, &contract.policy, &evidence, book.now))
    }

    /// Runs a contract if it may run now. Whoever calls holds the turn.
    pub fn contract(&mut self, contract: &Contract) -> Result<Contracted, RunError> {
        let book = store::read(self.session)?;
        let verdict = self.judge(&book, contract)?;
        if verdict.class() != Class::Ready {
            let name = contract.change.name.clone();
            let checks = verdict.checks.iter();
            let checks =
                checks.map(|check| (check.id.to_string(), check.outcome.word().to_owned()));
            let checks = checks.collect();
            let deed = Deed::ContractEvaluated { change: name, ready: false, checks };
            store::append(self.session, &deed, self.who, None, None)?;
            return Ok(Contracted { verdict, executed: false });
        }
        let steps = steps_left(contract, &book.state)?;
        let file = contract.change.file(Phase::Contract);
        let way = |step: &Step| file.map(|file| step.way(file, contract.facts));
        let together = steps.iter().all(|step| !matches!(way(step), Some(Way::Alone(_))));
        let groups: Vec<&[Step]> =
            if together { vec![&steps[..]] } else { steps.chunks(1).collect() };
        let count = groups.len();
        let mut last = Contracted { verdict, executed: false };
        for (group, place) in groups.into_iter().zip(1..) {
            let alone = match group {
                [only] => way(only),
                _ => None,
            };
            last = match alone {
                Some(Way::Alone(proof)) => {
                    let begun = self.taking(contract, &[], false)?;
                    if !begun.executed {
                        return Ok(begun);
                    }
                    let book = store::read(self.session)?;
                    self.alone(&group[0], &proof, &book.state, &[])?;
                    if place == count {
                        self.record_end(contract)?;
                    }
                    begun
                }
                _ => self.taking(contract, group, place == count)?,
            };
            if !last.executed {
                break;
            }
        }
        Ok(last)
    }

    /// Takes something away in one transaction: the ledger is held, all is judged again, the steps
    /// run, and the floor rises with them.
    fn taking(
        &mut self,
        contract: &Contract,
        steps: &[Step],
        ends: bool,
    ) -> Result<Contracted, RunError> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_taking(contract, steps, ends, tries) {
                Err(RunError::Lock { step, tries }) if began.elapsed() < self.pace.deadline => {
                    let pause = super::transaction::pause_after(tries);
                    let why = "the lock was not got".to_owned();
                    self.watch.tell(&News::Again { step, tries, pause, why });
                    self.session.pause(pause)?;
                }
                done => return done,
            }
        }
    }

    fn try_taking(
        &mut self,
        contract: &Contract,
        steps: &[Step],
        ends: bool,
        tries: u32,
    ) -> Result<Contracted, RunError> {
        let millis = |span: Duration| span.as_millis();
        let begin = format!(
            "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; \
             SELECT migrate.must_move()",
            millis(self.pace.lock_timeout),
            millis(self.pace.statement_timeout)
        );
        let judged = store::lock_head(self.session, &begin)
            .map_err(RunError::from)
            .and_then(|book| Ok((self.judge(&book, contract)?, book)));
        let (verdict, book) = match judged {
            Ok(judged) => judged,
            Err(error) => {
                self.session.rows("ROLLBACK")?;
                return Err(error);
            }
        };
        if verdict.class() != Class::Ready {
            self.session.rows("ROLLBACK")?;
            return Ok(Contracted { verdict, executed: false });
        }
        let mut sql = String::new();
        for step in steps {
            self.watch.tell(&News::Begun { step: step.at.clone(), sql: step.sql.clone() });
            let done = Deed::StepDone { step: step.at.clone(), tries };
            let done = append_sql(&done, self.who, None, None);
            sql.extend([step.own_settings().as_str(), &step.sql, "\n;\n", &done, "\n"]);
        }
        for deed in raised(&book.state, &contract.change.name, &verdict) {
            sql += &append_sql(&deed, self.who, None, None);
        }
        if ends {
            sql += &append_sql(&executed(contract), self.who, None, None);
        }
        sql += "\nCOMMIT;";
        let Some(first) = steps.first() else {
            self.session.rows(&sql)?;
            return Ok(Contracted { verdict, executed: true });
        };
        let started = Instant::now();
        if let Err(error) = self.watched(&first.at, &sql) {
            self.roll_back(&error)?;
            return Err(if error.sqlstate() == Some("55P03") {
                RunError::Lock { step: first.at.clone(), tries }
            } else {
                self.failed(&first.at, error)
            });
        }
        for step in steps {
            let took = started.elapsed();
            self.watch.tell(&News::Done { step: step.at.clone(), tries, took });
        }
        Ok(Contracted { verdict, executed: true })
    }

    fn record_end(&mut self, contract: &Contract) -> Result<(), RunError> {
        store::append(self.session, &executed(contract), self.who, None, None)?;
        Ok(())
    }
}

/// The steps of a contract that are not done.
fn steps_left(contract: &Contract, state: &State) -> Result<Vec<Step>, RunError> {
    let changes = std::slice::from_ref(contract.change);
    let tolerance = plan::Tolerance { out_of_order: true };
    let due = plan::pending(changes, state, Phase::Contract, tolerance)?;
    let steps = due.into_iter().flat_map(|pending| pending.steps).collect::<Vec<_>>();
    if steps.is_empty() {
        let none = plan::Unrunnable {
            path: contract.change.name.clone(),
            line: 0,
            why: "nothing of its contract is due".to_owned(),
        };
        return Err(RunError::Drift(Drift::Unrunnable(none)));
    }
    Ok(steps)
}

fn executed(contract: &Contract) -> Deed {
    let digest = contract.change.file(Phase::Contract).map(|file| file.digest.clone());
    let (change, digest) = (contract.change.name.clone(), digest.unwrap_or_default());
    Deed::ContractExecuted { change, digest }
}

/// What a contract does to the ledger beside its own steps: grants are used up, and the floor of
/// each consumer rises to its oldest release that runs without what is gone.
fn raised(state: &State, change: &str, verdict: &Verdict) -> Vec<Deed> {
    let used: BTreeSet<i64> = verdict.checks.iter().filter_map(|check| check.overridden).collect();
    let used =
        used.into_iter().map(|grant| Deed::OverrideUsed { change: change.to_owned(), grant });
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
    used.chain(floors).collect()
}
