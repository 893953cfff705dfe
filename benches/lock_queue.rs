//! How long readers stand behind `ALTER TABLE … ADD COLUMN` while a report of six seconds holds the
//! table: sent plainly, and by `migrate expand`. Also how long a run takes that has nothing to do.
//!
//! `cargo bench --bench lock_queue` starts servers of its own and builds for release; with
//! `--profile dev` it measures the program as the tests build it. Read the ratios.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use migrate::shadow;
use migrate::shadow::Server;
use migrate::shadow::Settings;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

/// How many sessions read all the time.
const READERS: usize = 8;

/// How long the report takes, in seconds.
const REPORT: u32 = 6;

/// How often a run that has nothing to do is measured.
const RUNS: usize = 15;

fn main() {
    let installs = shadow::installs(None).expect("what is named is there");
    let Some(install) = installs.first() else {
        println!("there is no PostgreSQL server here");
        return;
    };
    let server = Server::start(install, &Settings::default()).expect("the server starts");
    let address = server.address("postgres");
    println!("PostgreSQL {}, {READERS} readers, a report of {REPORT} s", install.major);
    ask(&address, "CREATE TABLE shop (id int); INSERT INTO shop SELECT generate_series(1, 1000)");

    let add = "ALTER TABLE shop ADD COLUMN plain text";
    show("sent plainly", &queue(&address, || ask(&address, add)));

    let project = tempfile::tempdir().expect("a temporary folder can be made");
    write(project.path(), "20240101000001_ready", "CREATE TABLE ready (id int);");
    expand(project.path(), &address);
    write(project.path(), "20240101000002_note", "ALTER TABLE shop ADD COLUMN careful text;");
    show("migrate expand", &queue(&address, || expand(project.path(), &address)));

    let mut runs: Vec<Duration> = (0..RUNS).map(|_| expand(project.path(), &address)).collect();
    runs.sort();
    println!("nothing to do: median {:?}, shortest {:?}", runs[RUNS / 2], runs[0]);
}

/// What was seen while a statement waited in the queue.
struct Seen {
    /// The longest that a reader stood.
    longest: Duration,
    /// How long 99 of 100 reads took at most.
    usual: Duration,
    /// How long the statement took.
    took: Duration,
}

fn show(name: &str, seen: &Seen) {
    let Seen { longest, usual, took } = seen;
    println!("{name:15} longest stall {longest:?}, p99 {usual:?}, done after {took:?}");
}

/// Has readers read and a report hold the table, while something is done to it.
fn queue(address: &str, work: impl FnOnce() -> Duration) -> Seen {
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..READERS).map(|_| reader(address, &over)).collect();
    let report = {
        let address = address.to_owned();
        let held = format!("BEGIN; SELECT count(*) FROM shop; SELECT pg_sleep({REPORT}); COMMIT");
        std::thread::spawn(move || ask(&address, &held))
    };
    std::thread::sleep(Duration::from_millis(500));
    let took = work();
    report.join().expect("the report ends");
    over.store(true, Ordering::SeqCst);
    let mut reads: Vec<Duration> = Vec::new();
    for reader in readers {
        reads.extend(reader.join().expect("a reader ends"));
    }
    reads.sort();
    let longest = reads.last().copied().unwrap_or_default();
    let usual = reads.get(reads.len() * 99 / 100).copied().unwrap_or_default();
    Seen { longest, usual, took }
}

/// A session that reads until it is over.
fn reader(address: &str, over: &Arc<AtomicBool>) -> JoinHandle<Vec<Duration>> {
    let (address, over) = (address.to_owned(), over.clone());
    std::thread::spawn(move || {
        let (runtime, client) = connect(&address);
        let mut reads = Vec::new();
        while !over.load(Ordering::SeqCst) {
            let begun = Instant::now();
            let read = client.batch_execute("SELECT count(*) FROM shop");
            runtime.block_on(read).expect("a reader reads");
            reads.push(begun.elapsed());
            std::thread::sleep(Duration::from_millis(5));
        }
        reads
    })
}

fn connect(address: &str) -> (Runtime, tokio_postgres::Client) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let connected = runtime.block_on(tokio_postgres::connect(address, NoTls));
    let (client, connection) = connected.expect("the server takes connections");
    runtime.spawn(connection);
    (runtime, client)
}

/// Runs SQL in a session of its own, with no timeout; gives how long it took.
fn ask(address: &str, sql: &str) -> Duration {
    let (runtime, client) = connect(address);
    let begun = Instant::now();
    runtime.block_on(client.batch_execute(sql)).expect("it runs");
    begun.elapsed()
}

fn write(folder: &Path, change: &str, sql: &str) {
    let folder = folder.join("migrations").join(change);
    fs::create_dir_all(&folder).expect("it can be made");
    fs::write(folder.join("expand.sql"), sql).expect("it can be written");
}

/// Runs `migrate expand` to its end; gives how long it took.
fn expand(folder: &Path, address: &str) -> Duration {
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
        .args(["expand", "--database-url", address])
        .current_dir(folder)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    begun.elapsed()
}
