//! Where backfills stand, for people and as JSON.

use super::Working;
use crate::backfill::Poison;
use crate::backfill::Status;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;
use std::time::Duration;

/// Where jobs stand, for people.
pub fn backfills_human(
    all: &[Status],
    aside: &[(i64, Vec<Poison>)],
    out: &mut dyn Write,
) -> io::Result<()> {
    for status in all {
        writeln!(out, "{}", line(status))?;
        if let Some(why) = &status.why {
            writeln!(out, "    {}: {why}", word(status))?;
        }
        for hold in status.holds() {
            writeln!(out, "    held: {hold}")?;
        }
        for note in status.notes() {
            writeln!(out, "    note: {note}")?;
        }
        for (_, rows) in aside.iter().filter(|(job, _)| *job == status.id) {
            for row in rows {
                let Poison { table, key, sqlstate, message, .. } = row;
                writeln!(out, "    set aside: {table} ({key}): {message} ({sqlstate})")?;
            }
        }
    }
    Ok(())
}

/// The same as JSON.
pub fn backfills_json(
    all: &[Status],
    aside: &[(i64, Vec<Poison>)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let jobs: Vec<Value> = all
        .iter()
        .map(|status| {
            let mut value = value(status);
            let rows = aside.iter().filter(|(job, _)| *job == status.id);
            let rows: Vec<Value> = rows.flat_map(|(_, rows)| rows).map(poison).collect();
            value["set_aside_rows"] = Value::Array(rows);
            value
        })
        .collect();
    writeln!(out, "{}", json!({ "schema_version": 1, "backfills": jobs }))
}

fn poison(row: &Poison) -> Value {
    json!({
        "table": row.table, "key": row.key, "sqlstate": row.sqlstate, "message": row.message,
        "tries": row.tries,
    })
}

fn value(status: &Status) -> Value {
    let workers: Vec<Value> = status
        .workers
        .iter()
        .map(|worker| {
            let holds: Vec<&str> = worker.holds.iter().map(|held| held.why.as_str()).collect();
            json!({
                "id": worker.id, "seen_seconds_ago": worker.seen, "held_by": holds,
                "batch": worker.size, "rows_per_second": worker.rate,
            })
        })
        .collect();
    json!({
        "change": status.change, "statement": status.place, "table": status.table,
        "state": status.state, "wanted": status.wanted, "why": status.why, "pass": status.pass,
        "rows": status.written, "rows_estimated": status.estimate,
        "fraction": status.fraction(), "ranges": status.ranges,
        "ranges_done": status.ranges_done, "batches": status.batches,
        "set_aside": status.poison, "seconds": status.seconds, "held_seconds": status.held,
        "rows_per_second": status.rate(), "eta_seconds": status.eta(),
        "held_by": status.holds(), "notes": status.notes(), "workers": workers,
    })
}

fn word(status: &Status) -> &str {
    match (status.state.as_str(), status.wanted.as_str()) {
        ("open", "run") => "open",
        ("open", wanted) => wanted,
        (state, _) => state,
    }
}

/// A job in a line.
fn line(status: &Status) -> String {
    let Status { change, place, table, written, .. } = status;
    let open = status.state == "open";
    let parts = [
        Some(format!("{change} {place}, {table}: {}", word(status))),
        open.then(|| format!("{:.0} %", status.fraction() * 100.0)),
        Some(format!("{written} rows written")),
        (status.state != "failed").then(|| format!("{:.0} rows/s", status.rate())),
        (status.pass > 1).then(|| format!("pass {}", status.pass)),
        status.eta().map(|eta| format!("about {} left", span(eta))),
        (status.poison > 0).then(|| format!("{} set aside", status.poison)),
        open.then(|| format!("{} at work", status.workers.len())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn span(seconds: f64) -> String {
    let seconds = Duration::from_secs_f64(seconds.clamp(0.0, 1e9)).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// What is drawn of a job on a terminal.
pub fn backfill_drawn(status: &Status) -> Working {
    let holds = status.holds();
    let held = holds.first().map_or(String::new(), |hold| format!("; held: {hold}"));
    Working {
        text: format!("{}{held}", line(status)),
        fraction: Some(status.fraction()),
        waited: Duration::from_secs_f64(status.seconds.clamp(0.0, 1e9)),
    }
}

/// How often a line is written for people, where nothing changed but numbers.
const LINE: Duration = Duration::from_secs(5);

/// What was said last of a job's progress.
#[derive(Clone, Debug)]
pub struct Said {
    at: Duration,
    holds: Vec<String>,
}

/// What a run says of a change at its end: one word for programs, and a sentence.
pub fn backfill_ended(
    change: &str,
    outcome: &str,
    says: &str,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if json {
        let value = json!({ "event": "end", "change": change, "outcome": outcome, "says": says });
        return writeln!(out, "{value}");
    }
    writeln!(out, "{change}: {says}")
}

/// A line of progress at a time since the start: as JSON each time, for people now and then, and
/// when what holds it changes.
pub fn backfill_progress(
    status: &Status,
    said: &mut Option<Said>,
    json: bool,
    now: Duration,
) -> Option<String> {
    if json {
        let mut value = value(status);
        value["event"] = json!("backfill");
        return Some(value.to_string());
    }
    let holds = status.holds();
    let due = match said {
        Some(said) => now.saturating_sub(said.at) >= LINE || said.holds != holds,
        None => status.seconds >= 1.0,
    };
    if !due {
        return None;
    }
    let held: Vec<String> = holds.iter().map(|hold| format!("\n    held: {hold}")).collect();
    *said = Some(Said { at: now, holds });
    Some(format!("{}{}", line(status), held.concat()))
}
