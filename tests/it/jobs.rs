//! Statements of a `migrate.sql` as jobs: the text of their batches, and what is in the way of
//! those that are none.

use crate::backfills::cases;
use crate::backfills::worked;
use crate::golden;
use crate::project::Project;
use migrate::job::Job;
use migrate::job::Refused;
use migrate::job::Work;
use std::fmt::Write as _;

fn told(work: &Result<Vec<Work>, Vec<Refused>>) -> String {
    match work {
        Ok(work) => work.iter().map(told_work).collect(),
        Err(refused) => refused.iter().map(told_refusal).collect(),
    }
}

fn told_work(work: &Work) -> String {
    match work {
        Work::Whole(whole) => format!("whole: {}\n", whole.sql),
        Work::Batches(job) => told_job(job),
    }
}

fn told_job(job: &Job) -> String {
    let mut text = String::new();
    let Job { walked, written, alias, twice, sets, .. } = job;
    let _ = writeln!(text, "batch: {}", job.batch("<rows>"));
    let _ = writeln!(text, "rest:  {}", job.rest.as_deref().unwrap_or("-"));
    let _ = writeln!(text, "{twice:?}: {walked} as {alias}, into {written} ({})", sets.join(", "));
    text
}

fn told_refusal(refused: &Refused) -> String {
    let Refused { code, why, instead, .. } = refused;
    format!("[{code}] {why}\ninstead: {instead}\n")
}

#[test]
fn each_statement_is_told_so() {
    let (mut all, mut faults) = (String::new(), Vec::new());
    for case in cases() {
        let work = worked(&case.sql);
        let got = match &work {
            Ok(work) if work.iter().all(|work| matches!(work, Work::Whole(_))) => {
                "whole".to_owned()
            }
            Ok(_) => "accepted".to_owned(),
            Err(refused) => format!("refused {}", refused[0].code),
        };
        if got != case.expected.trim_end_matches(" anew") {
            faults.push(format!("{}: {}: {got}: {work:?}", case.expected, case.sql));
        }
        let _ = writeln!(all, "## {}: {}\n{}", case.expected, case.name, told(&work));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    golden::check("tests/data/backfills.told", &all).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn each_place_in_the_table_is_taken() {
    let count = |word: &str| cases().iter().filter(|case| case.expected.starts_with(word)).count();
    assert!(count("accepted") >= 40 && count("refused") >= 40);
}

#[test]
fn several_statements_are_jobs_in_their_order() {
    let sql = "UPDATE users SET plan = 'a' WHERE plan IS NULL;\n-- and then\n\
               ALTER TABLE orders VALIDATE CONSTRAINT orders_amount_positive;\nDELETE FROM orders;";
    let work = worked(sql).expect("all of it is work");
    let places: Vec<u32> = work
        .iter()
        .map(|work| match work {
            Work::Batches(job) => job.place,
            Work::Whole(whole) => whole.place,
        })
        .collect();
    assert_eq!(places, [1, 2, 3]);
    let [Work::Batches(_), Work::Whole(_), Work::Batches(_)] = work.as_slice() else {
        panic!("{work:?}")
    };
}

#[test]
fn all_that_is_in_the_way_is_told_at_once() {
    let sql = "\\set a 1\nUPDATE users SET balance = balance + 1;\nBEGIN;\nDELETE FROM orders;";
    let refused = worked(sql).expect_err("it is refused");
    let codes: Vec<&str> = refused.iter().map(|refused| refused.code).collect();
    assert_eq!(codes, ["psql-command", "self-reference", "transaction"]);
}

#[test]
fn what_is_given_instead_is_not_refused_itself() {
    let mut taken = 0;
    for case in cases() {
        let Err(refused) = worked(&case.sql) else { continue };
        let instead = &refused[0].instead;
        if instead.ends_with(';') && !instead.contains('…') {
            taken += 1;
            let work = worked(instead);
            assert!(work.is_ok(), "{instead}\n{work:?}");
        }
    }
    assert!(taken >= 20, "{taken}");
}

const CHANGE: &str = "migrations/20260105090000_fill";

fn project(migrate: &str) -> Project {
    let expand = "CREATE TABLE users (id bigint PRIMARY KEY, email text, email_lower text);";
    Project::new()
        .file("migrations/20260101000000_users/expand.sql", expand)
        .file(&format!("{CHANGE}/migrate.sql"), migrate)
}

#[test]
fn a_plan_shows_the_batch_and_why_it_may_run_twice() {
    let sql = "UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;\n";
    let run = project(sql).run("backfill plan --change fill");
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        run.out,
        "-- 1. migrations/20260105090000_fill/migrate.sql: batch by batch, over the rows of \
         public.users\n\
         -- it may run twice: a row that is done does not fulfil the condition any more\n\
         -- left to do: (email_lower IS NULL) AND (lower(email) IS NOT NULL)\n\
         UPDATE users SET email_lower = lower(email) WHERE (email_lower IS NULL) AND (<a range of \
         users>) AND (lower(email) IS NOT NULL);\n\n"
    );
}

#[test]
fn what_is_refused_is_shown_in_its_place() {
    let run = project("UPDATE users SET email = email || 'x';\n")
        .run("backfill plan --change 20260105090000_fill");
    assert_eq!(run.code, 3, "{}", run.err);
    let expected = "\
refused[self-reference]

  × `email` is made from itself: a row that is done twice changes twice
   ╭─[migrations/20260105090000_fill/migrate.sql:1:26]
 1 │ UPDATE users SET email = email || 'x';
   ·                          ────────────
   ╰────
  help: instead: UPDATE users SET email = email || 'x', email_done = true WHERE email_done IS NOT
        TRUE;

";
    assert_eq!(run.out, expected);
}

#[test]
fn the_linter_refuses_what_the_plan_refuses() {
    for case in cases() {
        let given = crate::backfills::given();
        let project = Project::new()
            .file("given.sql", given)
            .file(&format!("{CHANGE}/migrate.sql"), &case.sql);
        let run = project.run("lint --format json --history given.sql migrations");
        let found = run.json()["findings"].as_array().expect("a list").clone();
        let own: Vec<&serde_json::Value> = found
            .iter()
            .filter(|one| one["rule"].as_str().is_some_and(|rule| rule.starts_with("backfill-")))
            .collect();
        let cutting = found
            .iter()
            .any(|one| one["rule"].as_str().is_some_and(|rule| rule.ends_with("-without-batches")));
        assert!(!cutting, "{}: two rules speak of one thing", case.sql);
        match worked(&case.sql) {
            Ok(_) => assert!(own.is_empty(), "{}: {own:?}", case.sql),
            Err(refused) if own.is_empty() => assert!(
                ["unreadable", "truncate"].contains(&refused[0].code),
                "{}: nobody says {}",
                case.sql,
                refused[0].code
            ),
            Err(refused) => assert_eq!(own[0]["message"], refused[0].why, "{}", case.sql),
        }
    }
}
