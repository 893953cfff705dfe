//! Statements that no run takes from a file: those that give up the turn, and those on the ledger.

use super::error::RunError;
use crate::plan::Drift;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::sql;
use crate::sql::Body;
use crate::sql::Span;
use crate::sql::Statement;
use crate::store::LOCK;

/// The schema of the ledger.
const LEDGER: &str = "migrate";

const TURN: &str = "it gives up the lock by which one run at a time is at work, and others would \
                    run the same steps; leave it out";

const ON_LEDGER: &str = "it is on the schema `migrate`, which is the ledger's, and no change's to \
                         alter; leave it out";

/// The words after which the name of a table stands.
const INTRODUCES: &[&str] = &["from", "join", "using", "into", "update", "only", "table"];

/// How deep strings of a block are looked into: a block, an EXECUTE in it, a string in that.
const DEPTH_MAX: usize = 3;

/// Whether steps of a file leave the turn and the ledger alone.
pub(super) fn must_leave_alone(file: &PhaseFile, steps: &[Step]) -> Result<(), RunError> {
    let end = steps.last().map_or(0, |last| last.statements.end);
    for (at, statement) in file.script.statements[..end].iter().enumerate() {
        // What a file has set holds for its steps, and is none itself.
        let is_due = steps.iter().any(|step| step.statements.contains(&at));
        if !is_due && !matches!(statement.body, Body::Set(_)) {
            continue;
        }
        let words = words_of(&file.text, statement);
        if gives_up_the_turn(statement, &words) {
            return Err(refused(file, statement, TURN));
        }
        if is_on_the_ledger(statement, &words) {
            return Err(refused(file, statement, ON_LEDGER));
        }
    }
    Ok(())
}

/// A statement that is not run, with the reason.
pub(super) fn refused(file: &PhaseFile, statement: &Statement, why: &str) -> RunError {
    Drift::from(file.fault(statement.span, why)).into()
}

fn gives_up_the_turn(statement: &Statement, words: &[String]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let (key, high) = (LOCK.to_string(), (LOCK >> 32).to_string());
    matches!(statement.body, Body::Utility("discard-all"))
        || has("pg_advisory_unlock_all")
        || has("pg_advisory_unlock") && (has(&key) || has(&high))
        || ends_itself(words)
}

/// Whether its own session is what it ends: those of others may be ended.
fn ends_itself(words: &[String]) -> bool {
    let ends = words.iter().enumerate().filter(|(_, word)| *word == "pg_terminate_backend");
    ends.into_iter().any(|(at, _)| {
        let mut inside = words[at + 1..].iter().map(String::as_str);
        inside.find(|word| !["(", "pg_catalog", "."].contains(word)) == Some("pg_backend_pid")
    })
}

fn is_on_the_ledger(statement: &Statement, words: &[String]) -> bool {
    let writes = || {
        let verbs = ["insert", "update", "delete", "merge", "into"];
        words.iter().any(|word| verbs.contains(&word.as_str()))
    };
    match &statement.body {
        Body::Set(set) => {
            let values = set.values.iter().flatten();
            return set.name == "search_path" && values.into_iter().any(|value| value == LEDGER);
        }
        Body::Query(query) => {
            let paths = query.settings.iter().filter(|set| set.name == "search_path");
            let mut names = paths.flat_map(|set| set.value.split(','));
            if names.any(|name| name.trim().trim_matches('"') == LEDGER) {
                return true;
            }
            // Who reads it, or says by a function that a service is alive, does no harm.
            if !writes() {
                return false;
            }
        }
        _ => {}
    }
    let is_alias = matches!(statement.body, Body::Query(_) | Body::Data(_)) && has_alias(words);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    (0..words.len()).filter(|at| word(*at) == LEDGER).any(|at| {
        let before = (0..at).rev().map(word).find(|word| !["if", "not", "exists"].contains(word));
        let is_column = || {
            is_alias && word(at + 3) != "(" && before.is_none_or(|word| !INTRODUCES.contains(&word))
        };
        word(at + 1) == "." && before != Some(".") && !is_column() || before == Some("schema")
    })
}

/// Whether a query gives a table of its own the ledger's name, so that its columns bear it.
fn has_alias(words: &[String]) -> bool {
    let word = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", String::as_str);
    let introduces = |at: Option<usize>| INTRODUCES.contains(&word(at));
    (0..words.len()).filter(|at| words[*at] == LEDGER && word(at.checked_add(1)) != ".").any(|at| {
        let back = |by: usize| at.checked_sub(by);
        let in_schema = || word(back(2)) == "." && introduces(back(4));
        word(back(1)) == "as" || introduces(back(1)) || introduces(back(2)) || in_schema()
    })
}

/// The words of a statement, names without quotes; those of a block's strings as well.
pub(super) fn words_of(text: &str, statement: &Statement) -> Vec<String> {
    let depth = if matches!(statement.body, Body::Do(_)) { DEPTH_MAX } else { 0 };
    let mut words = Vec::new();
    collect(text, statement.span, depth, &mut words);
    words
}

fn collect(text: &str, span: Span, depth: usize, words: &mut Vec<String>) {
    for word in sql::words(text, span) {
        let word = word.of(text);
        let inner = match word.chars().next() {
            Some('\'') => word.trim_matches('\''),
            Some('$') => word.get(1..).and_then(|rest| rest.split_once('$')).map_or("", |it| it.1),
            Some('"') => {
                words.push(word.trim_matches('"').to_owned());
                continue;
            }
            _ => {
                words.push(word.to_lowercase());
                continue;
            }
        };
        if depth > 0 {
            let end = inner.rfind('$').filter(|_| word.starts_with('$')).unwrap_or(inner.len());
            let end = inner[..end].rfind('$').filter(|_| word.starts_with('$')).unwrap_or(end);
            collect(inner, Span::new(0, end), depth - 1, words);
        }
    }
}
