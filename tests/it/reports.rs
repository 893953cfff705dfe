//! The six reports, each read by something that is not ours.

use super::project::Project;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Three findings in two files, with text that reports must escape.
fn project() -> Project {
    Project::new()
        .file(
            "migrations/001_a.sql",
            "CREATE TABLE users (id bigint PRIMARY KEY, email text, \"a<b>&'c\" text);\n",
        )
        .file(
            "migrations/002_b.sql",
            "/* ä€😀 */ ALTER TABLE users DROP COLUMN email;\n\
             -- 100%, really: yes\nALTER TABLE users\n    DROP COLUMN \"a<b>&'c\";\n",
        )
        .file("migrations/003_c.sql", "CREATE INDEX i ON users (id DESC);\n")
}

#[test]
fn json_has_the_promised_shape() {
    let json = project().run("lint --format json").json();
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("it is an object").keys().cloned().collect()
    };
    let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    assert_eq!(keys(&json), set(&["schema_version", "postgres", "summary", "findings"]));
    assert_eq!(
        keys(&json["summary"]),
        set(&["error", "warning", "info", "files", "statements", "unreadable", "opaque"])
    );
    assert_eq!(json["summary"]["error"], 3);
    let promised = [
        "rule",
        "severity",
        "category",
        "phase",
        "confidence",
        "path",
        "span",
        "relation",
        "message",
        "help",
        "safe",
        "fingerprint",
    ];
    for found in json["findings"].as_array().expect("a list") {
        assert_eq!(keys(found), set(&promised));
    }
    let span = &json["findings"][0]["span"];
    // Columns count characters, offsets bytes.
    assert_eq!((span["line"].as_u64(), span["column"].as_u64()), (Some(1), Some(29)));
    assert_eq!(span["offset"], 34);
}

/// The schema of SARIF 2.1.0, which stands beside the types that we use.
fn sarif_schema() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("it prints text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    // Without a platform cargo would fetch what other systems need.
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo gives JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif");
    let manifest = package.expect("it is a dependency")["manifest_path"].as_str().expect("a path");
    let schema = PathBuf::from(manifest).with_file_name("src").join("schema.json");
    let text = fs::read_to_string(schema).expect("the schema");
    // One pattern of the published schema has a bracket too many, which not every engine takes.
    let text = text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}?$");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn sarif_fulfils_its_schema() {
    let schema = sarif_schema();
    assert!(schema["properties"]["runs"].is_object(), "it is the schema of SARIF");
    let validator = jsonschema::validator_for(&schema).expect("it is a JSON Schema");
    let sarif = project().run("lint --format sarif").json();
    let faults: Vec<String> =
        validator.iter_errors(&sarif).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let mut broken = sarif.clone();
    broken["runs"][0]["results"][0]["level"] = Value::from("fatal");
    assert!(!validator.is_valid(&broken), "the schema refuses what is wrong");

    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), 3);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a number");
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(index).expect("small")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().expect("help").contains("## Why"));
    }
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 1);
    assert_eq!(region["startColumn"], 29, "in characters, as columnKind says");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
}

#[test]
fn fingerprints_stay_when_the_file_around_them_changes() {
    let prints = |project: &Project| -> Vec<Value> {
        let sarif = project.run("lint --format sarif").json();
        let results = sarif["runs"][0]["results"].as_array().expect("a list").clone();
        results.iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    let project = project();
    let before = prints(&project);
    let moved = format!("\n\n-- more\n{}", project.read("migrations/002_b.sql"));
    project.write("migrations/002_b.sql", moved);
    assert_eq!(prints(&project), before);
    let distinct: BTreeSet<String> = before.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), before.len(), "each has its own");
}

#[test]
fn junit_is_read_by_an_xml_parser() {
    let run = project().run("lint --format junit");
    let document = roxmltree::Document::parse(&run.out).expect("it is XML");
    let suites = document.root_element();
    assert_eq!(suites.tag_name().name(), "testsuites");
    let named = |name: &str| {
        let all: Vec<roxmltree::Node> =
            document.descendants().filter(|node| node.tag_name().name() == name).collect();
        all
    };
    let cases = named("testcase");
    let failures = named("failure");
    assert_eq!(suites.attribute("tests"), Some(cases.len().to_string().as_str()));
    assert_eq!(suites.attribute("failures"), Some("3"));
    assert_eq!(failures.len(), 3);
    assert_eq!(cases.len(), 4, "a file without findings is a case that passes");
    let text = failures[1].text().unwrap_or_default();
    assert!(text.contains("a<b>&'c"), "what is escaped comes back: {text}");
    assert_eq!(cases[1].attribute("line"), Some("1"));
}

#[test]
fn github_lines_stand_at_the_right_place() {
    let run = project().run("lint --format github");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3, "one line each: {}", run.out);
    let first = "::error file=migrations/002_b.sql,line=1,endLine=1,col=29,endColumn=46,\
                 title=drop-column::";
    assert!(lines[0].starts_with(first), "{}", lines[0]);
    assert!(lines[0].contains("%0A"), "line ends are escaped");
    let second = "::error file=migrations/002_b.sql,line=4,endLine=4,col=5,endColumn=26,";
    assert!(lines[1].starts_with(second), "{}", lines[1]);
}

#[test]
fn github_escapes_what_has_a_meaning_there() {
    let project = Project::new().file("migrations/001_a,b:c%.sql", "DROP TABLE a;");
    let run = project.run("lint --format github");
    assert!(run.out.starts_with("::error file=migrations/001_a%2Cb%3Ac%25.sql,"), "{}", run.out);
    let info = Project::with_migration("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;");
    assert!(info.run("lint --format github").out.starts_with("::notice "));
    let warning = Project::with_migration("DROP VIEW v;");
    assert!(warning.run("lint --format github").out.starts_with("::warning "));
}

#[test]
fn gitlab_has_what_code_quality_asks_for() {
    let issues = project().run("lint --format gitlab").json();
    let issues = issues.as_array().expect("a list");
    assert_eq!(issues.len(), 3);
    let mut prints = BTreeSet::new();
    for issue in issues {
        for key in ["description", "check_name", "fingerprint"] {
            assert!(issue[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        }
        let severity = issue["severity"].as_str().expect("a word");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
        prints.insert(issue["fingerprint"].to_string());
    }
    assert_eq!(prints.len(), 3, "fingerprints are unique");
    assert_eq!(issues[1]["location"]["lines"]["begin"], 4);
    let clean = Project::with_migration("CREATE TABLE t (a int);").run("lint --format gitlab");
    assert_eq!(clean.out.trim(), "[]");
}

#[test]
fn people_see_the_source_and_the_safe_way() {
    let run = project().run("lint");
    for expected in [
        "error[drop-column] contract",
        "migrations/002_b.sql:1:29",
        "error[create-index-blocking]",
        "CREATE INDEX CONCURRENTLY i ON users (id DESC);",
        "3 errors: 4 statements in 3 files",
        "migrate explain",
    ] {
        assert!(run.out.contains(expected), "no {expected:?} in:\n{}", run.out);
    }
    assert!(!run.out.contains('\u{1b}'), "no colours where there is no terminal");
    let colored = project().run("--color always lint");
    assert!(colored.out.contains('\u{1b}'), "colours when they are asked for");
}

#[test]
fn stats_count_what_was_understood() {
    let project = Project::with_migration(
        "CREATE TABLE t (a int);\nCREATE TABEL t;\nDO $$ BEGIN EXECUTE x; END $$;\nSELECT 1;",
    );
    let run = project.run("lint --stats");
    assert_eq!(run.code, 0);
    assert!(run.out.contains("migrations/001_first.sql:2:8: expected"), "{}", run.out);
    assert!(
        run.out.contains(
            "understood 80.000 %: 1 file, 5 statements, 1 not understood, 0 in part, 1 put \
             together at run time"
        ),
        "{}",
        run.out
    );
}
