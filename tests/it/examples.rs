//! The stories in `migrations-examples/`: the unsafe file has its report, the safe moves have none.

use super::golden;
use super::project::Project;
use super::project::Run;
use super::project::root;
use std::fs;

/// The folders of the stories.
fn stories() -> Vec<String> {
    let folder = fs::read_dir(root().join("migrations-examples")).expect("the stories");
    let entries = folder.map(|entry| entry.expect("it can be read"));
    let mut stories: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().display().to_string())
        .collect();
    stories.sort();
    assert!(stories.len() >= 5, "no story was lost: {stories:?}");
    stories
}

/// Runs the linter in the folder of the stories.
fn lint(words: &str) -> Run {
    let folder = root().join("migrations-examples");
    Project::new().run_in(&folder.display().to_string(), words, "")
}

#[test]
fn each_unsafe_file_has_its_report() {
    for story in stories() {
        let run = lint(&format!("lint --history {story}/given.sql {story}/unsafe.sql"));
        assert_eq!(run.code, 3, "{story}: {}", run.err);
        let path = format!("migrations-examples/{story}/unsafe.report");
        golden::check(&path, &run.out).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn the_safe_moves_are_silent() {
    for story in stories() {
        let run = lint(&format!("lint --format json --history {story}/given.sql {story}/safe"));
        assert_eq!(run.rules(), [""; 0], "{story}: {}", run.out);
        assert_eq!(run.code, 0, "{story}");
        let files = run.json()["summary"]["files"].as_u64();
        assert!(files.is_some_and(|files| files > 0), "{story}: something was judged");
    }
}

#[test]
fn each_story_is_told() {
    let index = fs::read_to_string(root().join("migrations-examples/README.md")).expect("an index");
    for story in stories() {
        assert!(index.contains(&format!("({story})")), "the index names {story}");
        for file in ["README.md", "given.sql", "old.sql", "new.sql", "unsafe.sql"] {
            let path = root().join("migrations-examples").join(&story).join(file);
            assert!(path.exists(), "{story}/{file}");
        }
    }
}
