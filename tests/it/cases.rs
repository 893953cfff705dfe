//! Snippets with the verdict that running servers gave: `tests/data/lint-cases.toml`.

use super::project::Project;
use super::project::root;
use serde::Deserialize;
use std::fs;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    postgres: u8,
    runner_wraps_in_transaction: bool,
    verdict: String,
    why: String,
    sql: String,
}

/// The oldest server that facts are known of.
const OLDEST: u8 = 12;

impl Case {
    /// Whether something must be found: what is called safe, and what is only worth knowing, stays
    /// silent.
    fn is_hazard(&self) -> bool {
        !["SAFE", "INFO"].iter().any(|word| self.verdict.starts_with(word))
    }

    /// What was found that fails a run.
    fn hazards(&self) -> Vec<String> {
        let project = Project::new().file("case.sql", &self.sql);
        let wrapping =
            if self.runner_wraps_in_transaction { "--in-transaction" } else { "--no-transaction" };
        let postgres = self.postgres.max(OLDEST);
        let words = format!("lint --format json --postgres {postgres} {wrapping} case.sql");
        let found = project.run(&words).found();
        found.into_iter().filter(|(_, severity)| severity != "info").map(|(rule, _)| rule).collect()
    }
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(root().join("tests/data/lint-cases.toml")).expect("the data");
    let cases: Cases = toml::from_str(&text).expect("the data is TOML of this form");
    assert!(cases.case.len() >= 67, "no case was lost");
    cases.case
}

#[test]
fn every_verdict_is_the_servers() {
    let mut wrong = Vec::new();
    for case in cases() {
        let hazards = case.hazards();
        if hazards.is_empty() == case.is_hazard() {
            let Case { id, verdict, why, sql, .. } = case;
            wrong.push(format!("{id}: {verdict} ({why}), found {hazards:?}\n{sql}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// For the reason that the case gives: the rule that must be among those that find something.
const REASONS: &[(&str, &str)] = &[
    ("N04", "add-column-volatile-default"),
    ("N06", "set-logged-unlogged"),
    ("N07", "set-tablespace"),
    ("N09", "vacuum-full"),
    ("N12", "concurrently-in-transaction"),
    ("N14", "concurrently-in-transaction"),
    ("N19", "ddl-with-backfill"),
    ("N21", "truncate"),
    ("N22", "drop-schema"),
    ("N24", "rename-object"),
    ("N26", "rename-object"),
    ("N27", "drop-object"),
    ("N28", "drop-object"),
    ("N31", "set-not-null-scan"),
    ("N32", "pk-implies-not-null-scan"),
    ("N34", "create-index-blocking"),
    ("N35", "create-index-blocking"),
    ("N39", "lock-timeout-ineffective"),
    ("N41", "drop-fk-locks-both"),
    ("N42", "drop-table"),
    ("N43", "create-trigger-blocking"),
    ("N45", "disable-trigger"),
    ("N46", "drop-pk"),
    ("N47", "replica-identity"),
    ("N48", "domain-add-constraint"),
    ("N53", "set-not-null-drops-proof"),
    ("N55", "add-column-default-then-dropped"),
    ("N65", "alter-type-unknown"),
    ("N69", "replace-view"),
    ("N70", "transaction-nesting"),
    ("N71", "add-column-volatile-default"),
    ("T22", "add-exclusion"),
    ("T23", "add-unique-builds-index"),
    ("X05", "cic-statement-timeout"),
    ("X06", "lock-timeout-ineffective"),
    ("X07", "alter-type-unknown"),
    ("X21", "insert-without-batches"),
    ("X25", "concurrently-in-transaction"),
    ("X26", "rename-column"),
];

#[test]
fn hazards_are_found_for_their_reasons() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (id, rule) in REASONS {
        let case = cases.iter().find(|case| case.id == *id).expect("the case is there");
        let hazards = case.hazards();
        if !hazards.iter().any(|found| found == rule) {
            wrong.push(format!("{id}: {rule} is not among {hazards:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
