//! Temporary objects that one step makes and another uses: a run that begins between them has none.

use super::error::RunError;
use super::forbidden::refused;
use super::forbidden::words_of;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::schema::TEMPORARY_SCHEMA;
use crate::sql::Body;
use crate::sql::Statement;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

const TEMPORARY: &str = "what it names is temporary, was made by an earlier step, and is gone in \
                         the run after one that stops between; make and use it in one BEGIN … \
                         COMMIT or DO block, write it as a WITH query, or take a real table";

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
