//! Whether a contract may run, check by check.

use crate::gate::Check;
use crate::gate::Class;
use crate::gate::Outcome;
use crate::gate::Verdict;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;

/// Writes a verdict.
pub fn verdict(
    verdict: &Verdict,
    executed: bool,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if json {
        return writeln!(out, "{}", as_json(verdict, executed));
    }
    let head = match (executed, verdict.class()) {
        (true, _) => "executed",
        (_, Class::Ready) => "may run",
        (_, Class::Blocked) => "blocked: not yet",
        (_, Class::NoData) => "blocked: no data to decide by",
        (_, Class::Refused) => "refused",
        (_, Class::Integrity) => "stopped: the ledger or the database is not what it was",
    };
    writeln!(out, "contract of {}: {head}", verdict.change)?;
    for check in &verdict.checks {
        line(check, out)?;
    }
    for note in &verdict.notes {
        writeln!(out, "  note: {note}")?;
    }
    if verdict.class() != Class::Ready {
        match verdict.clears() {
            Some(moment) => writeln!(out, "  at the earliest it may run at {moment}")?,
            None => writeln!(out, "  time alone does not clear it")?,
        }
    }
    Ok(())
}

/// Writes how a check came out.
pub(super) fn line(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {} {:<4}{:<12}{}", mark(check), check.id, check.name, check.evidence)?;
    if let Some(grant) = check.overridden {
        writeln!(out, "         overridden by the grant in event {grant}")?;
    }
    Ok(())
}

/// Says that no contract is left.
pub fn nothing_to_contract(json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        return writeln!(out, "{}", json!({ "event": "end", "contracts": 0 }));
    }
    writeln!(out, "no contract is due")
}

fn mark(check: &Check) -> &'static str {
    match check.outcome {
        Outcome::Pass => "ok",
        _ if check.holds() => "->",
        Outcome::NoData => "??",
        Outcome::Block => "--",
        Outcome::Refuse | Outcome::Integrity => "!!",
    }
}

fn as_json(verdict: &Verdict, executed: bool) -> Value {
    let checks: Vec<Value> = verdict
        .checks
        .iter()
        .map(|check| {
            json!({
                "id": check.id.to_string(), "name": check.name, "outcome": check.outcome.word(),
                "evidence": check.evidence, "overridden": check.overridden,
                "clears": check.clears.map(|moment| moment.to_string()),
            })
        })
        .collect();
    json!({
        "schema_version": super::SCHEMA_VERSION, "change": verdict.change, "executed": executed,
        "ready": verdict.class() == Class::Ready, "exit_code": verdict.class().code(),
        "now": verdict.now.to_string(), "seq": verdict.seq, "checks": checks,
        "notes": verdict.notes,
        "clears": verdict.clears().map(|moment| moment.to_string()),
    })
}
