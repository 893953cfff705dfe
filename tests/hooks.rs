//! What only the program of <https://pre-commit.com> can show: it takes our manifest, and its hooks
//! let git refuse a commit. Without it these tests are ignored, loudly.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

use libtest_mimic::Arguments;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitCode;
use std::process::Output;
use tempfile::TempDir;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml");

/// A test, which is given the program.
type Test = fn(&Path) -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let found = pre_commit();
    if found.is_none() {
        eprintln!(
            "\n*** pre-commit was not found: tests of its hooks are IGNORED. tools/pre-commit gets \
             it; MIGRATE_PRE_COMMIT names one.\n"
        );
    }
    let trial = |name: &str, test: Test| {
        let program = found.clone().unwrap_or_default();
        Trial::test(name, move || test(&program)).with_ignored_flag(found.is_none())
    };
    let trials = vec![
        trial("the_manifest_is_taken", the_manifest_is_taken),
        trial("what_init_shows_is_taken", what_init_shows_is_taken),
        trial("lint_refuses_what_is_staged", lint_refuses_what_is_staged),
        trial("lint_looks_at_what_is_committed", lint_looks_at_what_is_committed),
        trial("check_wants_a_drop_alone", check_wants_a_drop_alone),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The program: the one that is named, the one that `tools/pre-commit` got, or one on the path.
fn pre_commit() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MIGRATE_PRE_COMMIT") {
        return Some(named.into());
    }
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pre-commit/bin/pre-commit");
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join("pre-commit"));
    // One that is there and does not start is none: a shim of another tool, say.
    let starts = |path: &PathBuf| {
        let output = Command::new(path).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    [ours].into_iter().chain(on_path).filter(|path| path.is_file()).find(starts)
}

/// A repository with a hook of ours.
struct Repository {
    folder: TempDir,
}

impl Repository {
    /// One that has a migration, the code for it, and this hook.
    fn with(program: &Path, hook: &str) -> Repository {
        let repository = Repository { folder: tempfile::tempdir().expect("made") };
        // The hooks come from a repository too.
        fs::create_dir_all(repository.folder.path().join("hooks")).expect("made");
        fs::copy(MANIFEST, repository.folder.path().join("hooks/.pre-commit-hooks.yaml"))
            .expect("copied");
        repository.done("hooks", &["init", "-q"]);
        repository.done("hooks", &["add", "-A"]);
        repository.done("hooks", &["commit", "-q", "-m", "hooks"]);
        let revision = repository.done("hooks", &["rev-parse", "HEAD"]);
        let address = repository.folder.path().join("hooks").display().to_string();
        fs::create_dir_all(repository.folder.path().join("work")).expect("made");
        repository.done("work", &["init", "-q"]);
        repository.write(
            ".pre-commit-config.yaml",
            &format!(
                "repos:\n  - repo: {address}\n    rev: {}\n    hooks:\n      - id: {hook}\n",
                revision.trim()
            ),
        );
        repository.write(
            "db/migrations/001_users.sql",
            "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n",
        );
        repository.write("app/users.py", "def greet(row):\n    return \"hi \" + row[\"name\"]\n");
        repository.done("work", &["add", "-A"]);
        repository.done("work", &["commit", "-q", "-m", "one"]);
        let output = repository.command(program, "work").arg("install").output();
        let output = output.expect("pre-commit starts");
        assert!(output.status.success(), "{output:?}");
        repository
    }

    /// A program that sees `migrate` on the path, and nothing of whoever runs the tests.
    fn command(&self, program: &Path, folder: &str) -> Command {
        let migrate = Path::new(env!("CARGO_BIN_EXE_migrate"));
        let bin = migrate.parent().expect("it stands in a folder").display();
        let path = std::env::var("PATH").expect("there is a PATH");
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path().join(folder))
            .env("PATH", format!("{bin}:{path}"))
            .env("HOME", self.folder.path())
            .env("PRE_COMMIT_HOME", self.folder.path().join("cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("NO_COLOR", "1");
        command
    }

    fn git(&self, folder: &str, words: &[&str]) -> Output {
        let mut git = self.command(Path::new("git"), folder);
        git.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]);
        git.args(["-c", "commit.gpgsign=false"]);
        git.args(words).output().expect("git is installed")
    }

    /// What git says, where it does as it is told.
    fn done(&self, folder: &str, words: &[&str]) -> String {
        let output = self.git(folder, words);
        assert!(output.status.success(), "git {words:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("work").join(path);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Commits with these words; what is said where that is refused.
    fn commit(&self, words: &[&str]) -> Result<(), String> {
        let words: Vec<&str> = ["commit", "-q", "-m", "x"].iter().chain(words).copied().collect();
        let output = self.git("work", &words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }
}

const DROP: &str = "ALTER TABLE users DROP COLUMN name;\n";

/// What a drop needs to be accepted.
const DROP_AS_IT_SHOULD_BE: &str = "\
SET lock_timeout = '2s';
-- migrate: allow drop-column because no running release names it
ALTER TABLE users DROP COLUMN name;
";

fn the_manifest_is_taken(program: &Path) -> Result<(), Failed> {
    let validate = |path: &str| Command::new(program).args(["validate-manifest", path]).output();
    let output = validate(MANIFEST)?;
    assert!(output.status.success(), "{output:?}");
    let folder = tempfile::tempdir()?;
    let spoiled = folder.path().join("hooks.yaml");
    fs::write(&spoiled, fs::read_to_string(MANIFEST)?.replace("language: rust", "language: sql"))?;
    let output = validate(&spoiled.display().to_string())?;
    assert!(!output.status.success(), "it takes anything");
    Ok(())
}

fn what_init_shows_is_taken(program: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut init = Command::new(env!("CARGO_BIN_EXE_migrate"));
    let output = init.arg("init").current_dir(folder.path()).output()?;
    let shown = String::from_utf8(output.stdout)?;
    let (_, shown) = shown.split_once(".pre-commit-config.yaml:\n").expect("it is shown");
    let lines = shown.lines().map_while(|line| line.strip_prefix("                "));
    let config = folder.path().join("config.yaml");
    fs::write(&config, lines.collect::<Vec<_>>().join("\n"))?;
    assert!(fs::read_to_string(&config)?.contains("entry: migrate check --staged"), "{shown}");
    let output = Command::new(program).arg("validate-config").arg(&config).output()?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

fn lint_refuses_what_is_staged(program: &Path) -> Result<(), Failed> {
    let repository = Repository::with(program, "migrate-lint-system");
    repository.write("db/migrations/002_drop.sql", DROP);
    repository.write("app/users.py", "def greet(row):\n    return \"hi\"\n");
    repository.done("work", &["add", "app"]);
    repository.commit(&[])?;
    repository.done("work", &["add", "-A"]);
    let said = repository.commit(&[]).expect_err("the drop is found");
    assert!(said.contains("drop-column") && said.contains("db/migrations/002_drop.sql"), "{said}");
    assert!(said.contains("exit code: 3"), "{said}");
    // What is fixed on the disk alone is not what is committed.
    repository.write("db/migrations/002_drop.sql", DROP_AS_IT_SHOULD_BE);
    repository.commit(&[]).expect_err("what is staged is as it was");
    repository.done("work", &["add", "-A"]);
    repository.commit(&[])?;
    Ok(())
}

fn lint_looks_at_what_is_committed(program: &Path) -> Result<(), Failed> {
    let repository = Repository::with(program, "migrate-lint-system");
    repository.write("db/migrations/002_drop.sql", DROP);
    repository.write("db/migrations/003_add.sql", "CREATE TABLE notes (id bigint PRIMARY KEY);\n");
    repository.done("work", &["add", "-A"]);
    // Git makes an index of its own for a commit of some files.
    repository.commit(&["--", "db/migrations/003_add.sql"])?;
    let said = repository.commit(&["-a"]).expect_err("the rest is judged by itself");
    assert!(!said.contains("003_add.sql"), "{said}");
    Ok(())
}

fn check_wants_a_drop_alone(program: &Path) -> Result<(), Failed> {
    let repository = Repository::with(program, "migrate-check-system");
    repository.write("app/users.py", "def greet(row):\n    return \"hi\"\n");
    repository.write("db/migrations/002_drop.sql", DROP_AS_IT_SHOULD_BE);
    repository.done("work", &["add", "-A"]);
    let said = repository.commit(&[]).expect_err("code and drop in one change are refused");
    assert!(said.contains("db/migrations/002_drop.sql"), "{said}");
    repository.done("work", &["restore", "--staged", "db/migrations"]);
    repository.commit(&[])?;
    repository.done("work", &["add", "-A"]);
    repository.commit(&[])?;
    Ok(())
}
