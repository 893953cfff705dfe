//! `action.yml`: a valid composite action, whose scripts are run here as GitHub would run them.

use super::project::root;
use super::yaml;
use super::yaml::Clone;
use super::yaml::StandIn;
use super::yaml::text;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const REAL: &str = env!("CARGO_BIN_EXE_migrate");

fn action() -> Value {
    yaml::documents("action.yml").remove(0)
}

/// What came of a run.
#[derive(Debug)]
struct Outcome {
    /// The exit code of the step that failed.
    failed: Option<i32>,
    log: String,
    summary: String,
    outputs: BTreeMap<String, String>,
    /// The actions that were used, with what they were given.
    used: Vec<(String, BTreeMap<String, String>)>,
}

/// A job that has reached the action.
struct Job {
    clone: Clone,
    /// What expressions look up.
    context: BTreeMap<String, String>,
    /// Where programs are looked for first.
    path: String,
}

impl Job {
    /// The job of a pull request into `main`, with a program in the place of `migrate`.
    fn with(clone: Clone, binary: &str) -> Job {
        let mut context = BTreeMap::new();
        for (name, input) in action()["inputs"].as_object().expect("there are inputs") {
            let default = input["default"].as_str().unwrap_or_default();
            context.insert(format!("inputs.{name}"), default.to_owned());
        }
        let temp = clone.outside().join("temp");
        fs::create_dir_all(&temp).expect("made");
        for (name, value) in [
            ("github.action_path", root().display().to_string().as_str()),
            ("github.base_ref", "main"),
            ("github.ref_name", "1/merge"),
            ("github.event.repository.default_branch", "main"),
            ("github.event.merge_group.base_sha", ""),
            ("github.event.before", ""),
            ("runner.temp", temp.display().to_string().as_str()),
            ("runner.os", "Linux"),
            ("runner.arch", "X64"),
            ("inputs.binary", binary),
        ] {
            context.insert(name.to_owned(), value.to_owned());
        }
        let path = std::env::var("PATH").expect("there is a PATH");
        Job { clone, context, path }
    }

    /// The same for a stand-in that ends with this exit code.
    fn ending(code: i32) -> (Job, StandIn) {
        let clone = Clone::whole();
        let stand_in = StandIn::migrate(&clone.outside().join("bin"), code);
        let job = Job::with(clone, &stand_in.path.display().to_string());
        (job, stand_in)
    }

    fn set(mut self, name: &str, value: &str) -> Job {
        let known = self.context.insert(name.to_owned(), value.to_owned());
        assert!(known.is_some(), "nobody looks up {name}");
        self
    }

    /// A text with its expressions looked up; any that is more than a name is a fault.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{ ") {
            let (name, after) = after.split_once(" }}").expect("an expression ends");
            filled.push_str(before);
            filled.push_str(self.value(name));
            rest = after;
        }
        filled + rest
    }

    fn value(&self, name: &str) -> &str {
        // What a step that was left out would say is empty.
        let value = self.context.get(name).map(String::as_str);
        let unsaid = || name.starts_with("steps.").then_some("");
        value.or_else(unsaid).unwrap_or_else(|| panic!("nobody knows {name}"))
    }

    fn holds(&self, condition: &str) -> bool {
        condition.split(" && ").all(|part| {
            let (equal, sides) = match part.split_once(" == ") {
                Some(sides) => (true, sides),
                None => (false, part.split_once(" != ").expect("a comparison")),
            };
            (self.value(sides.0) == sides.1.trim_matches('\'')) == equal
        })
    }

    /// Takes the steps one after the other, up to one that fails.
    fn run(&mut self) -> Outcome {
        let action = action();
        let mut outcome = Outcome {
            failed: None,
            log: String::new(),
            summary: String::new(),
            outputs: BTreeMap::new(),
            used: Vec::new(),
        };
        for step in action["runs"]["steps"].as_array().expect("there are steps") {
            if !step["if"].as_str().is_none_or(|condition| self.holds(condition)) {
                continue;
            }
            if let Some(used) = step["uses"].as_str() {
                let with = step["with"].as_object().into_iter().flatten();
                let with = with.map(|(key, value)| (key.clone(), self.fill(text(value))));
                outcome.used.push((used.to_owned(), with.collect()));
                continue;
            }
            if let Some(code) = self.script(step, &mut outcome) {
                outcome.failed = Some(code);
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().expect("there are outputs") {
            outcome.outputs.insert(name.clone(), self.fill(text(&output["value"])));
        }
        outcome
    }

    /// Runs a script as `shell: bash` does; gives the exit code of one that fails.
    fn script(&mut self, step: &Value, outcome: &mut Outcome) -> Option<i32> {
        assert_eq!(step["shell"], "bash");
        let place = |name: &str| self.clone.outside().join(name);
        let (script, output) = (place("step.sh"), place("output"));
        let summary = place("summary");
        fs::write(&script, text(&step["run"])).expect("written");
        fs::write(&output, "").expect("written");
        fs::write(&summary, "").expect("written");
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(&script)
            .current_dir(self.clone.path())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.clone.outside())
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            bash.env(name, self.fill(text(value)));
        }
        let done = bash.output().expect("bash is installed");
        outcome.log += &String::from_utf8_lossy(&done.stdout);
        outcome.log += &String::from_utf8_lossy(&done.stderr);
        outcome.summary += &fs::read_to_string(&summary).expect("it is there");
        for line in fs::read_to_string(&output).expect("it is there").lines() {
            let (name, value) = line.split_once('=').expect("an output is NAME=VALUE");
            let id = text(&step["id"]);
            self.context.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        (!done.status.success()).then(|| done.status.code().expect("no signal ended it"))
    }
}

/// The words of a call but for the form.
fn asked(call: &[String]) -> Vec<&str> {
    let words = call.iter().map(String::as_str);
    words.filter(|word| !word.starts_with("--format=")).collect()
}

#[test]
fn it_is_what_github_takes() {
    let schema = fs::read_to_string(root().join("tests/data/ci/action.schema.json"));
    let schema: Value = serde_json::from_str(&schema.expect("it is there")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a JSON Schema");
    let faults: Vec<String> =
        validator.iter_errors(&action()).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    // The schema is no rubber stamp.
    for spoil in [
        |action: &mut Value| action["run"] = action["runs"].take(),
        |action: &mut Value| action["inputs"]["base"]["type"] = "string".into(),
        |action: &mut Value| action["inputs"]["sarif"]["default"] = false.into(),
        |action: &mut Value| action["runs"]["steps"][0]["shell"] = Value::Null,
        |action: &mut Value| action["runs"]["steps"][0]["timeout-minutes"] = 1.into(),
        |action: &mut Value| action["runs"]["steps"][1]["uses"] = "actions/cache".into(),
    ] {
        let mut spoiled = action();
        spoil(&mut spoiled);
        assert!(!validator.is_valid(&spoiled), "taken: {spoiled}");
    }
}

#[test]
fn no_script_holds_an_expression() {
    for step in action()["runs"]["steps"].as_array().expect("there are steps") {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "an input could become code: {script}");
    }
}

#[test]
fn it_annotates_sums_up_and_passes() {
    let (mut job, migrate) = Job::ending(0);
    let outcome = job.run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert!(outcome.log.contains("::error file=a.sql,line=1"), "{}", outcome.log);
    assert_eq!(outcome.summary, "## In one change\n");
    assert_eq!(outcome.outputs["exit-code"], "0");
    assert_eq!(outcome.outputs["outcome"], "passed");
    assert_eq!(outcome.outputs["sarif-file"], "");
    assert_eq!(outcome.used, [], "nothing is built, cached or uploaded");
    let calls = migrate.calls();
    assert_eq!(calls[0], ["check", "--base=origin/main", "--format=github"]);
    assert_eq!(calls[1], ["check", "--base=origin/main", "--format=markdown"]);
    assert_eq!(calls.len(), 2);
}

#[test]
fn it_ends_as_migrate_does() {
    for (code, word, summed_up) in [(3, "findings", true), (2, "error", false), (1, "error", false)]
    {
        let (job, _) = Job::ending(code);
        let outcome = job.set("inputs.sarif", "true").run();
        assert_eq!(outcome.failed, Some(code), "{}", outcome.log);
        assert_eq!(outcome.outputs["exit-code"], code.to_string());
        assert_eq!(outcome.outputs["outcome"], word);
        assert_eq!(!outcome.summary.is_empty(), summed_up, "{code}");
        assert_eq!(!outcome.used.is_empty(), summed_up, "a report of half a run is not uploaded");
    }
}

#[test]
fn what_is_asked_for_reaches_migrate() {
    let (job, migrate) = Job::ending(0);
    let mut job = job
        .set("inputs.base", "HEAD~1")
        .set("inputs.working-directory", "db")
        .set("inputs.postgres", "15")
        .set("inputs.fail-on", "error")
        .set("inputs.args", "--rule\r\ndrop-table=off\n\n--schema=a b.sql\n")
        .set("inputs.sarif", "true");
    let outcome = job.run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    let expected = [
        "check",
        "--base=HEAD~1",
        "--postgres=15",
        "--fail-on=error",
        "--rule",
        "drop-table=off",
        "--schema=a b.sql",
    ];
    let calls = migrate.calls();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(asked(call), expected);
    }
    let (used, with) = &outcome.used[0];
    assert!(used.starts_with("github/codeql-action/upload-sarif@"), "{used}");
    assert_eq!(with["sarif_file"], outcome.outputs["sarif-file"]);
    let sarif = fs::read_to_string(&with["sarif_file"]).expect("the report is there");
    assert_eq!(sarif, "{\"version\":\"2.1.0\"}\n");
}

#[test]
fn a_binary_is_looked_for_where_the_job_is() {
    for binary in ["../bin/migrate", "./../bin/migrate"] {
        let (job, migrate) = Job::ending(0);
        let mut job = job.set("inputs.binary", binary).set("inputs.working-directory", "db");
        let outcome = job.run();
        assert_eq!(outcome.failed, None, "{binary}: {}", outcome.log);
        assert_eq!(migrate.calls().len(), 2, "{binary}: {}", outcome.log);
    }
    // A name is one of the PATH, wherever that is.
    let (job, migrate) = Job::ending(0);
    let mut job = job.set("inputs.binary", "migrate").set("inputs.working-directory", "db");
    job.path = format!("{}:{}", job.clone.outside().join("bin").display(), job.path);
    let outcome = job.run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(migrate.calls().len(), 2, "{}", outcome.log);
}

#[test]
fn nothing_from_outside_becomes_code() {
    let hostile = "x\"; touch pwned; $(touch pwned) `touch pwned` 'y";
    for name in [
        "inputs.base",
        "inputs.working-directory",
        "inputs.postgres",
        "inputs.fail-on",
        "inputs.sarif",
        "inputs.args",
        "inputs.binary",
        "github.base_ref",
        "github.ref_name",
        "github.event.before",
        "github.event.repository.default_branch",
        "github.event.merge_group.base_sha",
    ] {
        let (mut job, migrate) = Job::ending(0);
        // Of a push, all the rest is looked up.
        if name != "github.base_ref" && name.starts_with("github") {
            job = job.set("github.base_ref", "").set("github.ref_name", "main");
        }
        let mut job = job.set(name, hostile);
        let outcome = job.run();
        for place in [job.clone.path(), job.clone.outside().to_owned()] {
            assert!(!place.join("pwned").exists(), "{name} became code: {}", outcome.log);
        }
        if let "inputs.args" | "inputs.postgres" = name {
            let calls = migrate.calls();
            let last = calls[0].iter().find(|word| word.ends_with(hostile));
            assert!(last.is_some(), "it is one word: {calls:?}");
        }
    }
}

#[test]
fn the_base_is_that_of_the_event() {
    let zeros = "0".repeat(40);
    for (event, expected) in [
        (vec![("github.base_ref", "main")], "origin/main"),
        (vec![("github.event.merge_group.base_sha", "HEAD~1")], "HEAD~1"),
        (vec![("github.ref_name", "feature"), ("github.event.before", &zeros)], "origin/main"),
        (vec![("github.ref_name", "main"), ("github.event.before", "HEAD~1")], "HEAD~1"),
        (vec![("inputs.base", "HEAD~1"), ("github.base_ref", "main")], "HEAD~1"),
    ] {
        let (job, migrate) = Job::ending(0);
        let job = job.set("github.base_ref", "");
        let mut job = event.iter().fold(job, |job, (name, value)| job.set(name, value));
        let outcome = job.run();
        let calls = migrate.calls();
        assert_eq!(calls[0][1], format!("--base={expected}"), "{event:?}: {}", outcome.log);
    }
}

#[test]
fn a_shallow_clone_is_told_apart() {
    let clone = Clone::shallow();
    let migrate = StandIn::migrate(&clone.outside().join("bin"), 0);
    let mut job = Job::with(clone, &migrate.path.display().to_string());
    let outcome = job.run();
    assert_eq!(outcome.failed, Some(2));
    assert!(outcome.log.contains("shallow"), "{}", outcome.log);
    assert!(outcome.log.contains("fetch-depth: 0"), "{}", outcome.log);
    assert_eq!(outcome.outputs["outcome"], "error");
    assert_eq!(migrate.calls().len(), 0, "half a history is not judged");
}

#[test]
fn what_keeps_it_from_checking_is_said() {
    let (job, _) = Job::ending(0);
    let outcome = job.set("inputs.base", "nowhere").run();
    assert_eq!(outcome.failed, Some(2));
    assert!(outcome.log.contains("fetch the revision"), "{}", outcome.log);

    let (job, _) = Job::ending(0);
    let mut job = job.set("github.base_ref", "").set("github.ref_name", "main");
    let outcome = job.run();
    assert_eq!(outcome.failed, Some(2));
    assert!(outcome.log.contains("it is not known where the change starts"), "{}", outcome.log);

    let (mut job, _) = Job::ending(0);
    fs::remove_dir_all(job.clone.path().join(".git")).expect("removed");
    let outcome = job.run();
    assert_eq!(outcome.failed, Some(2));
    assert!(outcome.log.contains("actions/checkout"), "{}", outcome.log);

    let (job, _) = Job::ending(0);
    let outcome = job.set("inputs.base", "HEAD").run();
    assert_eq!(outcome.failed, None);
    assert!(outcome.log.contains("::warning"), "nothing is checked: {}", outcome.log);
}

#[test]
fn a_long_summary_is_cut_at_a_line() {
    let clone = Clone::whole();
    let long = "yes 'a line of a summary' | head -c 3000000\n";
    let migrate = StandIn::new(&clone.outside().join("bin"), "migrate", long);
    let outcome = Job::with(clone, &migrate.path.display().to_string()).run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert!(outcome.summary.len() < 1024 * 1024, "GitHub takes no more");
    assert!(outcome.summary.ends_with("has all of it.\n"));
    let cut = outcome.summary.lines().filter(|line| line.starts_with("a line"));
    assert!(cut.clone().count() > 10_000 && cut.clone().all(|line| line == "a line of a summary"));
}

#[test]
fn without_a_binary_it_builds_one_and_keeps_it() {
    let clone = Clone::whole();
    let bin = clone.outside().join("bin");
    let built = StandIn::migrate(&clone.outside().join("built"), 0);
    let cargo = format!(
        "while [ \"$1\" != --root ]; do shift; done\n\
         mkdir -p \"$2/bin\" && cp '{}' \"$2/bin/migrate\"\n",
        built.path.display()
    );
    let cargo = StandIn::new(&bin, "cargo", &cargo);
    let mut job = Job::with(clone, "");
    job.path = format!("{}:{}", bin.display(), job.path);
    let outcome = job.run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    let calls = cargo.calls();
    assert_eq!(calls[0][..4], ["install", "--locked", "--path", "."]);
    assert_eq!(built.calls().len(), 2, "what was built is run");
    let (used, with) = &outcome.used[0];
    assert!(used.starts_with("actions/cache@"), "{used}");
    assert!(with["key"].starts_with("migrate-Linux-X64-any-"), "{with:?}");
    let hash = with["key"].rsplit('-').next().expect("it has parts");
    assert!(hash.len() == 40, "the key changes with the sources: {with:?}");
    assert!(job.clone.outside().join("temp/migrate-check/bin/migrate").starts_with(&with["path"]));

    job.context.insert("steps.cache.outputs.cache-hit".to_owned(), "true".to_owned());
    let outcome = job.run();
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(cargo.calls().len(), 1, "what is there is not built again");

    let mut job = Job::with(Clone::whole(), "");
    let tools = job.clone.outside().join("tools");
    for tool in ["bash", "git", "find", "sort"] {
        let mut places = std::env::split_paths(&job.path).map(|folder| folder.join(tool));
        let found = places.find(|path| path.exists()).expect("a common tool");
        fs::create_dir_all(&tools).expect("made");
        std::os::unix::fs::symlink(found, tools.join(tool)).expect("a link can be made");
    }
    job.path = tools.display().to_string();
    let outcome = job.run();
    assert_eq!(outcome.failed, Some(2));
    assert!(outcome.log.contains("there is no cargo here"), "{}", outcome.log);
}

#[test]
fn it_refuses_a_drop_that_ships_with_code() {
    let mut job = Job::with(Clone::whole(), REAL).set("inputs.sarif", "true");
    let outcome = job.run();
    assert_eq!(outcome.failed, Some(3), "{}", outcome.log);
    assert_eq!(outcome.outputs["outcome"], "findings");
    assert!(outcome.log.contains("::error file=db/migrations/002_drop.sql,"), "{}", outcome.log);
    assert!(outcome.summary.contains("db/migrations/002_drop.sql"), "{}", outcome.summary);
    let sarif = fs::read_to_string(&outcome.outputs["sarif-file"]).expect("it is there");
    let sarif: Value = serde_json::from_str(&sarif).expect("it is JSON");
    assert_eq!(sarif["version"], "2.1.0");
}
