//! A step outside of any transaction: announced, run, and proven from the catalog. What a run that
//! did not end left of it is found and swept first.

use super::Runner;
use super::Settled;
use super::blockers::Blocker;
use super::error::RunError;
use super::index::Named;
use super::index::builders;
use super::index::named;
use super::news::News;
use super::transaction::AFTER_LOSS;
use super::transaction::LOOK;
use super::transaction::LOOK_MAX;
use super::transaction::RESET;
use crate::db::DbError;
use crate::db::Row;
use crate::db::literal;
use crate::ledger::Deed;
use crate::ledger::Stage;
use crate::ledger::State;
use crate::plan::Index;
use crate::plan::Proof;
use crate::plan::Rebuilt;
use crate::plan::Step;
use crate::sql::Name;
use crate::store::append_sql;
use std::time::Instant;

/// What the catalog says of what a step makes or takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It has landed.
    Landed,
    /// Nothing of it is there.
    Nothing,
    /// A half of it is there, and of no use.
    Half,
    /// What has its name is something else, which is told in words.
    Another(String),
    /// The catalog has nothing to say of it.
    Unknown,
}

impl Runner<'_> {
    /// Runs a step alone; gives how often it was tried.
    pub(super) fn alone(
        &mut self,
        step: &Step,
        proof: &Proof,
        state: &State,
        lead: &[Deed],
    ) -> Result<u32, RunError> {
        let done = [Deed::StepDone { step: step.at.clone(), tries: 1 }];
        if self.has_landed(step, proof, state)? {
            let deeds: Vec<Deed> = lead.iter().cloned().chain(done).collect();
            self.record(&deeds)?;
            return Ok(0);
        }
        self.announce(lead, step)?;
        self.carry_out(step, proof)?;
        self.record(&done)?;
        Ok(1)
    }

    /// Whether a step that began has landed, though nobody said so; what a run that did not end
    /// left of it is swept.
    pub(super) fn has_landed(
        &mut self,
        step: &Step,
        proof: &Proof,
        state: &State,
    ) -> Result<bool, RunError> {
        let known = stage_of(step, state);
        // What failed was looked at then: nothing of it has landed.
        let begun = known == Some(&Stage::Started);
        let mut found = self.find(step, proof)?;
        if let (Found::Half, Proof::Index(index)) = (&found, proof) {
            found = self.until_built(step, proof, index)?;
        }
        if let (Found::Another(what), Proof::Index(index)) = (&found, proof) {
            return Err(taken(step, index, what));
        }
        let swept = found == Found::Half && (known.is_some() || !matches!(proof, Proof::Again(_)));
        if swept {
            let what = self.sweep(step, proof)?.to_owned();
            self.watch.tell(&News::Mended { step: step.at.clone(), what });
            found = self.find(step, proof)?;
        }
        let landed = match (&found, proof) {
            (Found::Landed, Proof::Index(index)) if index.or_there => true,
            // Brought to its end just now.
            (Found::Landed, Proof::Detached { .. }) if swept => true,
            // It was not there when the step was announced: what is there now is the step's own.
            (Found::Landed, _) => begun,
            (Found::Unknown, Proof::None) if begun => self.settled(step)?,
            // What failed may have committed a part before that.
            (Found::Unknown, Proof::Parts) if known.is_some() => self.settled(step)?,
            _ => false,
        };
        if landed {
            let what = "it is there already, and whole".to_owned();
            self.watch.tell(&News::Mended { step: step.at.clone(), what });
        }
        Ok(landed)
    }

    /// Runs a step that was announced, and proves that it has landed.
    pub(super) fn carry_out(&mut self, step: &Step, proof: &Proof) -> Result<(), RunError> {
        let sql = &step.sql;
        if let Err(error) = self.watched(&step.at, sql) {
            return Err(self.settle(step, proof, error)?);
        }
        let found = self.find(step, proof)?;
        // What the server made it made as it was told; what was there is another's.
        let rebuilt = match (&found, proof) {
            (Found::Another(what), Proof::Index(index)) if index.or_there => {
                return Err(taken(step, index, what));
            }
            (Found::Another(_), _) => true,
            _ => matches!(proof, Proof::Again(_)),
        };
        if found == Found::Landed || found == Found::Unknown || rebuilt {
            return Ok(());
        }
        let message = "it ran, and the catalog does not show what it should".to_owned();
        let sqlstate = "XX000".to_owned();
        let deed = Deed::StepFailed { step: step.at.clone(), sqlstate, message };
        self.record(&[deed])?;
        Err(RunError::Unproven(step.at.clone()))
    }

    /// What somebody said of a step of which the catalog says nothing: whether it is done.
    fn settled(&self, step: &Step) -> Result<bool, RunError> {
        let own = |told: &&Settled| told.change == step.at.change && told.step == step.at.step;
        let told = self.settled.iter().find(own);
        told.map(|told| told.done).ok_or_else(|| RunError::Unsettled(step.at.clone()))
    }

    /// Says that a step is about to run.
    fn announce(&mut self, lead: &[Deed], step: &Step) -> Result<(), RunError> {
        let started = Deed::StepStarted { step: step.at.clone() };
        let deeds = lead.iter().chain([&started]);
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let appended: String = deeds.map(append).collect();
        let settings = settings(step);
        let freeze = self.freeze();
        self.session.rows(&format!("{RESET} {freeze}{appended}{settings}"))?;
        Ok(())
    }

    /// Puts deeds on record, as who the session is.
    pub(super) fn record(&mut self, deeds: &[Deed]) -> Result<(), RunError> {
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let appended: String = deeds.iter().map(append).collect();
        self.session.rows(&format!("{RESET} {appended}"))?;
        Ok(())
    }

    /// After an error: what half there is, is swept, and the failure recorded.
    fn settle(&mut self, step: &Step, proof: &Proof, error: DbError) -> Result<RunError, RunError> {
        let stopped = |error: DbError, left: &str| RunError::Step {
            step: step.at.clone(),
            error: Box::new(error),
            left: left.to_owned(),
        };
        if !matches!(error, DbError::Server { .. } | DbError::Interrupted { .. }) {
            return Ok(stopped(error, AFTER_LOSS));
        }
        let interrupted = self.session.interrupted().is_some();
        let left = match (self.find(step, proof)?, proof) {
            (Found::Half, Proof::Index(_) | Proof::Again(_)) if interrupted => {
                "an invalid index is left, which the next run removes"
            }
            (Found::Half, Proof::Index(index)) if !builders(self.session, index)?.is_empty() => {
                "another session builds that index; run the command again when it is done"
            }
            // The index that is not whole is the step's own: before it, there was none.
            (Found::Half, Proof::Index(_) | Proof::Again(_)) => {
                self.sweep(step, proof)?;
                "what it left is removed; mend the cause and run the command again"
            }
            (Found::Half, _) => "a half of it is left; the next run goes on with it",
            (_, Proof::Parts) => {
                "what it committed before that stays; look, and run the command again with \
                 --settle, which says whether it is done or runs again"
            }
            (_, Proof::None) => {
                "what it did before that stays; look, mend the cause and run the command again"
            }
            _ => "nothing of it is left; mend the cause and run the command again",
        };
        self.note_failed(&step.at, &error)?;
        Ok(stopped(error, left))
    }

    /// Waits while another session builds the index that a step makes, without holding a snapshot
    /// for which it would wait in turn; gives what is there then.
    fn until_built(
        &mut self,
        step: &Step,
        proof: &Proof,
        index: &Index,
    ) -> Result<Found, RunError> {
        let (begun, mut pause, mut said) = (Instant::now(), LOOK, Vec::new());
        loop {
            // In this order: what is not whole, and was built by nobody just before, stays so.
            let by = builders(self.session, index)?;
            let found = self.find(step, proof)?;
            if by.is_empty() || found != Found::Half {
                return Ok(found);
            }
            let waited = begun.elapsed();
            if waited > self.pace.deadline {
                let who = by.iter().map(Blocker::words).collect::<Vec<_>>().join("; ");
                let (step, name) = (Box::new(step.at.clone()), index.name.clone());
                return Err(RunError::Building { step, name, who, waited });
            }
            let pids: Vec<i32> = by.iter().map(|one| one.pid).collect();
            if pids != said {
                said = pids;
                self.watch.tell(&News::Blocked { step: step.at.clone(), by });
            }
            self.session.pause(pause)?;
            pause = (pause * 2).min(LOOK_MAX);
        }
    }

    /// What the catalog says, with names meant as the step's settings have it.
    fn find(&self, step: &Step, proof: &Proof) -> Result<Found, RunError> {
        let ask = |sql: &str| self.session.rows(&format!("{}{sql}", settings(step)));
        match proof {
            Proof::Index(index) => Ok(match named(index, ask)? {
                Named::Nothing => Found::Nothing,
                Named::Whole => Found::Landed,
                Named::Half => Found::Half,
                Named::Another(what) => Found::Another(what),
            }),
            Proof::NoIndex(names) => {
                let names: Vec<String> = names.iter().map(regclass).collect();
                let rows = ask(&format!(
                    "SELECT count(*), count(*) FILTER (WHERE NOT i.indisvalid)
                     FROM unnest(ARRAY[{}]) AS n(name)
                     JOIN pg_index i ON i.indexrelid = to_regclass(n.name)",
                    names.join(", ")
                ))?;
                let row = rows.first();
                let count = |at: usize| row.and_then(|row| row.get(at)).unwrap_or("0");
                Ok(match (count(0), count(1)) {
                    ("0", _) => Found::Landed,
                    (_, "0") => Found::Nothing,
                    _ => Found::Half,
                })
            }
            Proof::Detached { parent, partition } => {
                let rows = ask(&format!(
                    "SELECT inhdetachpending FROM pg_inherits
                     WHERE inhparent = to_regclass({}) AND inhrelid = to_regclass({})",
                    regclass(parent),
                    regclass(partition)
                ))?;
                Ok(match rows.first().map(|row| row.get(0)) {
                    None => Found::Landed,
                    Some(Some("t")) => Found::Half,
                    Some(_) => Found::Nothing,
                })
            }
            Proof::Again(Some(rebuilt)) => {
                let rows = ask(&leftovers(rebuilt))?;
                Ok(if rows.is_empty() { Found::Unknown } else { Found::Half })
            }
            Proof::Again(None) | Proof::Parts | Proof::None => Ok(Found::Unknown),
        }
    }

    /// Removes a half of a step, or brings it to its end; gives what was done.
    fn sweep(&mut self, step: &Step, proof: &Proof) -> Result<&'static str, RunError> {
        let (statements, what) = match proof {
            Proof::Index(index) => {
                let rows = self.session.rows(&format!(
                    "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, {})
                     FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
                     WHERE t.oid = to_regclass({})",
                    literal(&index.name),
                    regclass(&index.table)
                ))?;
                (
                    firsts(&rows),
                    "an invalid index was left by a build that did not end; it is removed",
                )
            }
            Proof::Again(Some(rebuilt)) => {
                let rows = self.session.rows(&leftovers(rebuilt))?;
                (
                    firsts(&rows),
                    "copies of indexes were left by a run that did not end; they are removed",
                )
            }
            Proof::NoIndex(_) => {
                return Ok("an index was half dropped by a run that did not end");
            }
            Proof::Detached { parent, partition } => (
                vec![format!(
                    "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
                    parent.to_sql(),
                    partition.to_sql()
                )],
                "a partition was half detached by a run that did not end; it is brought to its end",
            ),
            Proof::Again(None) | Proof::Parts | Proof::None => return Ok("nothing"),
        };
        for sql in statements {
            // It may wait for older snapshots as long as what it sweeps up after did.
            self.watched(&step.at, &sql)?;
        }
        Ok(what)
    }
}

/// What has the name of the index that a step makes is not that index.
fn taken(step: &Step, index: &Index, what: &str) -> RunError {
    let (step, name) = (Box::new(step.at.clone()), index.name.clone());
    RunError::Taken { step, name, what: what.to_owned() }
}

/// What is known of a step that says what it says now.
fn stage_of<'a>(step: &Step, state: &'a State) -> Option<&'a Stage> {
    let known = state.changes.get(&step.at.change)?;
    let known = known.steps.get(&(step.at.phase.clone(), step.at.step))?;
    (known.digest == step.at.digest).then_some(&known.stage)
}

/// The settings of a step. No lock timeout holds for it, not even its file's: the waiting of such a
/// statement for older snapshots counts as waiting for a lock, and what it built would be lost.
pub(super) fn settings(step: &Step) -> String {
    let own = step.own_settings();
    format!("{own}SET lock_timeout = 0; SET statement_timeout = 0;\n")
}

/// Statements that drop what an ended REINDEX CONCURRENTLY left: invalid copies, beside the indexes
/// of what it rebuilt and of their TOAST tables.
fn leftovers(rebuilt: &Rebuilt) -> String {
    let tables = match rebuilt {
        Rebuilt::Index(name) => format!(
            "SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass({0}) OR indexrelid IN
                (SELECT relid FROM pg_partition_tree(to_regclass({0})))",
            regclass(name)
        ),
        // Of what is no partitioned table, that function knows nothing.
        Rebuilt::Table(name) => format!(
            "SELECT to_regclass({0})
             UNION ALL SELECT relid FROM pg_partition_tree(to_regclass({0}))",
            regclass(name)
        ),
        Rebuilt::Schema(name) => format!(
            "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = {}",
            literal(name)
        ),
        Rebuilt::Database => "SELECT oid FROM pg_class".to_owned(),
    };
    format!(
        "WITH own AS (SELECT c.oid, c.reltoastrelid FROM pg_class c WHERE c.oid IN ({tables}))
         SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, c.relname)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
            AND i.indrelid IN (SELECT oid FROM own UNION ALL SELECT reltoastrelid FROM own)"
    )
}

/// The first value of each row.
fn firsts(rows: &[Row]) -> Vec<String> {
    rows.iter().filter_map(|row| row.get(0)).map(str::to_owned).collect()
}

/// A name as `to_regclass` takes it.
fn regclass(name: &Name) -> String {
    literal(&name.to_sql())
}
