//! The README: what it shows is what the program says, and it forgets nothing.

use super::project::Project;
use super::project::root;
use migrate::cli::Exit;
use migrate::migration;
use serde_json::Value;
use std::fs;

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md is there")
}

/// What stands between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no {to} after {from}"));
    &text[start..start + end]
}

#[test]
fn the_example_is_what_the_program_says() {
    let mark = "<!-- example: rename-a-column -->\n";
    let folder = root().join("migrations-examples/rename-a-column");
    let run = Project::new().run_in(
        &folder.display().to_string(),
        "lint --history given.sql unsafe.sql",
        "",
    );
    let sql = fs::read_to_string(folder.join("unsafe.sql")).expect("the story is there");
    let expected = format!(
        "```console\n$ cat unsafe.sql\n{sql}$ migrate lint --history given.sql unsafe.sql\n{}```\n",
        run.out
    );
    let readme = readme();
    let shown = between(&readme, mark, "<!-- end -->");
    if shown != expected && std::env::var_os("UPDATE").is_some() {
        let text = readme.replace(&format!("{mark}{shown}"), &format!("{mark}{expected}"));
        fs::write(root().join("README.md"), text).expect("written");
        return;
    }
    assert_eq!(shown, expected, "UPDATE=1 rewrites it");
}

#[test]
fn every_exit_code_is_in_the_table() {
    let readme = readme();
    let table = between(&readme, "<!-- exit codes -->", "<!-- end -->");
    let codes: Vec<u8> = table
        .lines()
        .filter_map(|line| line.trim_matches(['|', ' ']).split(' ').next()?.parse().ok())
        .collect();
    let all: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
    assert_eq!(codes, all);
    let help = Project::new().run("--help").out;
    for code in codes {
        assert!(help.contains(&format!("{code} ")), "--help names {code}: {help}");
    }
}

#[test]
fn every_key_of_the_configuration_is_told_of() {
    let page = |path: &str| fs::read_to_string(root().join(path)).expect("it is there");
    let told = readme() + &page("docs/rollout.md");
    let schema = Project::new().run("config schema").json();
    let top = schema["properties"].as_object().expect("there are keys");
    let mut keys = 0;
    // What is below `rules` are rules, each with a page of its own.
    for (name, form) in top.iter().filter(|(name, _)| *name != "rules") {
        let tables = [&form["properties"], &form["items"]["properties"]];
        let below = tables.into_iter().filter_map(Value::as_object).flat_map(|keys| keys.keys());
        for key in below.chain([name]) {
            let heads = [format!("{key} ="), format!("[{key}]"), format!("[[{key}]]")];
            let begins = |line: &str| heads.iter().any(|head| line.starts_with(head));
            let is_named = told.contains(&format!("`{key}`")) || told.lines().any(begins);
            assert!(is_named, "no page tells of `{key}` of `{name}`");
            keys += 1;
        }
    }
    assert!(keys > 25, "{keys}");
}

#[test]
fn every_layout_is_named() {
    let readme = readme().to_lowercase();
    for layout in migration::layouts() {
        let id = layout.id();
        let named = readme.contains(id) || (id == "native" && readme.contains("its own ("));
        assert!(named, "the README does not name {id}");
    }
}

#[test]
fn its_configuration_is_valid_and_its_links_lead_somewhere() {
    let readme = readme();
    let toml = between(&readme, "```toml\n", "```");
    let run = Project::new().file("migrate.toml", toml).run("config check");
    assert_eq!(run.code, 0, "{}", run.err);
    for (at, _) in readme.match_indices("](") {
        let target = readme[at + 2..].split(')').next().unwrap_or_default();
        assert!(root().join(target).exists(), "the link to {target} leads nowhere");
    }
}

#[test]
fn its_commands_are_there() {
    let readme = readme();
    for tool in ["tools/try", "tools/test"] {
        assert!(readme.contains(tool), "the README names {tool}");
        assert!(root().join(tool).exists(), "{tool} is there");
    }
    let ci = fs::read_to_string(root().join(".ci/run")).expect(".ci/run is there");
    assert!(ci.contains("tools/test"), ".ci/run runs the README's test command");
}
