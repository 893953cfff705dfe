//! The SQL of the pages on a real server: it takes what we understand, refuses what we say it
//! refuses, with the same SQLSTATE, and locks, rewrites and reads what we say.

use crate::fences;
use crate::fences::Case;
use crate::left_out;
use crate::measure::Watch;
use crate::measure::is_any;
use crate::server::Server;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::effect::Analysis;
use migrate::effect::Confidence;
use migrate::effect::Fact;
use migrate::rules;
use migrate::version::Major;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// A test for each fence of each page.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for rule in rules::all() {
        for case in fences::cases(rule).unwrap_or_default() {
            // What an older server does not know is not asked of it.
            let needed = case.setting.postgres;
            if needed > Major::DEFAULT && needed.number() > major {
                continue;
            }
            let begin = start.clone();
            let name = format!("{}::{major}", case.name());
            trials.push(Trial::test(name, move || agrees(&begin(), case).map_err(Failed::from)));
        }
    }
    trials
}

/// Numbers for the names of databases.
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// What a server says that has no extension of that name, or is not set up for it.
const NOT_HERE: [&str; 2] = ["0A000: could not open extension", "58P01"];

/// Refusals that hang on what was done outside of any migration: whether the detachment of a
/// partition was interrupted, and so can be completed, is not in the schema.
const NOT_FORESEEN: [&str; 1] = ["55000: cannot complete detaching partition"];

fn agrees(server: &Server, mut case: Case) -> Result<(), String> {
    case.setting.postgres =
        Major::new(i64::from(server.major)).ok_or("nothing is known of this server")?;
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let session = server.database(&format!("case_{number}")).map_err(|error| reason(&error))?;
    for script in &case.history {
        session.run_each(script)?;
    }
    let files = fences::examine(&case);
    if files.iter().flat_map(|file| &file.facts).any(reads_rows) {
        session.run(FILL).map_err(|error| reason(&error))?;
    }
    let facts = files.iter().flat_map(|file| file.facts.iter().map(move |fact| (file, fact)));
    let wrapped = case.setting.wrapped;
    if wrapped {
        session.run("BEGIN").map_err(|error| reason(&error))?;
    }
    let mut watch = Watch::new(&session);
    let mut differences = Vec::new();
    for (file, fact) in facts {
        let sql = fact.analysis.span.of(&file.text);
        if sql.contains("${") || sql.contains("{{") {
            // What a tool fills in before it sends it is not the server's.
            continue;
        }
        let outcome = watch.run(fact, sql)?;
        let answer = outcome.answer;
        for difference in left_out::unexpected(&case, sql, outcome.differences) {
            differences.push(format!("{sql}\n{difference}"));
        }
        if answer.as_ref().is_err_and(|why| is_any(why, &NOT_HERE)) {
            break;
        }
        compare(&fact.analysis, &answer).map_err(|why| format!("{sql}\n{why}"))?;
        if answer.is_err() && fact.wrapping.is_some() {
            // The transaction is over: all that follows fails.
            break;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

/// Rows for tables that have none.
const FILL: &str = include_str!("fill.sql");

/// Whether it hangs on rows what a statement reads: the planner leaves out what joins with nothing.
fn reads_rows(fact: &Fact) -> bool {
    let words = ["select", "insert", "update", "delete", "merge", "do", "with", "table", "values"];
    words.iter().any(|word| fact.analysis.kind.starts_with(word))
}

fn compare(analysis: &Analysis, answer: &Result<(), String>) -> Result<(), String> {
    match (&analysis.refusal, answer) {
        (None, Ok(())) => Ok(()),
        (Some(refusal), Err(why)) if why.starts_with(refusal.sqlstate) => Ok(()),
        (Some(refusal), answer) => Err(format!(
            "we say that the server refuses it: {} {}; it says {answer:?}",
            refusal.sqlstate, refusal.message
        )),
        // What depends on the rows nobody can foretell.
        (None, Err(why)) if depends_on_rows(why) => Ok(()),
        (None, Err(why)) if is_any(why, &NOT_FORESEEN) => Ok(()),
        (None, Err(_)) if analysis.confidence != Confidence::Known => Ok(()),
        (None, Err(why)) => Err(format!("the server refuses it: {why}")),
    }
}

/// Whether a refusal is of data: classes 22 and 23.
fn depends_on_rows(sqlstate: &str) -> bool {
    sqlstate.starts_with("22") || sqlstate.starts_with("23")
}
