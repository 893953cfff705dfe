//! Lines between workers and their server that are cut, or hold what is sent: the time that this
//! takes is bounded, and the work exact.

use super::Test;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::any_below;
use super::world::counted;
use super::world::holds;
use super::world::said;
use crate::server::Server;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("lines::cut_again_and_again", cut_again_and_again),
    ("lines::held_for_a_while", held_for_a_while),
    ("lines::held_for_good", held_for_good),
];

const ROWS: u32 = 60_000;
const SETTINGS: &str = "target = \"20ms\"\nleast = 150\nmost = 150\nworkers = 16\n";

fn furnished(server: &Server, name: &str) -> Result<(Fill, Line, String), String> {
    let fill = Fill::users(server, name, (ROWS, 570), SETTINGS)?;
    fill.sql(&counted("users", "0.02"))?;
    let host = fill.address.split(' ').find_map(|word| word.strip_prefix("host="));
    let host = host.ok_or("it has no folder")?;
    let line = Line::to(Path::new(host)).map_err(said)?;
    let address = fill.address.replace(host, &line.folder.path().display().to_string());
    Ok((fill, line, address))
}

fn cut_again_and_again(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "cut")?;
    let mut worker = Process::start(fill.at(&address, "backfill run --workers 2"))?;
    fill.batches(5)?;
    for cut in 1..=12 {
        std::thread::sleep(Duration::from_millis(50 + any_below(250)));
        holds(!worker.is_over()?, || format!("it ended before cut {cut}"))?;
        line.set(Mode::Cut);
        std::thread::sleep(Duration::from_millis(30));
        line.set(Mode::Pass);
    }
    worker.ends(0, SOON)?;
    fill.was_counted("users", ROWS)
}

/// Nobody is told of it, and it passes.
fn held_for_a_while(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "held_line")?;
    let worker = Process::start(fill.at(&address, "backfill run --workers 2"))?;
    fill.batches(5)?;
    for _ in 0..4 {
        line.set(Mode::Hold);
        std::thread::sleep(Duration::from_millis(1500));
        line.set(Mode::Pass);
        std::thread::sleep(Duration::from_millis(300));
    }
    worker.ends(0, SOON)?;
    fill.was_counted("users", ROWS)
}

/// Others take over what it had, and it does not wait for ever.
fn held_for_good(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "held_good")?;
    let address = address + " connect_timeout=2";
    let lost = Process::start(fill.at(&address, "backfill run --workers 2 --outage 2s"))?;
    fill.batches(5)?;
    let begun = Instant::now();
    line.set(Mode::Hold);
    let other = fill.start("backfill run --workers 2")?;
    other.ends(0, Duration::from_secs(45))?;
    fill.was_counted("users", ROWS)?;
    let left = Duration::from_mins(1).saturating_sub(begun.elapsed());
    lost.ends(75, left).map(drop)
}

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It arrives.
    Pass,
    /// It does not, and nobody is told.
    Hold,
    /// Connections end, and new ones are refused.
    Cut,
}

/// A line: a socket in a folder, and behind it the socket of a server.
pub(super) struct Line {
    pub(super) folder: TempDir,
    mode: Arc<AtomicU8>,
}

/// How long is listened before the mode is looked at again.
const PATIENCE: Duration = Duration::from_millis(10);

const SOCKET: &str = ".s.PGSQL.5432";

impl Line {
    /// A line to the server with this folder.
    pub(super) fn to(server: &Path) -> io::Result<Line> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let mode = Arc::new(AtomicU8::new(Mode::Pass as u8));
        let (own, server) = (mode.clone(), server.join(SOCKET));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Where a side is gone, so is the connection.
                let _ = carry(client, &server, &own);
            }
        });
        Ok(Line { folder, mode })
    }

    pub(super) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }
}

fn carry(client: UnixStream, server: &Path, mode: &Arc<AtomicU8>) -> io::Result<()> {
    if is(mode, Mode::Cut) {
        return client.shutdown(Shutdown::Both);
    }
    let server = UnixStream::connect(server)?;
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        let mode = mode.clone();
        std::thread::spawn(move || {
            let _ = bring(&from, &to, &mode);
            let _ = from.shutdown(Shutdown::Both);
            to.shutdown(Shutdown::Both)
        });
    }
    Ok(())
}

fn bring(mut from: &UnixStream, mut to: &UnixStream, mode: &AtomicU8) -> io::Result<()> {
    from.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = vec![0; 65536];
    while !is(mode, Mode::Cut) {
        match from.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                while is(mode, Mode::Hold) {
                    std::thread::sleep(PATIENCE);
                }
                if is(mode, Mode::Cut) {
                    return Ok(());
                }
                to.write_all(&bytes[..read])?;
            }
            Err(why) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&why.kind()) => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

fn is(mode: &AtomicU8, wanted: Mode) -> bool {
    mode.load(Ordering::SeqCst) == wanted as u8
}
