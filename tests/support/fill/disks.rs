//! A disk that is full: the work holds, says why, and goes on by itself once there is room.

use super::Own;
use super::world::CHANGE;
use super::world::Fill;
use super::world::SOON;
use super::world::audited;
use super::world::holds;
use super::world::said;
use crate::server::Install;
use crate::server::Server;
use crate::server::give_away;
use crate::server::user;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

pub(super) const TESTS: &[(&str, Own)] =
    &[("disks::of_the_table", of_the_table), ("disks::of_all", of_all)];

/// A file system of its own, in memory.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn mount(size: &str) -> Result<Disk, String> {
        let disk = Disk { folder: tempfile::tempdir().map_err(said)? };
        mount(&format!("size={size}"), disk.folder.path())?;
        give_away(disk.folder.path(), user().map_err(said)?).map_err(said)?;
        Ok(disk)
    }

    fn grow(&self, size: &str) -> Result<(), String> {
        mount(&format!("remount,size={size}"), self.folder.path())
    }
}

fn mount(options: &str, folder: &Path) -> Result<(), String> {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    let done = command.stderr(Stdio::null()).status().map_err(said)?;
    holds(done.success(), || format!("cannot mount with {options}"))
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its files may still be open for a moment; it goes with the last of them.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// Whether a disk can be made here: only root can.
pub(super) fn can_mount() -> bool {
    let can = Disk::mount("1m").is_ok();
    if !can {
        eprintln!("*** Nobody but root mounts: tests of a full disk are IGNORED.");
    }
    can
}

/// The table's own disk is full: ours has room.
fn of_the_table(install: &Install) -> Result<(), String> {
    let disk = Disk::mount("24m")?;
    let server = Server::start(install).map_err(said)?;
    let fill = Fill::empty(&server, "disk")?;
    let folder = disk.folder.path().display().to_string();
    fill.sql(&format!("CREATE TABLESPACE small LOCATION '{folder}'"))?;
    fill.sql("SET default_tablespace = small")?;
    holds_and_goes_on(&fill, &disk, (60_000, 200))
}

/// The disk of the whole database is full: not even what holds the work can be written.
fn of_all(install: &Install) -> Result<(), String> {
    let disk = Disk::mount("36m")?;
    let server = Server::start(install).map_err(said)?;
    let folder = disk.folder.path().display().to_string();
    let admin = server.session("postgres").map_err(said)?;
    admin.run(&format!("CREATE TABLESPACE small LOCATION '{folder}'")).map_err(said)?;
    let fill = Fill::within(&server, "disk", "TABLESPACE small")?;
    holds_and_goes_on(&fill, &disk, (60_000, 200))
}

fn holds_and_goes_on(fill: &Fill, disk: &Disk, table: (u32, u32)) -> Result<(), String> {
    let (rows, bytes) = table;
    fill.sql(&super::world::users(rows, bytes))?;
    fill.sql("SET default_tablespace = ''")?;
    let settings = "target = \"20ms\"\nmost = 1000\n";
    fill.change(CHANGE, super::world::EXPAND, super::world::FILL_IN, settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("users"))?;
    let mut worker = fill.start("backfill run --workers 2")?;
    let held = "SELECT count(*) > 0 FROM migrate.backfill_worker
        WHERE holds::text LIKE '%No space left on device%'";
    fill.comes(held, "t").map_err(|why| format!("{why}: {:?}", worker.said()))?;
    fill.ends("backfill status", 4, "No space left on device")?;
    let before = failed(fill)?;
    std::thread::sleep(Duration::from_secs(7));
    let tries = failed(fill)? - before;
    holds(tries < 20, || format!("{tries} tries in 7 s"))?;
    holds(!worker.is_over()?, || "it ended".to_owned())?;
    disk.grow("300m")?;
    worker.ends(0, SOON)?;
    fill.is_exact(rows)
}

/// How many transactions failed so far.
fn failed(fill: &Fill) -> Result<u64, String> {
    let query = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    fill.text(query)?.parse().map_err(said)
}
