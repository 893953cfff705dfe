//! A proxy between the program and a server: it counts the messages that wait for an answer, and at
//! one of them kills the program.

use super::said;
use std::fs;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

/// When the program is killed, by a message that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// It was sent, and never comes to the server.
    Sent,
    /// It came to the server, which is at work.
    AtWork,
    /// The server has answered, and the answer never comes back.
    Answered,
}

/// Which of the first connection's messages the program does not survive, counted from one.
pub(crate) type Fatal = Option<(usize, When)>;

/// A proxy.
pub(crate) struct Proxy {
    folder: TempDir,
    state: Arc<State>,
}

struct State {
    server: String,
    fatal: Fatal,
    /// The program, once it is known.
    program: Mutex<Option<u32>>,
    known: Condvar,
    /// The messages of the first connection.
    first: AtomicUsize,
    /// Those of all.
    all: AtomicUsize,
    connections: AtomicUsize,
}

impl Proxy {
    /// A proxy before the server whose sockets are in a folder.
    pub(crate) fn start(address: &str, fatal: Fatal) -> Result<Proxy, String> {
        let folder = tempfile::tempdir().map_err(said)?;
        let host = word(address, "host").ok_or("it has no folder")?;
        let socket = format!(".s.PGSQL.{}", word(address, "port").unwrap_or("5432"));
        let listener = UnixListener::bind(folder.path().join(&socket)).map_err(said)?;
        let state = Arc::new(State {
            server: format!("{host}/{socket}"),
            fatal,
            program: Mutex::new(None),
            known: Condvar::new(),
            first: AtomicUsize::new(0),
            all: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let own = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let own = own.clone();
                let first = own.connections.fetch_add(1, Ordering::SeqCst) == 0;
                // Where a side is gone, so is the connection.
                std::thread::spawn(move || drop(carry(client, &own, first)));
            }
        });
        Ok(Proxy { folder, state })
    }

    /// How the database is reached through it.
    pub(crate) fn address(&self, address: &str) -> String {
        let host = word(address, "host").unwrap_or_default();
        address.replace(host, &self.folder.path().display().to_string())
    }

    /// Says which program is to be killed.
    pub(crate) fn program(&self, process: u32) {
        *self.state.program.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        self.state.known.notify_all();
    }

    /// How many messages of the first connection waited for an answer, but for what it takes to
    /// connect.
    pub(crate) fn messages(&self) -> usize {
        self.state.first.load(Ordering::SeqCst)
    }

    /// The same of all connections.
    pub(crate) fn all_messages(&self) -> usize {
        self.state.all.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The listener's thread ends with the tests; who comes late finds no socket.
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

/// A word of an address.
fn word<'a>(address: &'a str, name: &str) -> Option<&'a str> {
    address.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

impl State {
    /// Kills the program, and waits until its ends of the connections are gone.
    fn kill(&self) -> io::Error {
        let mut program = self.program.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(process) = *program {
                let killed = Command::new("kill").args(["-9", &process.to_string()]).status();
                let dead = killed.is_ok_and(|status| status.success());
                return io::Error::other(if dead { "killed" } else { "not killed" });
            }
            program = self.known.wait(program).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn meets(&self, number: usize, when: When) -> bool {
        self.fatal == Some((number, when))
    }
}

/// Carries a connection: what comes in is looked at message by message.
fn carry(mut client: UnixStream, state: &Arc<State>, first: bool) -> io::Result<()> {
    let mut server = UnixStream::connect(&state.server)?;
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    let (own, count) = (state.clone(), Arc::new(AtomicUsize::new(0)));
    let asked = count.clone();
    std::thread::spawn(move || {
        let _ = bring_back(from.try_clone()?, to.try_clone()?, &own, &asked, first);
        let _ = to.shutdown(Shutdown::Both);
        from.shutdown(Shutdown::Both)
    });
    let carried = carry_in(&mut client, &mut server, state, &count, first);
    // As the kernel does when a process is gone.
    let _ = server.shutdown(Shutdown::Both);
    carried
}

fn carry_in(
    client: &mut UnixStream,
    server: &mut UnixStream,
    state: &State,
    count: &AtomicUsize,
    first: bool,
) -> io::Result<()> {
    // Until the startup message has passed, messages have no kind.
    while {
        let (head, body) = message(client, false)?;
        server.write_all(&head)?;
        server.write_all(&body)?;
        body.get(..2) != Some(&[0, 3])
    } {}
    loop {
        let (head, body) = message(client, true)?;
        let waits = matches!(head.first(), Some(b'Q' | b'S' | b'F'));
        let mut number = 0;
        if waits {
            state.all.fetch_add(1, Ordering::SeqCst);
            number = count.fetch_add(1, Ordering::SeqCst) + 1;
        }
        if waits && first {
            state.first.fetch_add(1, Ordering::SeqCst);
            if state.meets(number, When::Sent) {
                return Err(state.kill());
            }
        }
        server.write_all(&head)?;
        server.write_all(&body)?;
        if waits && first && state.meets(number, When::AtWork) {
            return Err(state.kill());
        }
    }
}

/// Carries answers back, but for one that the program does not live to see.
fn bring_back(
    mut server: UnixStream,
    mut client: UnixStream,
    state: &State,
    asked: &AtomicUsize,
    first: bool,
) -> io::Result<()> {
    let (mut bytes, mut tail) = (vec![0; 65536], Vec::new());
    loop {
        let read = server.read(&mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        let number = asked.load(Ordering::SeqCst);
        if first && state.meets(number, When::AtWork) {
            continue;
        }
        if first && state.meets(number, When::Answered) {
            tail.extend_from_slice(&bytes[..read]);
            // The last six bytes of an answer say that the server is ready, in a transaction or
            // not.
            let end = tail.last_chunk::<6>();
            if end.is_some_and(|end| matches!(end, [b'Z', 0, 0, 0, 5, b'I' | b'T' | b'E'])) {
                return Err(state.kill());
            }
            continue;
        }
        client.write_all(&bytes[..read])?;
    }
}

/// Reads a message: its kind and length, and what it says.
fn message(stream: &mut UnixStream, with_kind: bool) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut head = vec![0; if with_kind { 5 } else { 4 }];
    stream.read_exact(&mut head)?;
    let length = head.last_chunk::<4>().map_or(4, |bytes| u32::from_be_bytes(*bytes));
    let mut body = vec![0; usize::try_from(length.saturating_sub(4)).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}
