//! A step outside of any transaction: announced, run, and proven from the catalog. What a run that
//! did not end left of it is found and swept first.

use super::Runner;
use super::error::RunError;
use super::news::News;
use crate::db::DbError;
use crate::db::literal;
use crate::ledger::Deed;
use crate::ledger::Stage;
use crate::ledger::State;
use crate::plan::Proof;
use crate::plan::Step;
use crate::sql::Name;
use crate::store::append_sql;

/// What the catalog says of what a step makes or takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It has landed.
    Landed,
    /// Nothing of it is there.
    Nothing,
    /// A half of it is there, and of no use.
    Half,
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
        let known = state.changes.get(&step.at.change);
        let known = known
            .and_then(|known| known.steps.get(&(step.at.phase.clone(), step.at.step)))
            .filter(|known| known.digest == step.at.digest);
        let begun = known.is_some_and(|known| known.stage != Stage::Done);
        let found = self.find(proof)?;
        let mended = |what: &str| News::Mended { step: step.at.clone(), what: what.to_owned() };
        match (found, proof, begun) {
            // It was not there when the step was announced: what is there now is the step's own.
            (Found::Landed, Proof::Index { or_there: true, .. } | Proof::NoIndex(_), _)
            | (Found::Landed, _, true) => {
                self.watch.tell(&mended("it is there already, and whole"));
                self.record(lead, step)?;
                return Ok(0);
            }
            (Found::Half, ..) => {
                let what = self.sweep(proof)?;
                self.watch.tell(&mended(what));
            }
            (Found::Unknown, Proof::None, true) => {
                return Err(RunError::Unsettled(step.at.clone()));
            }
            _ => {}
        }
        self.announce(lead, step)?;
        if let Err(error) = self.watched(&step.at, &step.sql) {
            self.settle(step, proof, error)?;
        }
        match self.find(proof)? {
            Found::Nothing | Found::Half => {
                let message = "it ran, and the catalog does not show what it should".to_owned();
                let deed = Deed::StepFailed {
                    step: step.at.clone(),
                    sqlstate: "XX000".to_owned(),
                    message,
                };
                self.session.rows(&append_sql(&deed, self.who, None, None))?;
                Err(RunError::Unsettled(step.at.clone()))
            }
            Found::Landed | Found::Unknown => {
                self.record(&[], step)?;
                Ok(1)
            }
        }
    }

    /// Says that a step is about to run. No lock timeout holds for it: the waiting of such a
    /// statement for older snapshots counts as waiting for a lock, and what it built would be lost.
    fn announce(&mut self, lead: &[Deed], step: &Step) -> Result<(), RunError> {
        let started = Deed::StepStarted { step: step.at.clone() };
        let deeds = lead.iter().chain([&started]);
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let appended: String = deeds.map(append).collect();
        let settings: String = step.session.iter().map(|set| format!("{set};\n")).collect();
        self.session.rows(&format!(
            "SELECT migrate.must_move();\n{appended}{settings}SET lock_timeout = 0;\
             SET statement_timeout = 0;"
        ))?;
        Ok(())
    }

    fn record(&mut self, lead: &[Deed], step: &Step) -> Result<(), RunError> {
        let done = Deed::StepDone { step: step.at.clone(), tries: 1 };
        let deeds = lead.iter().chain([&done]);
        let append = |deed: &Deed| append_sql(deed, self.who, None, None) + "\n";
        let appended: String = deeds.map(append).collect();
        self.session.rows(&format!("{appended}RESET ALL;"))?;
        Ok(())
    }

    /// After an error: what half there is, is swept, and the failure recorded.
    fn settle(&mut self, step: &Step, proof: &Proof, error: DbError) -> Result<(), RunError> {
        if !matches!(error, DbError::Server { .. } | DbError::Interrupted { .. }) {
            return Err(error.into());
        }
        self.session.rows("RESET ALL")?;
        let left = match self.find(proof)? {
            // The index that is not whole is the step's own: before it, there was none.
            Found::Half if matches!(proof, Proof::Index { .. }) => {
                if self.session.interrupted().is_some() {
                    "an invalid index is left, which the next run removes"
                } else {
                    self.sweep(proof)?;
                    "what it left is removed; mend the cause and run the command again"
                }
            }
            Found::Half => "a half of it is left; the next run goes on with it",
            _ => "nothing of it is left; mend the cause and run the command again",
        };
        self.note_failed(&step.at, &error)?;
        let left = left.to_owned();
        Err(RunError::Step { step: step.at.clone(), error: Box::new(error), left })
    }

    /// What the catalog says.
    fn find(&self, proof: &Proof) -> Result<Found, RunError> {
        match proof {
            Proof::Index { name, table, .. } => {
                let rows = self.session.rows(&format!(
                    "SELECT i.indisvalid AND i.indisready AND i.indislive
                     FROM pg_class t
                     JOIN pg_class c ON c.relnamespace = t.relnamespace
                        AND c.relname = {}
                     LEFT JOIN pg_index i ON i.indexrelid = c.oid
                     WHERE t.oid = to_regclass({})",
                    literal(name),
                    regclass(table)
                ))?;
                Ok(match rows.first().map(|row| row.get(0)) {
                    None => Found::Nothing,
                    Some(Some("f")) => Found::Half,
                    Some(_) => Found::Landed,
                })
            }
            Proof::NoIndex(names) => {
                let names: Vec<String> = names.iter().map(regclass).collect();
                let rows = self.session.rows(&format!(
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
                let rows = self.session.rows(&format!(
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
            Proof::Again | Proof::None => Ok(Found::Unknown),
        }
    }

    /// Removes a half of a step, or brings it to its end; gives what was done.
    fn sweep(&mut self, proof: &Proof) -> Result<&'static str, RunError> {
        let (sql, what) = match proof {
            Proof::Index { name, table, .. } => {
                let rows = self.session.rows(&format!(
                    "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, {})
                     FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
                     WHERE t.oid = to_regclass({})",
                    literal(name),
                    regclass(table)
                ))?;
                let sql = rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned();
                (sql, "an invalid index was left by a build that did not end; it is removed")
            }
            Proof::NoIndex(_) => {
                return Ok("an index was half dropped by a run that did not end");
            }
            Proof::Detached { parent, partition } => (
                format!(
                    "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
                    parent.to_sql(),
                    partition.to_sql()
                ),
                "a partition was half detached by a run that did not end; it is brought to its end",
            ),
            Proof::Again | Proof::None => return Ok("nothing"),
        };
        if !sql.is_empty() {
            self.session.rows(&sql)?;
        }
        Ok(what)
    }
}

/// A name as `to_regclass` takes it.
fn regclass(name: &Name) -> String {
    literal(&name.to_sql())
}
