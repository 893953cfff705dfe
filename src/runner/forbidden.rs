//! Statements that no run takes from a file: those that give up the turn, those on the ledger, and
//! those on what only the session that made it has.

use super::error::RunError;
use crate::plan::Drift;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::schema::TEMPORARY_SCHEMA;
use crate::sql;
use crate::sql::Body;
use crate::sql::Span;
use crate::sql::Statement;
use crate::store::LOCK;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The schema of the ledger.
const LEDGER: &str = "migrate";

const TURN: &str = "it gives up the lock by which one run at a time is at work, and others would \
                    run the same steps; leave it out";

const ON_LEDGER: &str = "it is on the schema `migrate`, which is the ledger's, and no change's to \
                         alter; leave it out";

const TEMPORARY: &str = "what it names is temporary, was made by an earlier step, and is gone in \
                         the run after one that stops between; make and use it in one BEGIN … \
                         COMMIT or DO block, write it as a WITH query, or take a real table";

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

/// Whether steps that are due use nothing temporary that another step of the file makes.
pub(super) fn must_share_nothing_temporary(
    file: &PhaseFile,
    all: &[Step],
    due: &[Step],
) -> Result<(), RunError> {
    let mut made: BTreeSet<String> = BTreeSet::new();
    for step in all {
        let is_due = due.iter().any(|due| due.at.step == step.at.step);
        // What this step makes, and whether it is there after the step.
        let mut own: BTreeMap<String, bool> = BTreeMap::new();
        for statement in &file.script.statements[step.statements.clone()] {
            let words = words_of(&file.text, statement);
            let names = temporary(&words);
            let may_be_there = words.windows(3).any(|three| three == ["if", "not", "exists"]);
            let in_doubt = |name: &String| may_be_there && made.contains(name);
            let new = names.iter().filter(|name| !in_doubt(name)).cloned();
            let lasts = ended_by_commit(&words) < names.len();
            own.extend(new.map(|name| (name, lasts)));
            let is_others = |name: &String| made.contains(name) && !own.contains_key(name);
            if is_due && mentioned(&words).iter().any(is_others) {
                return Err(refused(file, statement, TEMPORARY));
            }
            for name in dropped(statement) {
                own.remove(&name);
                made.remove(&name);
            }
        }
        made.extend(own.into_iter().filter(|(_, lasts)| *lasts).map(|(name, _)| name));
    }
    Ok(())
}

/// How often a statement says `ON COMMIT DROP`.
fn ended_by_commit(words: &[String]) -> usize {
    words.windows(3).filter(|three| *three == ["on", "commit", "drop"]).count()
}

/// All that a statement may name: its words, and what it says to be in the temporary schema.
fn mentioned(words: &[String]) -> Vec<String> {
    let in_schema =
        words.windows(3).filter(|three| three[0] == TEMPORARY_SCHEMA && three[1] == ".");
    words.iter().cloned().chain(in_schema.map(<[String]>::concat)).collect()
}

/// What a statement drops that may be temporary.
fn dropped(statement: &Statement) -> Vec<String> {
    let Body::Drop(drop) = &statement.body else { return Vec::new() };
    let names = drop.objects.iter().map(|object| &object.name);
    names
        .filter(|name| name.schema.as_ref().is_none_or(|schema| schema == TEMPORARY_SCHEMA))
        .flat_map(|name| [name.name.clone(), format!("{TEMPORARY_SCHEMA}.{}", name.name)])
        .collect()
}

fn refused(file: &PhaseFile, statement: &Statement, why: &str) -> RunError {
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

/// The names of what a statement makes for its session only.
fn temporary(words: &[String]) -> Vec<String> {
    const BEFORE: &[&str] = &["or", "replace", "local", "global"];
    const MARKS: &[&str] = &["temp", "temporary"];
    const KINDS: &[&str] =
        &["recursive", "unlogged", "table", "view", "sequence", "if", "not", "exists"];
    const ROUTINES: &[&str] = &["function", "procedure", "aggregate"];
    const TYPES: &[&str] = &["type", "domain"];
    let is = |at: usize, wanted: &[&str]| words.get(at).is_some_and(|it| wanted.contains(&&**it));
    let after = |from: usize, passed: &[&str]| (from..=words.len()).find(|at| !is(*at, passed));
    let name = |at: usize| match words.get(at).map(String::as_str) {
        Some("create") => {
            let mark = after(at + 1, BEFORE)?;
            let marked = is(mark, MARKS);
            let name = after(mark + usize::from(marked), KINDS)?;
            // A routine is found only where its schema is named as well.
            let routine = !marked && is(name, ROUTINES);
            let name = name + usize::from(routine || !marked && is(name, TYPES));
            let own = is(name, &[TEMPORARY_SCHEMA]);
            let name = words.get(name + if own { 2 } else { 0 })?;
            let said = || if routine { format!("{TEMPORARY_SCHEMA}.{name}") } else { name.clone() };
            (marked || own).then(said)
        }
        Some("into") if is(0, &["select", "with"]) && is(at + 1, MARKS) => {
            words.get(after(at + 2, KINDS)?).cloned()
        }
        _ => None,
    };
    (0..words.len()).filter_map(name).collect()
}

/// The words of a statement, names without quotes; those of a block's strings as well.
fn words_of(text: &str, statement: &Statement) -> Vec<String> {
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
