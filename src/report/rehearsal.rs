//! What came of a rehearsal, for people and as JSON.

use super::SCHEMA_VERSION;
use super::Style;
use super::diff;
use super::human::bold;
use super::news::span;
use super::plural;
use crate::effect::LockMode;
use crate::effect::Phase;
use crate::rehearse::Move;
use crate::rehearse::Outcome;
use crate::rehearse::Ran;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;

/// Writes it for people.
pub fn human(outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let before = plural(outcome.before, "change");
    let Outcome { change, server, .. } = outcome;
    writeln!(out, "rehearsal of {change} on PostgreSQL {server}, after {before}")?;
    for (step, place) in outcome.moves.iter().zip(1..) {
        let word = if step.passed() { "ok" } else { "!!" };
        let took = span(step.took());
        writeln!(out, "{word:>4} {place}. {:<26}{took:>10}", bold(&name(step), style))?;
        for ran in &step.ran {
            statement(ran, out)?;
        }
        if let Some(difference) = &step.difference {
            writeln!(out, "       the schema is not what it was before; what differs:")?;
            let mut text = Vec::new();
            let (before, after) = (&difference.before, &difference.after);
            diff("schema.sql", Some(before), after, style, &mut text)?;
            for line in String::from_utf8_lossy(&text).lines() {
                writeln!(out, "       {line}")?;
            }
        }
    }
    end(outcome, out)
}

/// The name of a move.
fn name(step: &Move) -> String {
    let undo = if step.undo { ".undo" } else { "" };
    let again = if step.again { ", again" } else { "" };
    format!("{}{undo}.sql{again}", step.phase)
}

fn statement(ran: &Ran, out: &mut dyn Write) -> io::Result<()> {
    let sql = super::news::first_words(&ran.sql);
    writeln!(out, "       line {}: {sql}", ran.line)?;
    let mut seen: Vec<String> = Vec::new();
    match &ran.locks {
        None if ran.failed.is_some() => {}
        None => seen.push("runs alone".to_owned()),
        Some(locks) => {
            seen.extend(locks.iter().map(|(name, mode)| format!("{} on {name}", mode.name())));
        }
    }
    seen.extend(ran.rewrites.iter().map(|name| format!("writes {name} anew")));
    seen.push(span(ran.took));
    writeln!(out, "         {}", seen.join("; "))?;
    for surprise in &ran.surprises {
        writeln!(out, "         otherwise than foretold: {surprise}")?;
    }
    if let Some(why) = &ran.failed {
        writeln!(out, "         failed: {why}")?;
    }
    Ok(())
}

fn end(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let took = span(outcome.took());
    match outcome.rollback() {
        Some(true) => writeln!(out, "rollback: the contract was taken back, and runs again")?,
        Some(false) => writeln!(out, "rollback: the contract was not taken back as it should be")?,
        None if outcome.moves.iter().any(|step| step.phase == Phase::Contract) => {
            writeln!(
                out,
                "rollback: none was rehearsed, for no contract.undo.sql says how to take the \
                 contract back; this counts as no rehearsed rollback"
            )?;
        }
        None => writeln!(out, "rollback: there is no contract to take back")?,
    }
    let word = if outcome.passed() { "passed" } else { "did not pass" };
    writeln!(out, "{word}, in {took}; the tables had only the rows that the files write")
}

/// Writes it as JSON.
pub fn json(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let moves: Vec<Value> = outcome.moves.iter().map(of_move).collect();
    let value = json!({
        "schema_version": SCHEMA_VERSION, "change": outcome.change, "server": outcome.server,
        "changes_before": outcome.before, "passed": outcome.passed(),
        "rollback": outcome.rollback(), "took_s": outcome.took().as_secs_f64(), "moves": moves,
    });
    super::write_json(&value, out)
}

fn of_move(step: &Move) -> Value {
    let statements: Vec<Value> = step.ran.iter().map(of_statement).collect();
    let difference = step.difference.as_ref();
    json!({
        "phase": step.phase.word(), "undo": step.undo, "again": step.again,
        "passed": step.passed(), "took_s": step.took().as_secs_f64(), "statements": statements,
        "schema": difference.map(|it| json!({ "before": it.before, "after": it.after })),
    })
}

fn of_statement(ran: &Ran) -> Value {
    let lock = |(name, mode): (&String, &LockMode)| {
        let mode = mode.name();
        json!({ "relation": name, "mode": mode })
    };
    let locks = ran.locks.as_ref();
    let locks = locks.map(|locks| locks.iter().map(lock).collect::<Vec<Value>>());
    json!({
        "line": ran.line, "sql": ran.sql, "took_s": ran.took.as_secs_f64(), "locks": locks,
        "rewrites": ran.rewrites, "differences": ran.surprises, "error": ran.failed,
    })
}
