//! The settings of the session that decide what statements do.

use crate::sql::SetParameter;

/// Parameters as the statements so far have set them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// `TimeZone`, where it was set.
    pub time_zone: Option<String>,
    /// `lock_timeout` in milliseconds, where it was set; zero waits for ever.
    pub lock_timeout_ms: Option<u64>,
    /// The statement that set `lock_timeout`, or set it back, by its place in the file.
    pub lock_timeout_by: Option<usize>,
    /// `statement_timeout` in milliseconds, where it was set; zero waits for ever.
    pub statement_timeout_ms: Option<u64>,
}

impl Session {
    /// Changes what a `SET` or `RESET` changes; `by` is its place in the file.
    pub fn set(&mut self, set: &SetParameter, by: usize) {
        let value = set.values.as_ref().map(|values| values.join(","));
        self.set_value(&set.name, value.as_deref(), by);
    }

    /// The same for `set_config()`, whose values are strings.
    pub fn set_value(&mut self, name: &str, value: Option<&str>, by: usize) {
        match name {
            "timezone" => self.time_zone = value.map(str::to_owned),
            "lock_timeout" => {
                self.lock_timeout_ms = value.and_then(milliseconds);
                self.lock_timeout_by = Some(by);
            }
            "statement_timeout" => self.statement_timeout_ms = value.and_then(milliseconds),
            "all" if value.is_none() => {
                *self = Session { lock_timeout_by: Some(by), ..Session::default() };
            }
            _ => {}
        }
    }

    /// Whether a statement that waits for a lock gives up some time.
    pub fn limits_locks(&self) -> bool {
        self.lock_timeout_ms.is_some_and(|limit| limit > 0)
    }

    /// Whether the session's times of day are those of UTC, where that is known.
    pub(super) fn is_utc(&self) -> Option<bool> {
        self.time_zone.as_deref().map(super::types::is_utc)
    }
}

/// The settings of a session, with what becomes of them when the transaction ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// What is in force.
    pub(super) now: Session,
    /// What is in force after a `COMMIT`: without what was set by `SET LOCAL`.
    lasting: Session,
    /// What was in force before the transaction.
    before: Session,
}

impl Settings {
    /// A transaction begins.
    pub(super) fn begin(&mut self) {
        self.before = self.now.clone();
        self.lasting = self.now.clone();
    }

    /// It is committed.
    pub(super) fn commit(&mut self) {
        self.now = self.lasting.clone();
    }

    /// It is rolled back.
    pub(super) fn roll_back(&mut self) {
        self.now = self.before.clone();
        self.lasting = self.before.clone();
    }

    /// Makes a change, for the transaction only or for longer.
    pub(super) fn change(&mut self, local: bool, change: impl Fn(&mut Session)) {
        change(&mut self.now);
        if !local {
            change(&mut self.lasting);
        }
    }
}

/// The largest value of a parameter in milliseconds.
const MILLISECONDS_MAX: u64 = 2_147_483_647;

/// A duration as PostgreSQL reads it for a parameter in milliseconds: a bare number counts them.
/// `None` for what the server refuses, and for what is not known before it runs.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('\'').trim();
    let digits =
        text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let number: f64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim() {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number without sign, far below the limit; what is beyond it saturates"
    )]
    let value = (number * factor).round() as u64;
    (value <= MILLISECONDS_MAX).then_some(value)
}
