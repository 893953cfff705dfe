//! The demonstration as a story for people.

use super::Style;
use super::history;
use super::human::bold;
use super::human::brief;
use super::news::span;
use super::plural;
use super::verdict::line;
use crate::demo::Scene;
use crate::demo::Tally;
use crate::effect::Phase;
use crate::gate::Verdict;
use crate::lint::Finding;
use std::io;
use std::io::Write;

/// Writes a step of the demonstration.
pub fn scene(scene: &Scene, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match scene {
        Scene::Ready { version } => {
            writeln!(out, "PostgreSQL {version} runs on a socket of its own; it goes at the end.")?;
            writeln!(out, "`users.nickname` is to be called `display_name`; web@v1 uses it.")
        }
        Scene::Unsafe { sql, findings } => refused(sql, findings, style, out),
        Scene::Phases(phases) => self::phases(phases, style, out),
        Scene::Expanded { steps, took, clients } => {
            heading("3. Expand, under live traffic", style, out)?;
            let steps = plural(*steps, "step");
            writeln!(out, "  {steps} in {}; web@v2 starts beside web@v1, at 50 %", span(*took))?;
            tallies(clients, out)
        }
        Scene::Filled { took, batches, rows, left, clients } => {
            heading(
                "4. Migrate: fill in the rows that were there, under live traffic",
                style,
                out,
            )?;
            let took = span(*took);
            writeln!(
                out,
                "  in {batches} batches by two workers, {took}; what is left is counted:"
            )?;
            writeln!(out, "    {left}")?;
            writeln!(out, "  0 of {rows} rows")?;
            tallies(clients, out)
        }
        Scene::Blocked(verdict) => blocked(verdict, style, out),
        Scene::Soaked { old, window, waited } => {
            heading("6. The rollout ends, and soaks", style, out)?;
            writeln!(out, "  web@v2 is at 100 %, and web@v1 stops")?;
            tallies(std::slice::from_ref(old), out)?;
            writeln!(out, "  no row is left: proven again, as nobody writes the old way any more")?;
            let (window, waited) = (span(*window), span(*waited));
            writeln!(out, "  {window} of web@v2 alone at work were to be seen: seen after {waited}")
        }
        Scene::Contracted { verdict, new, refusal } => {
            heading("7. Contract, under live traffic", style, out)?;
            writeln!(out, "  {} checks hold: `users.nickname` is gone", verdict.checks.len())?;
            tallies(std::slice::from_ref(new), out)?;
            writeln!(out, "  {}", bold("$ migrate check-version web@v1", style))?;
            writeln!(out, "  refused: {refusal}")
        }
        Scene::Ledger { events, head: (seq, hash) } => {
            heading("8. The ledger, in the database itself", style, out)?;
            history(events, out)?;
            let hash = hex::encode(hash);
            let hash = hash.get(..12).unwrap_or_default();
            let chain = "each with the hash of the one before";
            writeln!(out, "  whole: {seq} events, {chain} ({hash}…)")?;
            writeln!(out, "\nEach step was seen to go as told. next: migrate init")
        }
    }
}

fn heading(text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", bold(text, style))
}

fn refused(sql: &str, findings: &[Finding], style: Style, out: &mut dyn Write) -> io::Result<()> {
    heading("1. The rename in one statement is refused", style, out)?;
    code(sql, out)?;
    for finding in findings {
        let mut text = Vec::new();
        brief(finding, "expand.sql", style, &mut text)?;
        wrapped(&String::from_utf8_lossy(&text), style, out)?;
    }
    Ok(())
}

fn phases(phases: &[(Phase, &str)], style: Style, out: &mut dyn Write) -> io::Result<()> {
    heading("2. The same in three phases, and nothing is found in them", style, out)?;
    for (phase, sql) in phases {
        let what = match phase {
            Phase::Expand => "adds what the new code needs; the old code does not notice",
            Phase::Migrate => "fills it in, in small steps",
            Phase::Contract => "takes away what nobody uses any more",
        };
        writeln!(out, "  {}: {what}", bold(&format!("{phase}.sql"), style))?;
        code(sql, out)?;
    }
    Ok(())
}

fn code(sql: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in sql.lines() {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    Ok(())
}

fn blocked(verdict: &Verdict, style: Style, out: &mut dyn Write) -> io::Result<()> {
    heading("5. The contract does not run yet", style, out)?;
    for check in verdict.open() {
        let mut text = Vec::new();
        line(check, &mut text)?;
        wrapped(&String::from_utf8_lossy(&text), style, out)?;
    }
    Ok(())
}

/// Writes a line as several that are not too wide; all but the first stand further in.
fn wrapped(text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut width = 0;
    for word in text.trim().split(' ') {
        let length = word.chars().count();
        if width == 0 {
            write!(out, "  {word}")?;
            width = 2 + length;
        } else if width + 1 + length > style.width {
            write!(out, "\n      {word}")?;
            width = 6 + length;
        } else {
            write!(out, " {word}")?;
            width += 1 + length;
        }
    }
    writeln!(out)
}

fn tallies(clients: &[Tally], out: &mut dyn Write) -> io::Result<()> {
    for Tally { version, column, statements, errors, slowest, .. } in clients {
        let errors = plural(usize::try_from(*errors).unwrap_or(usize::MAX), "error");
        let slowest = span(*slowest);
        writeln!(
            out,
            "  web@{version} ({column}): {statements} statements, {errors}, the slowest {slowest}"
        )?;
    }
    Ok(())
}
