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

pub(super) const NAME: &str = "disks::full";
pub(super) const TESTS: &[(&str, Own)] = &[(NAME, full)];

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

fn full(install: &Install) -> Result<(), String> {
    let disk = Disk::mount("24m")?;
    let server = Server::start(install).map_err(said)?;
    let fill = Fill::empty(&server, "disk")?;
    let folder = disk.folder.path().display().to_string();
    fill.sql(&format!("CREATE TABLESPACE small LOCATION '{folder}'"))?;
    fill.sql("SET default_tablespace = small")?;
    fill.sql(&super::world::users(60_000, 200))?;
    fill.sql("SET default_tablespace = ''")?;
    let settings = "target = \"20ms\"\nmost = 1000\n";
    fill.change(CHANGE, super::world::EXPAND, super::world::FILL_IN, settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("users"))?;
    let mut worker = fill.start("backfill run --workers 2")?;
    let held = "SELECT count(*) > 0 FROM migrate.backfill_worker
        WHERE holds::text LIKE '%No space left on device%'";
    fill.comes(held, "t")?;
    fill.ends("backfill status", 4, "No space left on device")?;
    let batches = fill.text("SELECT sum(batches) FROM migrate.backfill_range")?;
    let failed =
        || fill.text("SELECT xact_rollback FROM pg_stat_database WHERE datname = 'fill_disk'");
    let before: u64 = failed()?.parse().map_err(said)?;
    std::thread::sleep(Duration::from_secs(7));
    let after: u64 = failed()?.parse().map_err(said)?;
    holds(after - before < 20, || format!("{} tries in 7 s", after - before))?;
    let found = fill.text("SELECT sum(batches) FROM migrate.backfill_range")?;
    holds(!worker.is_over()?, || "it ended".to_owned())?;
    disk.grow("200m")?;
    worker.ends(0, SOON)?;
    holds(batches != "0", || format!("{batches} batches, then {found}"))?;
    fill.is_exact(60_000)
}
