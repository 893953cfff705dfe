//! Where a backfill stands, for Prometheus: text at `/metrics`, and `/healthz` for whoever restarts
//! what hangs.

use crate::backfill::Status;
use crate::cli::error::Error;
use crate::report;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use tiny_http::Method;
use tiny_http::Response;
use tiny_http::Server;

/// What is shown.
#[derive(Clone, Default)]
pub(super) struct Metrics {
    last: Arc<Mutex<Last>>,
}

/// What was seen last.
#[derive(Default)]
struct Last {
    at: Option<Instant>,
    busy: bool,
    all: Vec<Status>,
}

/// After what time without a sign of life a process counts as hung.
const SILENT: Duration = Duration::from_mins(1);

impl Metrics {
    /// Answers at an address, until the process ends.
    pub(super) fn serve(&self, address: &str) -> Result<(), Error> {
        let server = Server::http(address).map_err(|cause| {
            Error::Usage(format!(
                "--metrics-addr {address}: nothing can be answered there: {cause}"
            ))
        })?;
        let metrics = self.clone();
        thread::spawn(move || {
            for request in server.incoming_requests() {
                let (code, text) = match (request.method(), request.url()) {
                    (Method::Get, "/metrics") => (200, metrics.text()),
                    (Method::Get, "/healthz") => metrics.health(),
                    _ => (404, "/metrics and /healthz are here\n".to_owned()),
                };
                // Who asks and does not wait for the answer misses it.
                let _ = request.respond(Response::from_string(text).with_status_code(code));
            }
        });
        Ok(())
    }

    /// The process is alive, whatever it is at.
    pub(super) fn alive(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at = Some(Instant::now());
    }

    /// Something that takes long and tells nothing is begun, or over.
    pub(super) fn busy(&self, busy: bool) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at = Some(Instant::now());
        last.busy = busy;
    }

    /// Keeps what is to be shown.
    pub(super) fn keep(&self, status: &Status) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at = Some(Instant::now());
        last.all.retain(|one| one.id != status.id);
        last.all.push(status.clone());
    }

    fn text(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        report::backfill_metrics(&last.all)
    }

    fn health(&self) -> (u16, String) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.at.map(|at| at.elapsed()) {
            Some(silent) if silent > SILENT && !last.busy => {
                (503, format!("no sign of life for {} s\n", silent.as_secs()))
            }
            _ => (200, "alive\n".to_owned()),
        }
    }
}
