//! What the analyser says beside what servers 14 to 18 did: locks, rewrites, scans, transactions
//! and refusals of some nine hundred statements (`tests/data/locks`).

use super::project::root;
use migrate::effect::Analysis;
use migrate::effect::Delivery;
use migrate::effect::LockMode;
use migrate::effect::Replay;
use migrate::schema::Schema;
use migrate::sql;
use migrate::version::Major;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    /// Committed before.
    setup: Option<String>,
    /// What the session did before.
    session: Option<String>,
    sql: String,
    /// Rows that follow it.
    stdin: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
}

#[derive(Deserialize)]
struct Observations {
    base_relations: BTreeMap<String, String>,
    observed: Vec<Observed>,
}

/// What some servers did.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Observed {
    id: String,
    servers: Vec<u8>,
    /// The SQLSTATE of a refusal; then the rest is not known.
    error: Option<String>,
    in_transaction: Option<bool>,
    /// The strongest mode of each relation.
    locks: BTreeMap<String, String>,
    /// Given back before the end.
    locks_transient: BTreeMap<String, String>,
    rewrites: BTreeSet<String>,
    scans: BTreeSet<String>,
    scans_optional: BTreeSet<String>,
    emptied: BTreeSet<String>,
    created: BTreeMap<String, String>,
    /// The kinds of relations that the case's own setup makes.
    setup_relations: BTreeMap<String, String>,
    setup_dropped: Vec<String>,
}

/// What is known to differ, with the reason; each is tested to differ still.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "create-index-concurrently-temp-table",
        "it was stopped before its scan counted; left to end, seq_scan goes from 0 to 1",
    ),
    ("detach-partition-finalize-not-pending", "that a detachment failed is not in the files"),
];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the data is there")
}

fn script(text: &str) -> sql::Script {
    sql::read(text, std::slice::from_ref(&(0..text.len())))
}

/// What the analyser says of a case's statement, on what the fixture left.
fn analyse(case: &Case, fixture: &Schema, server: u8) -> Analysis {
    let mut text = String::new();
    for part in case.session.iter().chain([&case.sql]) {
        text.push_str(part.trim_end().trim_end_matches(';'));
        text.push_str(";\n");
    }
    if let Some(rows) = &case.stdin {
        text.push_str(rows);
        text.push_str("\\.\n");
    }
    let postgres = Major::new(server.into()).expect("a version that is known");
    let mut replay = Replay::new(fixture.clone(), postgres);
    if let Some(setup) = &case.setup {
        replay.learn(&script(setup));
    }
    replay.next_unit();
    let one_by_one = Delivery { wrapped: false, one_message: false };
    replay.judge(&script(&text), one_by_one).pop().expect("a statement").analysis
}

/// What the fixture leaves, in a database in which nobody else writes.
fn fixture() -> Schema {
    let mut replay = Replay::new(Schema::empty(), Major::DEFAULT);
    replay.schema.trust_rows();
    replay.learn(&script(&read("tests/data/locks/base.sql")));
    replay.schema
}

/// A lock mode as `pg_locks` writes it.
fn mode(mode: LockMode) -> String {
    let words = mode.words().to_ascii_lowercase();
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    words.split(' ').map(capital).collect::<String>() + "Lock"
}

/// The locks that are compared: on what existed before, of the kinds that the case is about.
fn compared(
    locks: &BTreeMap<String, String>,
    kinds: &BTreeMap<&str, &str>,
    case: &Case,
    observed: &Observed,
) -> BTreeMap<String, String> {
    let tagged = |tag: &str| case.tags.iter().any(|known| known == tag);
    let is_compared = |name: &&String| match kinds.get(name.as_str()) {
        Some(&("i" | "I")) => tagged("compare-indexes"),
        Some(&"c") => false,
        Some(&"S") => tagged("compare-sequences"),
        Some(_) => true,
        None => !observed.created.contains_key(*name),
    };
    let weak = |mode: &str| mode == "AccessShareLock" && !tagged("compare-access-share");
    let kept = locks.iter().filter(|(name, mode)| is_compared(name) && !weak(mode));
    kept.map(|(name, mode)| (name.clone(), mode.clone())).collect()
}

/// What differs.
fn differences(
    case: &Case,
    observed: &Observed,
    base: &Observations,
    said: &Analysis,
) -> Vec<String> {
    let mut found = Vec::new();
    let skips = |field: &str| case.ignore.iter().any(|known| known == field);
    if let Some(expected) = observed.in_transaction
        && expected != said.transactional
        && !skips("in_transaction")
    {
        found.push(format!("may run in a transaction: {expected}"));
    }
    let refusal = said.refusal.as_ref().map(|refusal| refusal.sqlstate);
    // What depends on the rows need not be foreseen.
    let of_rows = |state: &String| state.starts_with("22") || state.starts_with("23");
    if refusal != observed.error.as_deref()
        && !(refusal.is_none() && observed.error.as_ref().is_some_and(of_rows))
    {
        found.push(format!("refused: {:?}, not {refusal:?}", observed.error));
    }
    if observed.error.is_some() {
        return found;
    }
    let gone = |name: &str| observed.setup_dropped.iter().any(|dropped| dropped == name);
    let kinds: BTreeMap<&str, &str> = base
        .base_relations
        .iter()
        .filter(|(name, _)| !gone(name))
        .chain(&observed.setup_relations)
        .map(|(name, kind)| (name.as_str(), kind.as_str()))
        .collect();
    if !skips("locks") {
        let said = said.locks.iter().map(|(name, held)| (name.to_string(), mode(*held))).collect();
        let said = compared(&said, &kinds, case, observed);
        let wanted = compared(&observed.locks, &kinds, case, observed);
        let names: BTreeSet<&String> = said.keys().chain(wanted.keys()).collect();
        for name in names {
            let (ours, theirs) = (said.get(name), wanted.get(name));
            let transient = observed.locks_transient.get(name);
            let passes = transient.is_some() && (ours == theirs || ours == transient);
            if ours != theirs && !passes {
                found.push(format!("lock on {name}: {theirs:?}, not {ours:?}"));
            }
        }
    }
    for (field, said, wanted) in
        [("rewrites", &said.rewrites, &observed.rewrites), ("scans", &said.scans, &observed.scans)]
    {
        let optional = |name: &&String| {
            observed.emptied.contains(*name)
                || field == "scans" && observed.scans_optional.contains(*name)
        };
        let heap = |name: &String| match kinds.get(name.as_str()) {
            Some(kind) => ["r", "m"].contains(kind),
            None => !observed.created.contains_key(name),
        };
        let said: BTreeSet<String> = said.iter().map(ToString::to_string).filter(heap).collect();
        let said: BTreeSet<&String> = said.iter().filter(|name| !optional(name)).collect();
        let wanted: BTreeSet<&String> = wanted.iter().filter(|name| !optional(name)).collect();
        if said != wanted && !skips(field) {
            found.push(format!("{field}: {wanted:?}, not {said:?}"));
        }
    }
    found
}

#[test]
fn what_is_said_is_what_servers_did() {
    let cases: Cases = toml::from_str(&read("tests/data/locks/cases.toml")).expect("TOML");
    let all: Observations =
        serde_json::from_str(&read("tests/data/locks/observed.json")).expect("JSON");
    let fixture = fixture();
    let (mut wrong, mut seen, mut compared) = (Vec::new(), BTreeSet::new(), 0);
    for observed in &all.observed {
        let case = cases.case.iter().find(|case| case.id == observed.id).expect("a case");
        for &server in &observed.servers {
            let found = differences(case, observed, &all, &analyse(case, &fixture, server));
            compared += 1;
            if found.is_empty() {
                continue;
            }
            match DIFFERENT.iter().find(|(id, _)| *id == case.id) {
                Some((id, _)) => drop(seen.insert(*id)),
                None => wrong.push(format!("{} on {server}: {}", case.id, found.join("; "))),
            }
        }
    }
    assert!(3_300 < compared, "no observation was lost: {compared}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: BTreeSet<&str> = DIFFERENT.iter().map(|(id, _)| *id).collect();
    assert_eq!(listed, seen, "what is listed as different still is");
}
