//! A line between a server and whoever speaks with it that can be held or cut.

use std::fs;
use std::fs::Permissions;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It arrives.
    Pass,
    /// It does not, and nobody is told.
    Hold,
    /// Connections end, and new ones are refused.
    Cut,
}

/// A line: a socket in a folder, and behind it the socket of a server.
pub(crate) struct Line {
    folder: TempDir,
    mode: Arc<AtomicU8>,
}

/// How long is listened before the mode is looked at again.
const PATIENCE: Duration = Duration::from_millis(20);

const SOCKET: &str = ".s.PGSQL.5432";

impl Line {
    /// A line to the server with this folder.
    pub(crate) fn to(server: &Path) -> io::Result<Line> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join(SOCKET);
        let listener = UnixListener::bind(&socket)?;
        // A server may run as somebody else.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        fs::set_permissions(&socket, Permissions::from_mode(0o777))?;
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

    /// The folder of its socket.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn set(&self, mode: Mode) {
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
        if is(mode, Mode::Hold) {
            std::thread::sleep(PATIENCE);
            continue;
        }
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
