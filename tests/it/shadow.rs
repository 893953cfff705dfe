//! Throw-away servers: found, started, and gone with whoever started them, however that one ends.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

use super::project::Project;
use super::project::root;
use migrate::db;
use migrate::db::Address;
use migrate::shadow;
use migrate::shadow::Install;
use migrate::shadow::Server;
use migrate::shadow::Settings;
use migrate::shadow::ShadowError;
use migrate::version::Major;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// The servers of this machine, those that `tools/servers` got among them.
fn installs() -> Vec<Install> {
    let mut found = shadow::installs(None).expect("what is named is there");
    let entries = fs::read_dir(root().join("target/postgres")).into_iter().flatten().flatten();
    found.extend(entries.filter_map(|entry| Install::at(&entry.path()).ok()));
    found.sort_by_key(|install| install.major);
    found.dedup_by_key(|install| install.major);
    if found.is_empty() {
        eprintln!("*** No PostgreSQL server was found: nothing is started in this test.");
    }
    found
}

fn start(install: &Install) -> Server {
    Server::start(install, &Settings::default()).expect("the server starts")
}

fn resolved(address: &str) -> Address {
    Address::resolve(Some(address), &db::Nowhere).expect("an address")
}

/// The major that a server says it is of.
fn answer(address: &str) -> Major {
    let address = resolved(address);
    db::read_catalog(&address).expect("the server answers").postgres
}

/// The process of the server in a folder.
fn process(folder: &Path) -> u32 {
    let text = fs::read_to_string(folder.join("data/postmaster.pid")).expect("it runs");
    let line = text.lines().next().expect("it has a first line");
    line.parse().expect("a number")
}

/// Whether a process runs.
fn runs(process: u32) -> bool {
    let mut command = Command::new("ps");
    command.args(["-o", "stat=", "-p", &process.to_string()]);
    let output = command.output().expect("ps runs").stdout;
    !output.is_empty() && !output.starts_with(b"Z")
}

/// Waits for something that is to come soon.
fn comes(what: &str, is_there: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_major_starts_answers_and_ends() {
    for install in installs() {
        let server = start(&install);
        assert_eq!(answer(&server.address("postgres")), install.major);
        assert_eq!(server.major(), install.major);
        assert!(server.log_tail().contains("ready to accept connections"), "{}", server.log_tail());
        let folder = server.socket_folder().to_owned();
        let process = process(&folder);
        assert!(runs(process));
        drop(server);
        assert!(!runs(process), "the server ends when it is dropped");
        assert!(!folder.exists(), "and leaves nothing");
    }
}

#[test]
fn two_at_once_have_nothing_in_common() {
    let Some(install) = installs().pop() else { return };
    let (one, other) = (start(&install), start(&install));
    assert_ne!(one.socket_folder(), other.socket_folder());
    drop(one);
    assert_eq!(answer(&other.address("postgres")), install.major);
}

#[test]
fn settings_files_and_names_reach_the_server() {
    let Some(install) = installs().pop() else { return };
    let hba = "local \"it's a\" all trust\nlocal postgres all reject\n";
    let settings = Settings {
        port: 6543,
        configuration: "cluster_name = 'from outside'\nwork_mem = 'nothing of the kind'".to_owned(),
        files: vec![("pg_hba.conf".to_owned(), hba.to_owned())],
    };
    let refused = Server::start(&install, &settings).expect_err("a setting is wrong").to_string();
    assert!(refused.contains("does not start; it says:\n"), "{refused}");
    assert!(refused.contains("invalid value for parameter \"work_mem\""), "{refused}");
    let settings = Settings { configuration: "work_mem = '5MB'".to_owned(), ..settings };
    let server = Server::start(&install, &settings).expect("the server starts");
    assert!(server.socket_folder().join(".s.PGSQL.6543").exists());
    let why = |database: &str| {
        let address = resolved(&server.address(database));
        db::read_catalog(&address).expect_err("it is not let in").to_string()
    };
    assert!(why("it's a").contains("database \"it's a\" does not exist"), "{}", why("it's a"));
    assert!(why("postgres").contains("pg_hba.conf"), "{}", why("postgres"));
}

#[test]
fn no_server_and_none_of_its_files_are_of_root() {
    let Some(install) = installs().pop() else { return };
    let server = start(&install);
    let folder = server.socket_folder();
    let process = process(folder);
    let mut command = Command::new("ps");
    command.args(["-o", "uid=", "-p", &process.to_string()]);
    let output = command.output().expect("ps runs").stdout;
    let user = String::from_utf8(output).expect("a number");
    assert_ne!(user.trim(), "0");
    for path in [folder.to_owned(), folder.join("data"), folder.join("data/global/pg_control")] {
        let meta = fs::metadata(&path).expect("it is there");
        assert_eq!(meta.uid().to_string(), user.trim(), "{}", path.display());
        assert_eq!(meta.mode() & 0o077, 0, "{} is nobody else's business", path.display());
    }
}

/// What `holds_a_server_until_it_is_killed` takes the install from.
const HELD: &str = "MIGRATE_TEST_HELD";

#[test]
#[ignore = "other tests run it, as a process of its own"]
fn holds_a_server_until_it_is_killed() {
    let folder = std::env::var_os(HELD).expect("another test says which");
    let server = start(&Install::at(Path::new(&folder)).expect("it is there"));
    eprintln!("held: {}", server.socket_folder().display());
    std::thread::sleep(Duration::from_mins(5));
}

/// A process that holds a server, and the server's folder.
fn held(install: &Install, variables: &[(&str, &Path)]) -> (Child, PathBuf) {
    let program = std::env::current_exe().expect("tests are a program");
    let mut holder = Command::new(program)
        .args(["--exact", "shadow::holds_a_server_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(HELD, &install.folder)
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tests run once more");
    let said = BufReader::new(holder.stderr.take().expect("it is piped"));
    let folder = said.lines().map_while(Result::ok).find_map(|line| {
        let (_, folder) = line.split_once("held: ")?;
        Some(PathBuf::from(folder))
    });
    (holder, folder.expect("it starts a server"))
}

#[test]
fn a_server_ends_when_its_owner_is_killed() {
    let Some(install) = installs().pop() else { return };
    let (mut holder, folder) = held(&install, &[]);
    let process = process(&folder);
    assert!(runs(process));
    holder.kill().expect("SIGKILL reaches it");
    holder.wait().expect("it ends");
    comes("the end of the server", || !runs(process));
    comes("the end of its folder", || !folder.exists());
}

#[test]
fn a_start_sweeps_what_the_dead_left_and_nothing_else() {
    let Some(install) = installs().pop() else { return };
    let living = start(&install);
    let above = living.socket_folder().parent().expect("it is in a folder");
    let left = above.join(format!("migrate-pg-left-{}", std::process::id()));
    let foreign = above.join(format!("migrate-pg-foreign-{}", std::process::id()));
    for folder in [left.join("data"), foreign.join("data")] {
        fs::create_dir_all(folder).expect("made");
    }
    fs::write(left.join("migrate-owner"), "").expect("written");
    let next = start(&install);
    let kept = (foreign.exists(), !left.exists());
    fs::remove_dir_all(&foreign).expect("it is still there");
    assert_eq!(kept, (true, true), "one is swept, what nobody ever locked is not");
    for server in [living, next] {
        assert_eq!(answer(&server.address("postgres")), install.major);
    }
}

#[test]
fn two_that_fill_an_empty_cache_at_once_leave_one_whole_cluster() {
    let Some(install) = installs().pop() else { return };
    let cache = tempfile::tempdir().expect("a folder");
    let clusters = cache.path().join("migrate/clusters");
    let variables = [("XDG_CACHE_HOME", cache.path())];
    let first = std::thread::scope(|scope| {
        let starts = [(); 2].map(|()| scope.spawn(|| held(&install, &variables)));
        starts.map(|start| start.join().expect("it starts"))
    });
    let names = || -> Vec<String> {
        let entries = fs::read_dir(&clusters).expect("it is filled").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name != "lock").collect()
    };
    assert_eq!(names().len(), 1, "{:?}", names());
    let kept = clusters.join(names().remove(0));
    assert!(kept.join("PG_VERSION").exists());
    // What is kept was never run, and a server can be made of it.
    let settings = fs::read_to_string(kept.join("postgresql.conf")).expect("it is whole");
    assert!(!settings.contains("full_page_writes = off\n"), "{settings}");
    let third = held(&install, &variables);
    // One that is not whole any more is done without, and the next is kept in its place.
    fs::remove_file(kept.join("global/pg_control")).expect("it is whole");
    let fourth = held(&install, &variables);
    assert!(!kept.exists(), "it is not met again");
    let fifth = held(&install, &variables);
    assert!(kept.join("global/pg_control").exists());
    for (mut holder, folder) in first.into_iter().chain([third, fourth, fifth]) {
        assert_eq!(process_of(&folder), install.major);
        holder.kill().expect("SIGKILL reaches it");
        holder.wait().expect("it ends");
        comes("the end of its folder", || !folder.exists());
    }
}

/// The major of the server in a folder.
fn process_of(folder: &Path) -> Major {
    answer(&format!("host={} user=postgres dbname=postgres", folder.display()))
}

#[test]
fn without_a_cache_a_server_starts_too() {
    let Some(install) = installs().pop() else { return };
    let (mut holder, folder) = held(&install, &[("XDG_CACHE_HOME", Path::new("/dev/null"))]);
    assert_eq!(process_of(&folder), install.major);
    holder.kill().expect("SIGKILL reaches it");
    holder.wait().expect("it ends");
    comes("the end of its folder", || !folder.exists());
}

#[test]
fn a_long_or_odd_way_to_temporary_files_is_avoided() {
    let Some(install) = installs().pop() else { return };
    let above = tempfile::tempdir().expect("a folder");
    for name in ["so-long-a-name-".repeat(8), "with, comma".to_owned()] {
        let odd = above.path().join(name);
        fs::create_dir(&odd).expect("made");
        let (mut holder, folder) = held(&install, &[("TMPDIR", &odd)]);
        assert_eq!(folder.parent(), Some(Path::new("/tmp")));
        assert_eq!(process_of(&folder), install.major);
        holder.kill().expect("SIGKILL reaches it");
        holder.wait().expect("it ends");
        comes("the end of its folder", || !folder.exists());
    }
}

/// A folder with programs that say they are of a version, and no more.
fn pretended(project: Project, version: &str) -> Project {
    for name in ["initdb", "postgres"] {
        let text = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\nexit 1\n");
        let path = format!("{version}/bin/{name}");
        migrate::workspace::write_program(&project.path().join(path), &text).expect("written");
    }
    project
}

#[test]
fn the_wanted_major_is_taken_else_the_nearest_newer_else_the_newest() {
    let mut project = Project::new();
    for version in ["14.2", "16.1 (Debian 16.1-1)", "18beta1"] {
        project = pretended(project, version);
    }
    let at = |version: &str| Install::at(&project.path().join(version)).expect("it is there");
    let installs = [at("14.2"), at("16.1 (Debian 16.1-1)"), at("18beta1")];
    let major = |number: i64| Major::new(number).expect("it is known");
    for (wanted, taken, matches) in [
        (Some(14), 14, true),
        (Some(15), 16, false),
        (Some(17), 18, false),
        (Some(18), 18, true),
        (Some(12), 14, false),
        (None, 18, true),
    ] {
        let choice = shadow::choose(&installs, wanted.map(major)).expect("there are some");
        assert_eq!((choice.install.major, choice.matches), (major(taken), matches), "{wanted:?}");
    }
    let older = shadow::choose(&installs[..1], Some(major(17))).expect("there is one");
    assert_eq!((older.install.major, older.matches), (major(14), false));
    let told = shadow::installs(Some(&project.path().join("14.2/bin"))).expect("it is there");
    assert_eq!(told, [at("14.2")], "what is told counts alone");
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let error = shadow::choose(&[], None).expect_err("there is none").to_string();
    assert!(error.contains("no PostgreSQL server is installed"), "{error}");
    assert!(error.contains("MIGRATE_POSTGRES_BIN"), "{error}");
    if fs::read_to_string("/etc/os-release").is_ok_and(|text| text.contains("ID=debian")) {
        assert!(error.contains("`apt-get install -y postgresql` installs one"), "{error}");
    }
    let project = pretended(Project::new(), "11.4");
    let error = shadow::installs(Some(project.path())).expect_err("nothing is in it").to_string();
    assert!(error.contains("name the folder that `pg_config --bindir` prints"), "{error}");
    let old = project.path().join("11.4");
    let error = shadow::installs(Some(&old)).expect_err("too old").to_string();
    assert!(error.contains("is PostgreSQL 11.4, and facts are known of 12 to 18"), "{error}");
}

#[test]
fn programs_that_fail_say_why() {
    let project = pretended(Project::new(), "15.0");
    let install = Install::at(&project.path().join("15.0")).expect("it is there");
    let error = Server::start(&install, &Settings::default()).expect_err("it makes nothing");
    let possible = matches!(error, ShadowError::Cluster { .. } | ShadowError::Program { .. });
    assert!(possible, "{error}");
}

#[test]
fn a_demonstration_without_a_server_says_so_in_a_line() {
    let run = Project::new().run("demo --postgres-bin nowhere");
    assert_eq!(run.code, 2, "{}", run.err);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(run.err.contains("no PostgreSQL server is in nowhere"), "{}", run.err);
    assert_eq!(run.out, "");
}
