//! The way back from the newest expand: the script that the change declares, while nothing newer
//! stands on it.

use super::Runner;
use super::error::RunError;
use super::forbidden::must_leave_alone;
use super::news::News;
use super::temporary::must_share_nothing_temporary;
use super::transaction::Stopped;
use super::transaction::in_transaction;
use super::turn::take_turn;
use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::ledger::ChangeState;
use crate::ledger::Deed;
use crate::ledger::admit;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::plan::Way;
use crate::schema::Schema;
use crate::store;
use crate::store::Book;
use crate::store::StoreError;
use crate::store::append_sql;
use crate::version::Major;
use std::time::Instant;

/// Undoes the expand of the newest change that is applied, or of the one that is half undone; gives
/// its name, or why it is not safe.
pub fn undo(
    runner: &mut Runner,
    changes: &[Change],
    environment: &str,
) -> Result<Result<String, String>, RunError> {
    runner.goes_back = true;
    let look = take_turn(runner, runner.pace.turn)?.look;
    if !look.has_ledger {
        return Err(StoreError::Absent.into());
    }
    let book = store::read(runner.session)?;
    store::must_match(&book.state, book.version, &look, environment)?;
    let (name, file) = match newest(&book, changes) {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(why) = stands(runner, &book, name, file)? {
        return Ok(Err(why));
    }
    let facts = Replay::new(Schema::default(), Major::DEFAULT).judge(&file.script, ONE_BY_ONE);
    let steps = plan::left_of_undo(name, &book.state, Phase::Expand, file)?;
    let all = plan::steps(name, &format!("{}.undo", Phase::Expand), file).map_err(Drift::from)?;
    must_leave_alone(file, &steps)?;
    must_share_nothing_temporary(file, &all, &steps)?;
    let end = runner.end(&book, name, file);
    if steps.iter().all(|step| is_brief(step, file, &facts)) {
        runner.at_once(&steps, file, &facts, &end)?;
    } else {
        for step in &steps {
            runner.step(step, step.way(file, &facts), &book.state, &[])?;
        }
        runner.session.rows(&end)?;
    }
    Ok(Ok(name.to_owned()))
}

/// Steps run one by one.
const ONE_BY_ONE: Delivery = Delivery { wrapped: false, one_message: false };

/// The change that is taken back, with its script; or why there is none.
fn newest<'a>(book: &'a Book, changes: &'a [Change]) -> Result<(&'a str, &'a PhaseFile), String> {
    let word = Phase::Expand.word();
    let begun = |state: &ChangeState| state.done(word).next().is_some();
    let applied = || book.state.changes.iter().rev().filter(|(_, state)| begun(state));
    let half = applied().find(|(_, state)| state.half_undone());
    let Some((name, state)) = half.or_else(|| applied().next()) else {
        return Err("no expand is applied".to_owned());
    };
    if state.executed.is_some() {
        return Err(format!("the contract of {name} has run: what it took away is gone"));
    }
    let Some(change) = changes.iter().find(|change| change.name == *name) else {
        return Err(format!("the folder of {name} is not here"));
    };
    match change.undos.get(&Phase::Expand).filter(|file| !file.is_empty()) {
        Some(file) => Ok((name, file)),
        None => Err(format!("{name} has no expand.undo.sql that says something")),
    }
}

/// Who stands on an expand, be it on record or seen at work, and how that ends; none if nobody
/// does.
fn stands(
    runner: &Runner,
    book: &Book,
    name: &str,
    file: &PhaseFile,
) -> Result<Option<String>, RunError> {
    if let Err(refusal) = admit(&book.state, &undone(name, file), book.now) {
        return Ok(Some(format!("{}; {}", refusal.why, refusal.next)));
    }
    let alive = store::alive(runner.session, book)?;
    let releases = &book.state.releases;
    let stands = alive.into_iter().find(|(of, version)| releases.stands_on(of, version, name));
    Ok(stands.map(|(service, version)| {
        let who = format!("`{service}` {version}");
        format!("{who} was seen alive just now, and needs it; stop it, or wait for its end")
    }))
}

fn undone(name: &str, file: &PhaseFile) -> Deed {
    let phase = Phase::Expand.word().to_owned();
    Deed::PhaseUndone { change: name.to_owned(), phase, digest: file.digest.clone() }
}

/// Whether a step may run in a transaction with others: it is known, and done at once.
fn is_brief(step: &Step, file: &PhaseFile, facts: &[Fact]) -> bool {
    let own = facts.get(step.statements.clone()).unwrap_or_default();
    let alone = matches!(step.way(file, facts), Way::Alone(_));
    !alone && own.len() == step.statements.len() && own.iter().all(Fact::is_brief)
}

impl Runner<'_> {
    /// What comes with the last step: that the expand is undone, and nothing is left of its
    /// backfill, which begins anew after the next one.
    fn end(&self, book: &Book, name: &str, file: &PhaseFile) -> String {
        let undone = append_sql(&undone(name, file), self.who, None, None);
        let given_up = store::give_up(book.version, name, Some("its expand was undone"));
        format!("{undone}\n{given_up}")
    }

    /// Runs steps in one transaction with what comes after them: all of it is done, or nothing.
    /// Each goes out on its own, so that it is known which one fails.
    fn at_once(
        &mut self,
        steps: &[Step],
        file: &PhaseFile,
        facts: &[Fact],
        end: &str,
    ) -> Result<(), RunError> {
        let Some(last) = steps.last().map(|step| &step.at) else {
            self.session.rows(end)?;
            return Ok(());
        };
        let begun = Instant::now();
        let of_last = Stopped::at(last);
        let tries = self.tried(&mut |runner, tries| {
            runner.session.rows("BEGIN").map_err(&of_last)?;
            for step in steps {
                runner.within(step, &step.way(file, facts), tries)?;
            }
            runner.session.rows(&format!("{end} COMMIT")).map(drop).map_err(&of_last)
        })?;
        let took = begun.elapsed();
        for step in steps {
            self.watch.tell(&News::Done { step: step.at.clone(), tries, took });
        }
        Ok(())
    }

    /// Runs a step of a transaction that has begun.
    fn within(&mut self, step: &Step, way: &Way, tries: u32) -> Result<(), Box<Stopped>> {
        let at = &step.at;
        if tries == 1 {
            self.watch.tell(&News::Begun { step: at.clone(), sql: step.sql.clone() });
        }
        let limits = self.limits(*way != Way::Transaction { strong: false });
        let done = append_sql(&Deed::StepDone { step: at.clone(), tries }, self.who, None, None);
        let ran = in_transaction(step, &limits);
        let sql = format!("{limits}\n{ran}{done}");
        self.watched(at, &sql).map_err(Stopped::at(at))
    }
}
