//! `docs/backfill.md` and its templates: what they show is there.

use super::project::root;
use super::yaml;
use super::yaml::text;
use migrate::backfill;
use migrate::cli::Exit;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("no {path}"))
}

fn help(words: &[&str]) -> String {
    let asked = Command::new(env!("CARGO_BIN_EXE_migrate")).args(words).arg("--help").output();
    let said = asked.expect("it runs").stdout;
    String::from_utf8(said).expect("it is text")
}

/// Sees that `backfill run` has each option that is asked of it, of which there is one at least.
fn has_options<'a>(words: impl Iterator<Item = &'a str>) {
    let told = help(&["backfill", "run"]);
    let known: BTreeSet<&str> = told
        .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-')
        .filter(|word| word.starts_with("--"))
        .collect();
    let asked: Vec<&str> = words.filter(|word| word.starts_with("--")).collect();
    assert!(!asked.is_empty(), "no option is asked for");
    for word in asked {
        assert!(known.contains(word), "`backfill run` has no {word}");
    }
}

/// Sees that a command ends with each code that is named.
fn ends_with(codes: &[u64]) {
    let known: Vec<u64> = Exit::ALL.iter().map(|exit| u64::from(exit.code())).collect();
    for code in codes {
        assert!(known.contains(code), "nothing ends with {code}");
    }
}

#[test]
fn every_command_is_told_of() {
    let page = file("docs/backfill.md");
    let told = help(&["backfill"]);
    let commands = told.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let forms = [format!("`{name}"), format!("backfill {name}")];
        assert!(forms.iter().any(|form| page.contains(form)), "it does not name {name}");
    }
}

#[test]
fn the_job_asks_for_what_is_there_and_knows_how_it_ends() {
    let job = yaml::documents("templates/backfill-job.yaml").remove(0);
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let words = ["command", "args"].iter().filter_map(|key| container[*key].as_array());
    has_options(words.flatten().map(text));
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array().expect("a list");
    let codes = rules.iter().filter_map(|rule| rule["onExitCodes"]["values"].as_array());
    let codes: Vec<u64> = codes.flatten().filter_map(serde_json::Value::as_u64).collect();
    assert!(codes.len() >= 6, "{codes:?}");
    ends_with(&codes);
    // A pod that is replaced goes on; after all else a person has to look.
    let rule = |action: &str| rules.iter().find(|rule| rule["action"] == action).expect("a rule");
    let values = |action: &str| rule(action)["onExitCodes"]["values"].clone();
    assert_eq!(values("Ignore"), serde_json::json!([4, 9, 75]));
    assert_eq!(values("FailJob"), serde_json::json!([2, 3, 7, 8]));
}

#[test]
fn the_unit_asks_for_what_is_there() {
    let unit = file("templates/migrate-backfill.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.expect("it starts something");
    has_options(start.split_whitespace());
    let codes = |key: &str| -> Vec<u64> {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let line = line.unwrap_or_else(|| panic!("no {key}"));
        line.split_whitespace().map(|code| code.parse().expect("a number")).collect()
    };
    let person = codes("RestartPreventExitStatus");
    assert!(!person.is_empty());
    ends_with(&person);
    // Told to stop, it ends well; where no database answered, it tries again all the same.
    let stopped = [u64::from(Exit::Unreachable.code())];
    assert_eq!(codes("SuccessExitStatus"), stopped);
    assert_eq!(codes("RestartForceExitStatus"), stopped);
    assert!(!person.contains(&stopped[0]), "it does not go on");
}

#[test]
fn the_unit_is_started_as_it_says() {
    let unit = file("templates/migrate-backfill.service");
    // What is not enabled is not there after a restart of the machine.
    assert!(unit.contains("WantedBy=multi-user.target"), "{unit}");
    assert!(unit.contains("#   systemctl enable --now migrate-backfill\n"), "{unit}");
}

#[test]
fn servers_that_are_too_old_are_told_so() {
    for (version, major) in [(90_624, "9"), (120_022, "12"), (130_014, "13"), (139_999, "13")] {
        let why = backfill::too_old(version).expect("it is too old");
        assert!(why.contains(&format!("PostgreSQL {major}:")), "{version}: {why}");
        assert!(why.contains("need 14 or newer"), "{version}: {why}");
    }
    for version in [140_000, 150_018, 180_001] {
        assert_eq!(backfill::too_old(version), None, "{version}");
    }
    for page in ["docs/backfill.md", "README.md"] {
        let told = ["needs PostgreSQL 14", "Backfills need 14"];
        assert!(told.iter().any(|told| file(page).contains(told)), "{page} does not say so");
    }
}
