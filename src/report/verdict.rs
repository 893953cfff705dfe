//! Whether a contract may run, check by check: what holds it up first, and the next command last.

use crate::gate::Check;
use crate::gate::Class;
use crate::gate::Outcome;
use crate::gate::Verdict;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;

/// The widest line.
const WIDTH: usize = 118;

/// Where the evidence begins.
const INDENT: usize = 21;

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
    let mut open: Vec<&Check> = verdict.open().collect();
    open.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    let others = verdict.checks.iter().filter(|check| check.holds());
    let (by_grant, passed): (Vec<_>, Vec<_>) = others.partition(|check| check.overridden.is_some());
    for check in open.iter().chain(&by_grant) {
        line(check, out)?;
    }
    // Where something is wrong, what is right is not in its way.
    if open.is_empty() {
        for check in passed {
            line(check, out)?;
        }
    } else if !passed.is_empty() {
        let names: Vec<String> =
            passed.iter().map(|check| format!("{} {}", check.id, check.name)).collect();
        wrapped("  ok ", 5, &names.join(", "), out)?;
    }
    for note in &verdict.notes {
        wrapped("  note: ", 8, note, out)?;
    }
    let next = match (executed, verdict.clears()) {
        (true, _) => "migrate ledger checkpoint, and keep elsewhere what it says".to_owned(),
        (_, Some(moment)) => {
            writeln!(out, "  at the earliest it may run at {moment}")?;
            verdict.next()
        }
        (_, None) => {
            if !open.is_empty() {
                writeln!(out, "  time alone does not clear it")?;
            }
            verdict.next()
        }
    };
    writeln!(out, "next: {next}")
}

/// Says that no contract is left.
pub fn nothing_to_contract(json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        return writeln!(out, "{}", json!({ "event": "end", "contracts": 0 }));
    }
    writeln!(out, "no contract is due")
}

/// Writes how a check came out.
pub(super) fn line(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    let begin = format!("  {} {:<4}{:<12}", mark(check), check.id, check.name);
    wrapped(&begin, INDENT, &check.evidence, out)?;
    if let Some(grant) = check.overridden {
        writeln!(out, "{:INDENT$}overridden by the grant in event {grant}", "")?;
    }
    Ok(())
}

/// Writes a text behind the beginning of its first line, its other lines below one another.
fn wrapped(begin: &str, indent: usize, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = begin.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let width = line.chars().count() + word.chars().count() + usize::from(!empty);
        if width > WIDTH && !empty {
            writeln!(out, "{line}")?;
            (line, empty) = (" ".repeat(indent), true);
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{line}")
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
                "clears": check.clears.map(|moment| moment.to_string()), "next": check.next,
            })
        })
        .collect();
    json!({
        "schema_version": super::SCHEMA_VERSION, "change": verdict.change, "executed": executed,
        "ready": verdict.class() == Class::Ready, "exit_code": verdict.class().code(),
        "now": verdict.now.to_string(), "seq": verdict.seq, "checks": checks,
        "notes": verdict.notes,
        "clears": verdict.clears().map(|moment| moment.to_string()),
        "next": (!executed).then(|| verdict.next()),
    })
}
