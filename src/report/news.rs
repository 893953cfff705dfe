//! What is said while steps run, for people and as JSON lines.

use super::bar::Working;
use super::plural;
use crate::ledger::StepRef;
use crate::runner::Blocker;
use crate::runner::Done;
use crate::runner::News;
use crate::runner::Progress;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;
use std::time::Duration;

/// A piece of news as lines for people; `None` where there is nothing to say.
pub fn news_human(news: &News) -> Option<String> {
    Some(match news {
        News::Queued { holder, waited } if waited.is_zero() || waited.as_secs() == 0 => {
            format!("another run is at work ({holder}): waiting for its end")
        }
        News::Queued { holder, waited } => {
            format!("still waiting for the other run ({holder}), {} so far", span(*waited))
        }
        News::Opened => "the ledger is made, in the schema `migrate`".to_owned(),
        News::Begun { step, sql } => format!("{}: {}", name(step), first_words(sql)),
        News::Working { step, waited, progress } => {
            let progress = progress.as_ref().map(|it| format!(", {}", words(it)));
            let progress = progress.unwrap_or_default();
            format!("{}: at work for {}{progress}", name(step), span(*waited))
        }
        News::Blocked { step, by } => {
            let lines: Vec<String> = by.iter().map(blocker).collect();
            format!("{}: waits for\n{}", name(step), lines.join("\n"))
        }
        News::Again { step, tries, pause, why } => format!(
            "{}: {why}; let go so that nobody stands behind it, try {} in {}",
            name(step),
            tries + 1,
            span(*pause)
        ),
        News::Mended { step, what } => format!("{}: {what}", name(step)),
        News::Done { tries: 0, .. } => return None,
        News::Done { step, tries, took } => {
            let tries = if *tries > 1 { format!(", {tries} tries") } else { String::new() };
            format!("{}: done in {}{tries}", name(step), span(*took))
        }
    })
}

/// A piece of news as a JSON object on a line.
pub fn news_json(news: &News) -> String {
    let of = |event: &str, step: &StepRef, more: Value| {
        let mut value = json!({
            "event": event, "change": step.change, "phase": step.phase, "step": step.step,
            "of": step.of,
        });
        if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
            value.extend(more.clone());
        }
        value
    };
    let seconds = |span: &Duration| span.as_secs_f64();
    let value = match news {
        News::Queued { holder, waited } => {
            json!({ "event": "queued", "holder": holder, "waited_s": seconds(waited) })
        }
        News::Opened => json!({ "event": "ledger-opened" }),
        News::Begun { step, sql } => of("begun", step, json!({ "sql": sql })),
        News::Working { step, waited, progress } => {
            let fraction = progress.as_ref().and_then(|progress| progress.fraction);
            let progress = progress.as_ref().map(words);
            let more = json!({
                "waited_s": seconds(waited), "progress": progress, "fraction": fraction,
            });
            of("working", step, more)
        }
        News::Blocked { step, by } => {
            let by: Vec<Value> = by.iter().map(blocker_json).collect();
            of("blocked", step, json!({ "by": by }))
        }
        News::Again { step, tries, pause, why } => {
            of("again", step, json!({ "tries": tries, "pause_s": seconds(pause), "why": why }))
        }
        News::Mended { step, what } => of("mended", step, json!({ "what": what })),
        News::Done { step, tries, took } => {
            of("done", step, json!({ "tries": tries, "took_s": seconds(took) }))
        }
    };
    value.to_string()
}

/// How far a statement is, in words.
fn words(progress: &Progress) -> String {
    let percent = progress.fraction.map(|part| format!(", {:.0} %", part * 100.0));
    format!("{}{}", progress.phase, percent.unwrap_or_default())
}

/// What of the news is drawn, where that can be: what goes on, and says no more than that.
pub fn news_drawn(news: &News) -> Option<Working> {
    match news {
        News::Working { step, waited, progress } => Some(Working {
            text: match progress {
                Some(progress) => format!("{}: {}", name(step), progress.phase),
                None => name(step),
            },
            fraction: progress.as_ref().and_then(|progress| progress.fraction),
            waited: *waited,
        }),
        News::Queued { holder, waited } if waited.as_secs() > 0 => Some(Working {
            text: format!("waiting for the other run ({holder})"),
            fraction: None,
            waited: *waited,
        }),
        _ => None,
    }
}

/// The last line.
pub fn expanded(done: Done, json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        let value = json!({ "event": "end", "steps": done.steps, "changes": done.changes });
        return writeln!(out, "{value}");
    }
    if done.steps == 0 {
        return writeln!(out, "nothing is due");
    }
    let (steps, changes) = (plural(done.steps, "step"), plural(done.changes, "change"));
    writeln!(out, "{steps} of {changes} done")
}

fn name(step: &StepRef) -> String {
    format!("{} {} {}/{}", step.change, step.phase, step.step, step.of)
}

/// The beginning of a statement, on one line.
pub(super) fn first_words(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(70) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn blocker(by: &Blocker) -> String {
    let depth = "  ".repeat(usize::try_from(by.depth).unwrap_or(1));
    let who = if by.application.is_empty() { &by.user } else { &by.application };
    format!("{depth}process {} ({who}), {} for {} s: {}", by.pid, by.state, by.seconds, by.query)
}

fn blocker_json(by: &Blocker) -> Value {
    json!({
        "pid": by.pid, "depth": by.depth, "user": by.user, "application": by.application,
        "state": by.state, "transaction_s": by.seconds, "query": by.query,
    })
}

/// A span of time in the unit that suits it.
pub(super) fn span(span: Duration) -> String {
    let millis = span.as_millis();
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
