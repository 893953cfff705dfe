//! How fast `migrate check` finds who still uses what is taken away, beside ripgrep over the same
//! files.
//!
//! `cargo bench --bench uses` makes a repository of 10,000 files and stages a migration that drops a
//! column. ripgrep is looked for in `RG` and on the path; it only looks for the names, and is the
//! floor. All figures are medians of one run on this machine: read the ratios.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// How often each command is run; the first is not counted.
const RUNS: usize = 5;

/// How many files the repository has.
const FILES: usize = 10_000;

/// One file in this many uses the column.
const USERS: usize = 100;

fn main() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    let bytes = repository(root);
    println!("{FILES} files, {:.1} MB", f64::from(u32::try_from(bytes).expect("small")) / 1e6);
    let rg = std::env::var_os("RG").map_or_else(|| PathBuf::from("rg"), PathBuf::from);
    let names = "nickname|nick_name|nickName|NickName|user|users";
    let floor = median(root, &rg, &["-i", "-c", "--no-messages", names]);
    match floor {
        Some(floor) => println!("ripgrep, the names alone     {:8.1} ms", milliseconds(floor)),
        None => println!("ripgrep is not here: install it, or RG=/path/to/rg"),
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_migrate"));
    let ours = median(root, &program, &["check", "--staged"]).expect("migrate starts");
    print!("migrate check --staged       {:8.1} ms", milliseconds(ours));
    match floor {
        Some(floor) => println!("   ratio {:.2}", ours.as_secs_f64() / floor.as_secs_f64()),
        None => println!(),
    }
    let empty = median(root, &program, &["check", "--range", "HEAD..HEAD"]).expect("it starts");
    println!("the same with nothing to find {:7.1} ms", milliseconds(empty));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The median time of a command; `None` where it does not start.
fn median(folder: &Path, program: &Path, words: &[&str]) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..=RUNS {
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        command.stdin(Stdio::null()).status().ok()?;
        times.push(began.elapsed());
    }
    times.remove(0);
    times.sort();
    Some(times[times.len() / 2])
}

/// Makes the repository; gives the size of its code in bytes.
fn repository(root: &Path) -> usize {
    let write = |path: String, text: String| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("it stands in a folder")).expect("made");
        let bytes = text.len();
        fs::write(path, text).expect("written");
        bytes
    };
    write(
        "db/migrations/000001_users.up.sql".to_owned(),
        "CREATE TABLE users (id bigint PRIMARY KEY, nickname text);\n".to_owned(),
    );
    let mut bytes = 0;
    for number in 0..FILES {
        let (path, text) = code(number);
        bytes += write(path, text);
    }
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words).current_dir(root);
        let status = command.stdout(Stdio::null()).status().expect("git is there");
        assert!(status.success(), "git {words:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "all"]);
    write(
        "db/migrations/000002_no_nickname.up.sql".to_owned(),
        "ALTER TABLE users DROP COLUMN nickname;\n".to_owned(),
    );
    git(&["add", "-A"]);
    bytes
}

/// A file of code, in one of four languages.
fn code(number: usize) -> (String, String) {
    let folder = number / 100;
    let used = number.is_multiple_of(USERS);
    let (end, head, line, query) = match number % 4 {
        0 => (
            "py",
            "class Thing:\n",
            "    def area_{}(self, width):\n        return width * {}\n",
            "    q = \"SELECT nickname FROM users\"\n",
        ),
        1 => (
            "ts",
            "export class Thing {\n",
            "  area{}(width: number) { return width * {}; }\n",
            "  q = `SELECT nickname FROM users`;\n",
        ),
        2 => (
            "go",
            "package things\n",
            "func area{}(width int) int { return width * {} }\n",
            "const q = \"SELECT nickname FROM users\"\n",
        ),
        _ => (
            "rb",
            "class Thing\n",
            "  def area_{}(width)\n    width * {}\n  end\n",
            "  Q = \"SELECT nickname FROM users\"\n",
        ),
    };
    let mut text = head.to_owned();
    for row in 0..60 {
        text.push_str(&line.replace("{}", &row.to_string()));
    }
    // Code speaks of users without using the column.
    let comment = if ["py", "rb"].contains(&end) { "#" } else { "//" };
    text.extend([comment, " the user pays the bill\n"]);
    if used {
        text.push_str(query);
    }
    (format!("app/part{folder}/thing{number}.{end}"), text)
}
