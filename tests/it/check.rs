//! Change sets of git repositories: what ships together, and which code still uses what goes.

use crate::project::Project;
use crate::project::root;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;

/// A repository, and changes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    base: BTreeMap<String, String>,
    change: Vec<Change>,
}

/// A change set with its verdict.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    /// The rules that find something, errors and warnings.
    finds: Vec<String>,
    /// Lines of code that still use what goes.
    #[serde(default)]
    lines: Vec<String>,
    /// What the repository holds beside the base.
    #[serde(default)]
    before: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    deletes: Vec<String>,
}

fn stories() -> Vec<(String, Story)> {
    let folder = root().join("tests/data/changes");
    let mut stories = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("it is text");
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        stories.push((name, toml::from_str(&text).expect("the form is as it should be")));
    }
    stories
}

/// The repository of a story, with one change committed on top of its base.
fn repository(story: &Story, change: &Change) -> Project {
    let project = Project::new();
    project.git(&["init", "-q", "-b", "main"]);
    for (path, text) in story.base.iter().chain(&change.before) {
        project.write(path, text.trim_start());
    }
    project.commit("base");
    project.git(&["checkout", "-q", "-b", "work"]);
    for (path, text) in &change.files {
        project.write(path, text.trim_start());
    }
    for path in &change.deletes {
        fs::remove_file(project.path().join(path)).expect("it was there");
    }
    project.commit("change");
    project
}

/// Rules that find an error or a warning.
fn rules(report: &Value) -> BTreeSet<String> {
    let pressing = findings(report).filter(|finding| finding["severity"] != "info");
    pressing.map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    report["findings"].as_array().expect("a list").iter()
}

fn lines(report: &Value) -> BTreeSet<String> {
    let related = findings(report).filter_map(|finding| finding["related"].as_array()).flatten();
    related
        .map(|at| format!("{}:{}", at["path"].as_str().unwrap_or("?"), at["span"]["line"]))
        .collect()
}

#[test]
fn every_change_set_gets_its_verdict() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, story) in stories() {
        for change in &story.change {
            count += 1;
            let project = repository(&story, change);
            let run = project.run("check --range main..work --format json");
            let expected: BTreeSet<String> = change.finds.iter().cloned().collect();
            let code = i32::from(!expected.is_empty()) * 3;
            if run.code != code {
                wrong.push(format!("{name}: {}: exit {}: {}", change.name, run.code, run.err));
            }
            let Ok(report) = serde_json::from_str::<Value>(&run.out) else { continue };
            let found = rules(&report);
            if found != expected {
                wrong.push(format!("{name}: {}: {found:?}, not {expected:?}", change.name));
            }
            let expected: BTreeSet<String> = change.lines.iter().cloned().collect();
            let found = lines(&report);
            if !found.is_superset(&expected) || (expected.is_empty() && !found.is_empty()) {
                wrong.push(format!("{name}: {}: {found:?}, not {expected:?}", change.name));
            }
        }
    }
    assert!(20 <= count, "only {count} change sets");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_branch_an_index_and_a_range_get_the_same_verdict() {
    let (_, story) = stories().into_iter().find(|(name, _)| name == "sqlalchemy").expect("there");
    let change = &story.change[0];
    let project = repository(&story, change);
    let by_range = rules(&project.run("check --range main...work --format json").json());
    let by_base = rules(&project.run("check --base main --format json").json());
    project.git(&["reset", "-q", "--soft", "main"]);
    let by_index = rules(&project.run("check --staged --format json").json());
    let inside = project.run_in("app", "check --staged --format json", "");
    assert_eq!(by_range, by_base);
    assert_eq!(by_range, by_index);
    assert_eq!(by_range, rules(&inside.json()));
    assert!(by_range.contains("contract-with-code"));
}

#[test]
fn it_says_what_each_file_is() {
    let (_, story) = stories().into_iter().find(|(name, _)| name == "sqlalchemy").expect("there");
    let change = story.change.last().expect("there is one");
    let run = repository(&story, change).run("check --range main..work --explain");
    assert_eq!(run.code, 0, "{}", run.err);
    let told: Vec<&str> =
        run.out.lines().map(|line| line.split(": ").nth(1).unwrap_or("")).collect();
    assert_eq!(run.out.lines().count(), 4, "{}", run.out);
    assert_eq!(told, ["added, migration", "added, neither", "added, neither", "added, neither"]);
}

#[test]
fn code_is_what_the_configuration_says() {
    let (_, story) = stories().into_iter().find(|(name, _)| name == "sqlalchemy").expect("there");
    let project = repository(&story, &story.change[0]);
    project.write("migrate.toml", "[change]\nno-code = [\"app/\"]\n");
    let run = project.run("check --range main..work --format json");
    assert!(!rules(&run.json()).contains("contract-with-code"), "{}", run.out);
    project.write("migrate.toml", "[change]\ncode = [\"other/\"]\n");
    let run = project.run("check --range main..work --format json");
    assert!(!rules(&run.json()).contains("contract-with-code"), "{}", run.out);
    project.write("migrate.toml", "[rules]\ncontract-with-code = \"off\"\n");
    let run = project.run("check --range main..work --format json");
    assert_eq!(run.code, 2, "{}", run.out);
    let run = project.run("check --range main..work --rule contract-with-code=warning");
    assert_eq!(run.code, 2, "{}", run.out);
}

#[test]
fn the_comment_for_a_pull_request_is_markdown() {
    let (_, story) = stories().into_iter().find(|(name, _)| name == "sqlalchemy").expect("there");
    let run =
        repository(&story, &story.change[0]).run("check --range main..work --format markdown");
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.out.starts_with("### migrate: **refused**"), "{}", run.out);
    assert!(
        run.out.contains("| contract | `ALTER TABLE users DROP COLUMN nickname"),
        "{}",
        run.out
    );
    assert!(run.out.contains("#### What to do next"), "{}", run.out);
}

#[test]
fn why_a_rehearsal_does_not_count_is_said() {
    let (_, story) = stories().into_iter().find(|(name, _)| name == "rehearsed").expect("there");
    for (name, why) in [
        ("it expired", "it expired at 2026-01-01 00:00:00 UTC"),
        ("it did not pass", "it did not pass"),
        ("the contract was not taken back", "it had no contract.undo.sql"),
        ("the way back was edited since", "contract.undo.sql is not what was rehearsed"),
        ("the contract was edited since", "contract.sql is not what was rehearsed"),
        ("it names another statement", "it does not name this statement"),
        ("what stands there cannot be read", "invalid type"),
    ] {
        let change = story.change.iter().find(|change| change.name == name).expect("it is there");
        let run = repository(&story, change).run("check --range main..work --format json");
        let report = run.json();
        let mut found = findings(&report);
        let found = found.find(|finding| finding["rule"] == "contract-with-code").expect("it is");
        let help = found["help"].as_str().unwrap_or_default();
        assert!(
            help.contains("Its rehearsal.toml does not count: ") && help.contains(why),
            "{help}"
        );
    }
}
