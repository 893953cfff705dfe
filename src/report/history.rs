//! The events of a ledger as a table for people.

use crate::ledger::Event;
use crate::ledger::Moment;
use serde_json::Value;
use std::io;
use std::io::Write;

/// Writes events, one a line: its place, when, what kind, and of what.
pub fn history(events: &[Event], out: &mut dyn Write) -> io::Result<()> {
    let width = events.iter().map(|event| event.deed.write().0.len()).max().unwrap_or(0);
    for event in events {
        let (kind, body) = event.deed.write();
        let body = serde_json::from_str(&body).unwrap_or(Value::Null);
        let line = format!("{:>3}  {}  {kind:<width$}  {}", event.seq, time(event.at), of(&body));
        writeln!(out, "  {}", line.trim_end())?;
    }
    Ok(())
}

/// The time of day.
fn time(at: Moment) -> String {
    let text = at.to_string();
    text.split(' ').nth(1).map_or(text.clone(), str::to_owned)
}

/// What an event is of.
fn of(body: &Value) -> String {
    let text = |key: &str| body[key].as_str().filter(|text| !text.is_empty());
    let number = |key: &str| body[key].as_u64();
    let mut words: Vec<String> = Vec::new();
    match (text("service"), text("version")) {
        (Some(service), Some(version)) => words.push(format!("{service}@{version}")),
        (Some(service), None) => words.push(service.to_owned()),
        _ => {}
    }
    words.extend(text("region").map(|region| format!("in {region}")));
    words.extend(number("weight").map(|weight| format!("{weight} %")));
    words.extend(text("change").map(str::to_owned));
    words.extend(text("phase").map(str::to_owned));
    if let (Some(step), Some(of)) = (number("step"), number("of")) {
        words.push(format!("{step}/{of}"));
    }
    if let (Some(rows), Some(left)) = (number("rows"), number("mismatches")) {
        words.push(format!("{left} of {rows} rows left"));
    }
    if let Some(ready) = body["ready"].as_bool() {
        words.push(if ready { "may run" } else { "not yet" }.to_owned());
    }
    words.extend(text("what").map(str::to_owned));
    words.extend(text("reason").map(|reason| format!("({reason})")));
    words.join(" ")
}
