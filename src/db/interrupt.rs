//! Signals that ask the program to end: the first is kept for who wants to end well, the second
//! ends the process as if nobody had ever caught one.

use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGTERM;
use signal_hook::flag;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// A signal that asks the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `SIGINT`: Ctrl-C.
    Interrupt,
    /// `SIGTERM`: somebody else wants it.
    Terminate,
}

const ALL: [Signal; 2] = [Signal::Interrupt, Signal::Terminate];

impl Signal {
    /// Its number: a shell knows a process that it ended by 128 and this.
    pub fn number(self) -> u8 {
        match self {
            Signal::Interrupt => 2,
            Signal::Terminate => 15,
        }
    }

    fn raw(self) -> i32 {
        match self {
            Signal::Interrupt => SIGINT,
            Signal::Terminate => SIGTERM,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        })
    }
}

/// The number of the first signal that came, once they are caught; a process has them once.
static CAUGHT: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Catches signals from now on.
pub(super) fn catch() -> io::Result<()> {
    if CAUGHT.get().is_some() {
        return Ok(());
    }
    let (first, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    for signal in ALL {
        // In this order: the first signal finds the flag down, and raises it; the next one ends.
        flag::register_conditional_default(signal.raw(), first.clone())?;
        flag::register(signal.raw(), first.clone())?;
        flag::register_usize(signal.raw(), number.clone(), usize::from(signal.number()))?;
    }
    CAUGHT.get_or_init(|| number);
    Ok(())
}

/// The signal that came.
pub fn seen() -> Option<Signal> {
    let number = CAUGHT.get()?.load(Ordering::SeqCst);
    ALL.into_iter().find(|signal| usize::from(signal.number()) == number)
}

/// Waits for a signal: forever, while none is caught.
pub(super) async fn next() -> Signal {
    if CAUGHT.get().is_none() {
        return std::future::pending().await;
    }
    wait().await
}

#[cfg(unix)]
async fn wait() -> Signal {
    use std::future::poll_fn;
    use std::task::Poll;
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    let listen = |one: Signal| Some((one, signal(SignalKind::from_raw(one.raw())).ok()?));
    let mut listeners: Vec<_> = ALL.into_iter().filter_map(listen).collect();
    poll_fn(|context| {
        // Who listens first and looks then misses none.
        let heard = listeners.iter_mut().find_map(|(signal, listener)| {
            listener.poll_recv(context).is_ready().then_some(*signal)
        });
        match heard.or_else(seen) {
            Some(signal) => Poll::Ready(signal),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(not(unix))]
async fn wait() -> Signal {
    while seen().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    seen().unwrap_or(Signal::Interrupt)
}
