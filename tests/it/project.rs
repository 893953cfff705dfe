//! A folder with files, and the program run in it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use tempfile::TempDir;

/// A throw-away folder.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a run of the program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    /// An empty folder.
    pub(crate) fn new() -> Project {
        Project { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// A folder with one migration in `migrations/`.
    pub(crate) fn with_migration(sql: &str) -> Project {
        Project::new().file("migrations/001_first.sql", sql)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders it stands in.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Project {
        self.write(path, text);
        self
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("the file is there")
    }

    /// Runs the program with these words as arguments.
    pub(crate) fn run(&self, words: &str) -> Run {
        self.run_in("", words, "")
    }

    /// Runs the program with text on standard input.
    pub(crate) fn run_with(&self, words: &str, input: &str) -> Run {
        self.run_in("", words, input)
    }

    /// Runs the program in a folder of the project.
    pub(crate) fn run_in(&self, folder: &str, words: &str, input: &str) -> Run {
        self.start(program(), folder, words, input)
    }

    /// Runs the program with these variables in its environment.
    pub(crate) fn run_where(&self, variables: &[(&str, &str)], words: &str) -> Run {
        let mut command = program();
        command.envs(variables.iter().copied());
        self.start(command, "", words, "")
    }

    fn start(&self, mut command: Command, folder: &str, words: &str, input: &str) -> Run {
        let mut child = command
            .args(words.split_whitespace())
            .current_dir(self.path().join(folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that does not read it closes it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        Run {
            code: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("output is UTF-8"),
        }
    }

    /// Runs git in the folder.
    pub(crate) fn git(&self, words: &[&str]) {
        self.git_says(words);
    }

    /// What git says.
    pub(crate) fn git_says(&self, words: &[&str]) -> String {
        let output = self.git_command(words).output().expect("git is installed");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether git does it.
    pub(crate) fn git_tries(&self, words: &[&str]) -> bool {
        self.git_command(words).output().expect("git is installed").status.success()
    }

    fn git_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"])
            .args(words)
            .current_dir(self.path());
        command
    }

    /// Commits all that is there.
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm");
    command
}

impl Run {
    /// The output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{}\n{}", self.out, self.err))
    }

    /// The rules that found something, in order, with their severities.
    pub(crate) fn found(&self) -> Vec<(String, String)> {
        let json = self.json();
        let findings = json["findings"].as_array().expect("there is a list of findings");
        let word = |value: &serde_json::Value| value.as_str().expect("it is a string").to_owned();
        findings.iter().map(|found| (word(&found["rule"]), word(&found["severity"]))).collect()
    }

    /// The rules that found something, in order.
    pub(crate) fn rules(&self) -> Vec<String> {
        self.found().into_iter().map(|(rule, _)| rule).collect()
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
