//! `migrate new`: the folder of a new migration.

use super::project::Project;
use std::fs;

fn changes(project: &Project) -> Vec<String> {
    let folder = fs::read_dir(project.path().join("migrations")).expect("it was made");
    let mut names: Vec<String> =
        folder.map(|entry| entry.expect("read").file_name().display().to_string()).collect();
    names.sort();
    names
}

#[test]
fn it_makes_a_file_for_each_phase_that_lint_understands() {
    let project = Project::new();
    let run = project.run("new Add_E-Mail");
    assert_eq!(run.code, 0, "{}", run.err);
    let names = changes(&project);
    let name = &names[0];
    let (stamp, rest) = name.split_at(14);
    assert!(stamp.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
    assert_eq!(rest, "_add_e_mail");
    for file in ["expand.sql", "migrate.sql", "contract.sql", "change.toml"] {
        assert!(project.path().join("migrations").join(name).join(file).exists(), "{file}");
    }
    let run = project.run("lint --explain-layout");
    assert!(run.out.contains("migrations: native"), "{}", run.out);
    assert_eq!(project.run("lint").code, 0);
}

#[test]
fn it_overwrites_nothing_and_wants_a_name() {
    let project = Project::new();
    assert_eq!(project.run("new ---").code, 2);
    assert!(!project.path().join("migrations").exists(), "nothing was made");
}

#[test]
fn undo_scripts_are_made_when_asked_for() {
    let project = Project::new();
    project.run("new --undo x");
    let name = changes(&project).remove(0);
    for phase in ["expand", "migrate", "contract"] {
        let path = format!("migrations/{name}/{phase}.undo.sql");
        assert!(project.path().join(&path).exists(), "{path}");
    }
    let run = project.run("lint --format json");
    assert_eq!(run.json()["summary"]["files"], 3, "undo scripts do not run forward");
}

#[test]
fn it_leaves_the_migrations_of_another_tool_alone() {
    let project = Project::new().file("db/migrations/20240101000000_a.sql", "-- migrate:up\n");
    let run = project.run("new x");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("dbmate") && run.err.contains("--dir"), "{}", run.err);
    assert_eq!(project.run("new x --dir changes").code, 0);
}
