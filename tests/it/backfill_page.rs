//! `docs/backfill.md` and its templates: what they show is there.

use super::project::root;
use super::yaml;
use super::yaml::text;
use migrate::cli::Exit;
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
    let told = help(&["backfill", "run"]);
    let words = ["command", "args"].map(|key| container[key].as_array().expect("a list"));
    for word in words.into_iter().flatten().map(text).filter(|word| word.starts_with("--")) {
        assert!(told.contains(word), "`backfill run` has no {word}");
    }
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array().expect("a list");
    let codes = rules.iter().filter_map(|rule| rule["onExitCodes"]["values"].as_array());
    let known: Vec<u64> = Exit::ALL.iter().map(|exit| u64::from(exit.code())).collect();
    for code in codes.flatten().filter_map(serde_json::Value::as_u64) {
        assert!(known.contains(&code), "nothing ends with {code}");
    }
}

#[test]
fn the_unit_asks_for_what_is_there() {
    let unit = file("templates/migrate-backfill.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.expect("it starts something");
    let told = help(&["backfill", "run"]);
    for word in start.split_whitespace().filter(|word| word.starts_with("--")) {
        assert!(told.contains(word), "`backfill run` has no {word}");
    }
}
