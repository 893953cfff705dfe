//! Servers that end while workers are at work: one that is started again, and one whose standby
//! takes its place without the last of what it wrote.

use super::Own;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::counted;
use super::world::holds;
use super::world::said;
use crate::server::Install;
use crate::server::Server;
use crate::server::as_user;
use crate::server::reason;
use crate::server::user;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Own)] = &[
    ("servers::started_again", started_again),
    ("servers::started_again_between_two_statements", between_two_statements),
    ("servers::a_standby_takes_over", a_standby_takes_over),
];

const ROWS: u32 = 60_000;
const SETTINGS: &str = "target = \"20ms\"\nleast = 150\nmost = 150\nworkers = 16\n";

/// The folder of a server's socket, and of all that is its own.
fn folder(server: &Server) -> PathBuf {
    let address = server.address("postgres");
    let host = address.split(' ').find_map(|word| word.strip_prefix("host="));
    PathBuf::from(host.unwrap_or_default())
}

/// A server that is no longer its keeper's: it was started again.
struct Again<'a> {
    server: &'a Server,
    program: PathBuf,
}

impl Again<'_> {
    fn control(&self, arguments: &[&str]) -> Result<(), String> {
        let folder = folder(self.server);
        let mut command = as_user(&self.program, user().map_err(said)?);
        command.arg("-D").arg(folder.join("data")).args(["-s", "-w", "-m", "immediate"]);
        command.args(arguments).current_dir(&folder);
        // A server that is started keeps what it is given.
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let done = quiet.status().map_err(said)?;
        holds(done.success(), || format!("pg_ctl {arguments:?} fails"))
    }

    /// Ends it as if it had crashed, and starts it.
    fn restart(&self) -> Result<(), String> {
        let folder = folder(self.server);
        let options = format!("-k {} -p 5432", folder.display());
        let log = folder.join("again");
        let log = log.display().to_string();
        self.control(&["-o", &options, "-l", &log, "restart"])
    }
}

impl Drop for Again<'_> {
    fn drop(&mut self) {
        // The test may have failed before it was started again.
        let _ = self.control(&["stop"]);
    }
}

/// A session of its own, as that of a server that ended is of no use any more.
fn renewed(server: &Server, fill: &mut Fill) -> Result<(), String> {
    fill.session = fill.another(server)?;
    Ok(())
}

fn started_again(install: &Install) -> Result<(), String> {
    let program = install.program("pg_ctl").ok_or("there is no pg_ctl")?;
    let server = Server::start(install).map_err(said)?;
    let mut fill = Fill::users(&server, "again", (ROWS, 570), SETTINGS)?;
    fill.sql(&counted("users", "0.02"))?;
    let again = Again { server: &server, program };
    let mut both =
        [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    for batches in [20, 120, 220] {
        fill.batches(batches)?;
        for one in &mut both {
            holds(!one.is_over()?, || "it ended before".to_owned())?;
        }
        again.restart()?;
        renewed(&server, &mut fill)?;
    }
    for one in both {
        one.ends(0, SOON)?;
    }
    fill.was_counted("users", ROWS)
}

/// The session by which a process asks small questions is made again as those of workers are.
fn between_two_statements(install: &Install) -> Result<(), String> {
    let program = install.program("pg_ctl").ok_or("there is no pg_ctl")?;
    let server = Server::start(install).map_err(said)?;
    let mut fill = Fill::empty(&server, "again_two")?;
    fill.sql(&super::world::users(20_000, 50))?;
    let expand = "ALTER TABLE users ADD COLUMN email_lower text, ADD COLUMN pad_lower text;";
    let migrate = "UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;
        UPDATE users SET pad_lower = lower(pad) WHERE pad_lower IS NULL;";
    fill.change(super::world::CHANGE, expand, migrate, SETTINGS)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&super::world::slowed("users", "0.02"))?;
    let again = Again { server: &server, program };
    let worker = fill.start("backfill run")?;
    fill.batches(20)?;
    again.restart()?;
    renewed(&server, &mut fill)?;
    worker.ends(0, SOON)?;
    fill.gives(
        "SELECT count(*) FROM users WHERE email_lower = lower(email) AND pad_lower = lower(pad)",
        "20000",
    )?;
    fill.is_proven()
}

/// Starts a standby of a server, which is made of the same cluster.
fn follow(install: &Install, primary: &Server) -> Result<Server, String> {
    let text = format!(
        "hot_standby = on\nwal_retrieve_retry_interval = 100ms\nwal_receiver_status_interval = 1s\n\
         primary_conninfo = 'host={} port=5432 user=postgres application_name=r1'\n",
        folder(primary).display()
    );
    let files = [("standby.signal", ""), ("postgresql.conf", text.as_str())];
    Server::bare(install, &files).map_err(said)
}

fn a_standby_takes_over(install: &Install) -> Result<(), String> {
    let keep = [("postgresql.conf", "wal_keep_size = 512MB\n")];
    let primary = Server::bare(install, &keep).map_err(said)?;
    let standby = follow(install, &primary)?;
    let mut fill = Fill::users(&primary, "over", (ROWS, 570), SETTINGS)?;
    fill.sql(&counted("users", "0.02"))?;
    let both = format!("host={},{}", folder(&primary).display(), folder(&standby).display());
    let one = format!("host={}", folder(&primary).display());
    let address = fill.address.replace(&one, &both) + " target_session_attrs=read-write";
    let run = || Process::start(fill.at(&address, "backfill run --workers 2"));
    let workers = [run()?, run()?];
    fill.batches(40)?;
    let beside = standby.session("postgres").map_err(said)?;
    let receiver = "SELECT pid FROM pg_stat_wal_receiver";
    let receiver = beside.text(receiver).map_err(|error| reason(&error))?;
    let sender = fill.text("SELECT pid FROM pg_stat_replication")?;
    // What is written from now on does not come over.
    kill("-STOP", receiver.trim())?;
    let there = fill.text(WRITTEN)?.parse::<u64>().map_err(said)?;
    fill.comes(&format!("SELECT ({WRITTEN}) > {there} + 1500"), "t")?;
    let lost = fill.text(WRITTEN)?.parse::<u64>().map_err(said)?;
    let postmaster = fs::read_to_string(folder(&primary).join("data/postmaster.pid"));
    let postmaster = postmaster.map_err(said)?;
    kill("-KILL", postmaster.lines().next().unwrap_or_default())?;
    // It would send the rest as long as it is there.
    over(&sender)?;
    kill("-CONT", receiver.trim())?;
    beside.run("SELECT pg_promote()").map_err(|error| reason(&error))?;
    fill.session = fill.another(&standby)?;
    let kept = fill.text(WRITTEN)?.parse::<u64>().map_err(said)?;
    holds(kept < lost, || format!("nothing was lost: {lost}, and {kept} came over"))?;
    fill.address = standby.address("fill_over");
    for worker in workers {
        worker.ends(0, SOON)?;
    }
    fill.was_counted("users", ROWS)?;
    fill.gives("SELECT sum(written) FROM migrate.backfill_range", &ROWS.to_string())?;
    gone(&folder(&primary))
}

const WRITTEN: &str = "SELECT sum(written) FROM migrate.backfill_range";

/// Waits until nothing of a server is left that was killed.
fn gone(folder: &Path) -> Result<(), String> {
    let begun = Instant::now();
    while std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok() {
        holds(begun.elapsed() < SOON, || "it does not end".to_owned())?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Waits until a process has ended.
fn over(process: &str) -> Result<(), String> {
    let begun = Instant::now();
    while kill("-0", process).is_ok() {
        holds(begun.elapsed() < SOON, || format!("{process} does not end"))?;
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn kill(signal: &str, process: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([signal, process]).status().map_err(said)?;
    holds(sent.success(), || format!("{process} gets no {signal}"))
}
