//! How fast `migrate lint` is, beside squawk over the same files, and how its time grows.
//!
//! `cargo bench --bench speed -- FOLDER` measures the migrations in a folder too. squawk is looked
//! for in `SQUAWK` and on the path (`pip install squawk-cli`); without it only our own times are
//! shown. All figures are medians of one run on this machine: read the ratios.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// How often each command is run; the first is not counted.
const RUNS: usize = 15;

/// How many files the growth is measured over.
const SIZES: [usize; 5] = [10, 100, 1_000, 5_000, 10_000];

fn main() {
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let squawk = squawk();
    if squawk.is_none() {
        println!("squawk is not here: pip install squawk-cli, or SQUAWK=/path/to/squawk");
    }
    one_file(squawk.as_deref());
    if let Some(folder) = folder {
        whole_folder(Path::new(&folder), squawk.as_deref());
    }
    growth(squawk.as_deref());
}

fn squawk() -> Option<PathBuf> {
    let told = std::env::var_os("SQUAWK").map(PathBuf::from);
    let runs = |path: &PathBuf| {
        let version = Command::new(path).arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    told.or_else(|| Some(PathBuf::from("squawk"))).filter(runs)
}

/// The median time of a command.
fn median(mut command: Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..=RUNS {
        let began = Instant::now();
        command.status().expect("the program starts");
        times.push(began.elapsed());
    }
    times.remove(0);
    times.sort();
    times[times.len() / 2]
}

fn ours(paths: &[&Path]) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    command.arg("lint").args(paths);
    median(command)
}

fn theirs(squawk: &Path, paths: &[PathBuf]) -> Duration {
    let mut command = Command::new(squawk);
    command.args(paths);
    median(command)
}

/// Prints a line: our time, theirs, and ours as a multiple of theirs.
fn line(what: &str, ours: Duration, theirs: Option<Duration>) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    print!("{what:44} migrate {:9.2} ms", milliseconds(ours));
    match theirs {
        Some(theirs) => println!(
            "   squawk {:9.2} ms   ratio {:.2}",
            milliseconds(theirs),
            milliseconds(ours) / milliseconds(theirs)
        ),
        None => println!(),
    }
}

/// One small file, from a cold start.
fn one_file(squawk: Option<&Path>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("one.sql");
    fs::write(&path, "ALTER TABLE users ADD COLUMN age int;\nCREATE INDEX i ON users (age);\n")
        .expect("written");
    let theirs = squawk.map(|squawk| theirs(squawk, std::slice::from_ref(&path)));
    line("one file, cold", ours(&[&path]), theirs);
}

/// All SQL files of a folder, as migrations.
fn whole_folder(folder: &Path, squawk: Option<&Path>) {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("it can be read").path();
            let sql = path.extension().is_some_and(|extension| extension == "sql");
            let name = path.file_name().map(|name| name.display().to_string()).unwrap_or_default();
            if path.is_dir() {
                open.push(path);
            } else if sql && !name.starts_with("down.") && !name.contains(".down.") {
                files.push(path);
            }
        }
    }
    files.sort();
    let theirs = squawk.map(|squawk| theirs(squawk, &files));
    line(&format!("{} ({} files)", folder.display(), files.len()), ours(&[folder]), theirs);
    if let Some(last) = files.last() {
        let theirs = squawk.map(|squawk| self::theirs(squawk, std::slice::from_ref(last)));
        line("its last file, the others for history", ours(&[last]), theirs);
    }
}

/// Generated migrations, more and more of them.
fn growth(squawk: Option<&Path>) {
    let mut before: Option<(usize, Duration)> = None;
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let migrations = folder.path().join("migrations");
        fs::create_dir(&migrations).expect("made");
        let mut files = Vec::new();
        for number in 0..size {
            let path = migrations.join(format!("{:014}_change.sql", 20_240_101_000_000 + number));
            fs::write(&path, migration(number)).expect("written");
            files.push(path);
        }
        let time = ours(&[&migrations]);
        let theirs = squawk.map(|squawk| theirs(squawk, &files));
        let mut what = format!("{size} generated files");
        if let Some((smaller, earlier)) = before {
            let factor = f64::from(u32::try_from(size / smaller).expect("small"));
            let growth = time.as_secs_f64() / earlier.as_secs_f64() / factor;
            write!(what, ", growth {growth:.2}").expect("a string takes all");
        }
        line(&what, time, theirs);
        before = Some((size, time));
    }
}

/// A migration like those that people write: a table, then changes of earlier ones.
fn migration(number: usize) -> String {
    let earlier = number / 2;
    if number.is_multiple_of(3) {
        return format!(
            "CREATE TABLE t{number} (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  \
             name text NOT NULL,\n  created_at timestamptz NOT NULL DEFAULT now()\n);\n\
             CREATE INDEX t{number}_name ON t{number} (name);\n"
        );
    }
    let table = earlier - earlier % 3;
    format!(
        "ALTER TABLE t{table} ADD COLUMN c{number} int DEFAULT 0;\n\
         ALTER TABLE t{table} ADD CONSTRAINT k{number} CHECK (c{number} >= 0) NOT VALID;\n\
         COMMENT ON COLUMN t{table}.c{number} IS 'change {number}';\n"
    )
}
