//! `templates/check.yml`: a component of GitLab's CI, whose script is run here as a runner would.

use super::yaml;
use super::yaml::Clone;
use super::yaml::StandIn;
use super::yaml::text;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const REAL: &str = env!("CARGO_BIN_EXE_migrate");

/// The inputs that the component declares, and its jobs with these values in their place.
fn component(given: &[(&str, &str)]) -> (BTreeMap<String, String>, Value) {
    let mut documents = yaml::documents("templates/check.yml");
    assert_eq!(documents.len(), 2, "what is asked, and the jobs");
    let (jobs, head) = (documents.remove(1), documents.remove(0));
    let mut inputs = BTreeMap::new();
    for (name, input) in head["spec"]["inputs"].as_object().expect("there are inputs") {
        assert!(!text(&input["description"]).is_empty(), "{name} is described");
        inputs.insert(name.clone(), text(&input["default"]).to_owned());
    }
    for (name, value) in given {
        let known = inputs.insert((*name).to_owned(), (*value).to_owned());
        assert!(known.is_some(), "there is no input {name}");
    }
    let jobs = interpolate(&jobs, &inputs);
    (inputs, jobs)
}

/// A document with the inputs in it, as GitLab puts them there: into the values, not into the text.
fn interpolate(value: &Value, inputs: &BTreeMap<String, String>) -> Value {
    let fill = |text: &str| {
        let mut parts = text.split("$[[ inputs.");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(" ]]").expect("an input ends");
            filled += inputs.get(name).unwrap_or_else(|| panic!("nobody declares {name}"));
            filled += rest;
        }
        filled
    };
    match value {
        Value::String(text) => fill(text).into(),
        Value::Array(items) => items.iter().map(|item| interpolate(item, inputs)).collect(),
        Value::Object(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (fill(key), interpolate(value, inputs)));
            Value::Object(pairs.collect())
        }
        other => other.clone(),
    }
}

struct Ran {
    code: i32,
    log: String,
    report: Option<String>,
}

/// Runs the script of the job in a clone, with these programs first on the path.
fn run(clone: &Clone, given: &[(&str, &str)], predefined: &[(&str, &str)]) -> Ran {
    let (_, jobs) = component(given);
    let job = &jobs["migrate-check"];
    let script = job["script"].as_array().expect("a list").iter().map(text);
    let path = std::env::var("PATH").expect("there is a PATH");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script.collect::<Vec<_>>().join("\n")])
        .current_dir(clone.path())
        .env_clear()
        .env("PATH", format!("{}:{path}", clone.outside().join("bin").display()))
        .env("HOME", clone.outside());
    for (name, value) in job["variables"].as_object().expect("there are variables") {
        shell.env(name, text(value));
    }
    shell.envs(predefined.iter().copied());
    let done = shell.output().expect("there is a shell");
    let log = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let report = text(&job["artifacts"]["reports"]["codequality"]);
    Ran {
        code: done.status.code().expect("no signal ended it"),
        log: log.concat(),
        report: fs::read_to_string(clone.path().join(report)).ok(),
    }
}

const MERGE_REQUEST: &[(&str, &str)] = &[
    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "origin/main"),
    ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", ""),
];

#[test]
fn it_is_a_component_for_merge_requests() {
    let (inputs, jobs) = component(&[]);
    let job = &jobs["migrate-check"];
    assert_eq!(jobs.as_object().map(serde_json::Map::len), Some(1), "one job");
    let keys: Vec<&str> = job.as_object().expect("a job").keys().map(String::as_str).collect();
    let known =
        ["artifacts", "cache", "image", "interruptible", "rules", "script", "stage", "variables"];
    for key in keys {
        assert!(known.contains(&key), "GitLab knows no {key}");
    }
    let rules = job["rules"].as_array().expect("there are rules");
    assert_eq!(rules.len(), 1, "in no other pipeline");
    assert_eq!(rules[0]["if"], "$CI_PIPELINE_SOURCE == \"merge_request_event\"");
    assert_eq!(job["variables"]["GIT_DEPTH"], "0");
    assert_eq!(job["artifacts"]["when"], "always", "a report of findings is one of a failed job");
    let file = fs::read_to_string(super::project::root().join("templates/check.yml"));
    let file = file.expect("it is there");
    for name in inputs.keys() {
        assert!(file.contains(&format!("$[[ inputs.{name} ]]")), "{name} is used");
    }
    let script = file.split_once("  script:\n").expect("there is one").1;
    assert!(!script.contains("$[["), "an input could become code");
}

#[test]
fn the_log_is_for_people_and_the_report_for_gitlab() {
    for (code, reported) in [(0, true), (3, true), (2, false), (1, false)] {
        let clone = Clone::whole();
        let migrate = StandIn::migrate(&clone.outside().join("bin"), code);
        let ran = run(&clone, &[], MERGE_REQUEST);
        assert_eq!(ran.code, code, "{}", ran.log);
        assert!(ran.log.contains("for people"), "{}", ran.log);
        assert_eq!(ran.report.as_deref(), reported.then_some("[]\n"), "{code}");
        assert_eq!(migrate.calls()[0], ["check", "--base=origin/main"]);
    }
}

#[test]
fn what_is_asked_for_reaches_migrate_and_is_no_code() {
    let clone = Clone::whole();
    let migrate = StandIn::migrate(&clone.outside().join("bin"), 0);
    let hostile = "x\"; touch pwned; $(touch pwned) `touch pwned` 'y";
    let args = format!("--rule\ndrop-table=off\n\n{hostile}");
    let given = [
        ("postgres", "15"),
        ("fail-on", hostile),
        ("working-directory", "db"),
        ("base", "HEAD~1"),
        ("args", &args),
    ];
    let ran = run(&clone, &given, MERGE_REQUEST);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.report.is_some(), "it stands in the root, where GitLab looks for it");
    let expected = [
        "check",
        "--base=HEAD~1",
        "--postgres=15",
        &format!("--fail-on={hostile}"),
        "--rule",
        "drop-table=off",
        hostile,
    ];
    assert_eq!(migrate.calls()[0], expected);
    for place in [clone.path(), clone.path().join("db"), clone.outside().to_owned()] {
        assert!(!place.join("pwned").exists(), "an input became code");
    }
}

#[test]
fn merged_results_start_from_the_target_that_was_merged() {
    let clone = Clone::whole();
    let migrate = StandIn::migrate(&clone.outside().join("bin"), 0);
    let predefined = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "nowhere"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "HEAD~1"),
    ];
    assert_eq!(run(&clone, &[], &predefined).code, 0);
    assert_eq!(migrate.calls()[0][1], "--base=HEAD~1");
}

#[test]
fn what_keeps_it_from_checking_is_said() {
    let clone = Clone::shallow();
    StandIn::migrate(&clone.outside().join("bin"), 0);
    let ran = run(&clone, &[], MERGE_REQUEST);
    assert_eq!(ran.code, 2);
    assert!(ran.log.contains("shallow") && ran.log.contains("GIT_DEPTH"), "{}", ran.log);

    let clone = Clone::whole();
    let ran = run(&clone, &[], MERGE_REQUEST);
    assert_eq!(ran.code, 2);
    assert!(ran.log.contains("not in this image"), "{}", ran.log);
}

#[test]
fn it_is_built_from_its_source_where_that_is_told() {
    let clone = Clone::whole();
    let built = StandIn::migrate(&clone.outside().join("built"), 0);
    let cargo =
        format!("mkdir -p .migrate/bin && cp '{}' .migrate/bin/migrate\n", built.path.display());
    let cargo = StandIn::new(&clone.outside().join("bin"), "cargo", &cargo);
    let given = [("source", "https://example.org/migrate.git"), ("tag", "v1")];
    let ran = run(&clone, &given, MERGE_REQUEST);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let root = clone.path().join(".migrate").display().to_string();
    let address = "https://example.org/migrate.git";
    let expected = ["install", "--locked", "--git", address, "--root", &root, "--tag", "v1"];
    assert_eq!(cargo.calls()[0], expected);
    assert_eq!(built.calls().len(), 2);
}

#[test]
fn it_refuses_a_drop_that_ships_with_code() {
    let clone = Clone::whole();
    let bin = clone.outside().join("bin");
    fs::create_dir_all(&bin).expect("made");
    std::os::unix::fs::symlink(REAL, bin.join("migrate")).expect("a link can be made");
    let ran = run(&clone, &[], MERGE_REQUEST);
    assert_eq!(ran.code, 3, "{}", ran.log);
    let report = ran.report.expect("there is a report");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let findings = report.as_array().expect("a list");
    assert!(findings.iter().any(|found| found["location"]["path"] == "db/migrations/002_drop.sql"));
}
