//! `docs/ci.md`: it names every input and hook, and what it shows can be used.

use super::project::root;
use super::yaml;
use super::yaml::text;
use serde_json::Value;
use std::fs;

fn page() -> String {
    fs::read_to_string(root().join("docs/ci.md")).expect("docs/ci.md is there")
}

/// The examples in YAML, without the list that they stand in.
fn examples() -> Vec<Value> {
    let page = page();
    let fences = page.split("```yaml\n").skip(1);
    let texts = fences.map(|fence| fence.split("```").next().unwrap_or_default());
    texts.map(|text| serde_saphyr::from_str(text).expect("an example is YAML")).collect()
}

fn example(key: &str) -> Value {
    let found = examples().into_iter().find(|example| !example[key].is_null());
    found.unwrap_or_else(|| panic!("no example has {key}"))
}

/// The keys of a table of inputs.
fn names(inputs: &Value) -> Vec<&str> {
    inputs.as_object().expect("there are inputs").keys().map(String::as_str).collect()
}

#[test]
fn it_names_all_there_is() {
    let page = page();
    let action = yaml::documents("action.yml").remove(0);
    let component = yaml::documents("templates/check.yml").remove(0);
    let hooks = yaml::documents(".pre-commit-hooks.yaml").remove(0);
    let hooks = hooks.as_array().expect("a list of hooks").iter().map(|hook| text(&hook["id"]));
    let all = hooks
        .chain(names(&action["inputs"]))
        .chain(names(&action["outputs"]))
        .chain(names(&component["spec"]["inputs"]));
    for name in all {
        let told = page.contains(&format!("`{name}`")) || page.contains(&format!("{name}: "));
        assert!(told, "docs/ci.md does not name {name}");
    }
}

#[test]
fn its_examples_ask_for_what_is_there() {
    let action = yaml::documents("action.yml").remove(0);
    let job = &example("jobs")["jobs"]["migrate"];
    let step = &job["steps"][1];
    for input in names(&step["with"]) {
        assert!(names(&action["inputs"]).contains(&input), "the action has no {input}");
    }
    assert_eq!(job["steps"][0]["with"]["fetch-depth"], 0, "the whole history");
    let component = yaml::documents("templates/check.yml").remove(0);
    for input in names(&example("include")["include"][0]["inputs"]) {
        let known = names(&component["spec"]["inputs"]);
        assert!(known.contains(&input), "the component has no {input}");
    }
    let hooks = yaml::documents(".pre-commit-hooks.yaml").remove(0);
    let used = &example("repos")["repos"][0]["hooks"][0]["id"];
    let hooks = hooks.as_array().expect("a list of hooks");
    assert!(hooks.iter().any(|hook| hook["id"] == *used), "there is no hook {used}");
}
