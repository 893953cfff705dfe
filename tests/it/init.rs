//! `migrate init`: a first configuration, the hook, and what they leave alone.

use super::project::Project;
use super::yaml::StandIn;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Output;

/// A repository with a dbmate project.
fn repository() -> Project {
    let project = Project::new()
        .file("db/migrations/20240101000000_a.sql", "-- migrate:up\nCREATE TABLE t (a int);\n");
    project.git(&["init", "-q"]);
    project
}

/// What git says with the hooks of the repository, and these programs first on the path.
fn git(folder: &Path, bin: &Path, words: &[&str]) -> Output {
    let path = std::env::var("PATH").expect("there is a PATH");
    Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"])
        .args(words)
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is installed")
}

/// The text with every setting that stands in a comment set.
fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with('[') || rest.contains(" = ") && !rest.contains(';') => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_it_writes_is_read_back() {
    let project = repository();
    let run = project.run("init");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("db/migrations: dbmate: "), "{}", run.out);
    for way in ["migrate init --hook", "lefthook", "husky", "pre-commit", "GitHub", "GitLab"] {
        assert!(run.out.contains(way), "it says how: {way}\n{}", run.out);
    }
    let text = project.read("migrate.toml");
    assert!(text.contains("postgres = 14\n") && text.contains("# [[project]]\n"), "{text}");
    assert!(text.contains("#   db/migrations: dbmate: "), "{text}");
    let check = project.run("config check");
    assert_eq!((check.code, check.err.as_str()), (0, ""));
    project.write("migrate.toml", uncommented(&text));
    let check = project.run("config check");
    assert_eq!((check.code, check.err.as_str()), (0, ""), "{}", uncommented(&text));
}

#[test]
fn every_key_is_in_it_and_none_changes_anything() {
    let project = repository();
    let schema = project.run("config schema").json();
    let before = project.run("lint --format json").out;
    project.run("init");
    assert_eq!(project.run("lint --format json").out, before);
    let text = project.read("migrate.toml");
    let set: toml::Table = toml::from_str(&uncommented(&text)).expect("it is TOML");
    let top = schema["properties"].as_object().expect("there are keys");
    for key in top.keys() {
        assert!(set.contains_key(key), "no {key} in {text}");
    }
}

#[test]
fn the_server_is_the_oldest_that_an_image_names() {
    let project = repository()
        .file("compose.yaml", "services:\n  db:\n    image: 'postgres:16.2-alpine'\n")
        .file(
            ".github/workflows/test.yml",
            "# postgres:12\nimage: ghcr.io/postgis/postgis:15-3.4\nurl: postgres://db:5432/x\n",
        )
        .file("notes/other.yml", "image: postgres:13\n");
    let run = project.run("init");
    assert!(
        run.out.contains("postgres = 15: what .github/workflows/test.yml names"),
        "{}",
        run.out
    );
    assert!(project.read("migrate.toml").contains("\npostgres = 15\n"));
    assert_eq!(project.run("config check").code, 0);
}

#[test]
fn it_goes_to_the_root_and_overwrites_nothing() {
    let project = repository();
    let run = project.run_in("db", "init", "");
    assert_eq!(run.code, 0, "{}", run.err);
    let text = project.read("migrate.toml");
    assert!(!project.path().join("db/migrate.toml").exists(), "one for the whole repository");
    for folder in ["", "db"] {
        let run = project.run_in(folder, "init", "");
        assert_eq!(run.code, 2);
        assert!(run.err.contains("is not overwritten"), "{}", run.err);
    }
    assert_eq!(project.read("migrate.toml"), text);

    let project = Project::new();
    let run = project.run("init");
    assert_eq!(run.code, 0, "no repository is needed: {}", run.err);
    assert!(run.out.contains("no migrations found"), "{}", run.out);
    assert_eq!(project.run("config check").code, 0);
}

#[test]
fn the_name_of_a_folder_does_not_end_its_comment() {
    let project = Project::new().file("a\nfail-on = 7\n/migrations/001_a.sql", "SELECT 1;\n");
    assert_eq!(project.run("init").code, 0);
    let check = project.run("config check");
    assert_eq!(check.code, 0, "{}\n{}", check.err, project.read("migrate.toml"));
}

#[test]
fn the_hook_lets_git_ask_before_each_commit() {
    let project = repository();
    let run = project.run("init --hook");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(project.path().join("migrate.toml").exists(), "{}", run.out);
    let bin = project.path().join(".git/bin");
    let good = StandIn::migrate(&bin, 0);
    git(project.path(), &bin, &["add", "-A"]);
    let commit = git(project.path(), &bin, &["commit", "-q", "-m", "one"]);
    assert!(commit.status.success(), "{commit:?}");
    assert_eq!(good.calls(), [["check", "--staged"]]);

    StandIn::migrate(&bin, 3);
    let commit = git(project.path(), &bin, &["commit", "-q", "--allow-empty", "-m", "two"]);
    assert!(!commit.status.success(), "findings refuse it: {commit:?}");

    fs::remove_file(bin.join("migrate")).expect("removed");
    let hook = project.path().join(".git/hooks/pre-commit");
    let alone = Command::new("/bin/sh").arg(hook).env("PATH", &bin).output().expect("it runs");
    assert!(!alone.status.success(), "what is not checked is not let through");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("migrate is not on the PATH"));
}

#[test]
fn the_hook_goes_where_git_looks() {
    let project = repository();
    project.commit("one");
    project.git(&["worktree", "add", "-q", "tree"]);
    let run = project.run_in("tree", "init --hook", "");
    assert_eq!(run.code, 0, "{}", run.err);
    let hook = project.path().join(".git/hooks/pre-commit");
    let mode = fs::metadata(&hook).expect("all working trees share it").permissions().mode();
    assert_eq!(mode & 0o100, 0o100, "it can be run");

    let project = repository();
    project.git(&["config", "core.hooksPath", ".hooks"]);
    let run = project.run_in("db", "init --hook", "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(project.path().join(".hooks/pre-commit").exists(), "from the root: {}", run.out);
    assert!(!project.path().join(".git/hooks/pre-commit").exists());
}

#[test]
fn a_hook_that_is_there_is_left_alone() {
    let project = repository();
    project.write(".git/hooks/pre-commit", "#!/bin/sh\nexec lefthook run pre-commit\n");
    let run = project.run("init --hook");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("add the line `migrate check --staged`"), "{}", run.err);
    let text = project.read(".git/hooks/pre-commit");
    assert_eq!(text, "#!/bin/sh\nexec lefthook run pre-commit\n");
    assert!(!project.path().join("migrate.toml").exists(), "all or nothing");

    fs::remove_file(project.path().join(".git/hooks/pre-commit")).expect("removed");
    project.run("init");
    let text = project.read("migrate.toml");
    let run = project.run("init --hook");
    assert_eq!(run.code, 0, "a configuration that is there is no hindrance: {}", run.err);
    assert_eq!(project.read("migrate.toml"), text);
}

#[test]
fn hooks_of_others_are_left_alone() {
    let outside = Project::new();
    for (hooks, said) in [(".husky/_", ".husky/pre-commit"), ("", "outside of this repository")] {
        let project = repository();
        let path = outside.path().display().to_string();
        let hooks = if hooks.is_empty() { path.as_str() } else { hooks };
        project.git(&["config", "core.hooksPath", hooks]);
        let run = project.run("init --hook");
        assert_eq!(run.code, 2);
        assert!(run.err.contains(said), "{}", run.err);
        assert!(!project.path().join(hooks).join("pre-commit").exists());
        assert!(!project.path().join("migrate.toml").exists(), "all or nothing");
    }
    let run = Project::new().run("init --hook");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no git repository"), "{}", run.err);
}
