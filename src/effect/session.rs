//! The settings of the session that decide what statements do.

use crate::sql::SetParameter;

/// Parameters as the statements so far have set them.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// `TimeZone`, where it was set.
    pub time_zone: Option<String>,
    /// `lock_timeout` in milliseconds, where it was set; zero waits for ever.
    pub lock_timeout_ms: Option<u64>,
    /// `statement_timeout` in milliseconds, where it was set; zero waits for ever.
    pub statement_timeout_ms: Option<u64>,
}

impl Session {
    /// Changes what a `SET` or `RESET` changes.
    pub fn set(&mut self, set: &SetParameter) {
        let value = set.values.as_ref().map(|values| values.join(","));
        self.set_value(&set.name, value.as_deref());
    }

    /// The same for `set_config()`, whose values are strings.
    pub fn set_value(&mut self, name: &str, value: Option<&str>) {
        match name {
            "timezone" => self.time_zone = value.map(str::to_owned),
            "lock_timeout" => self.lock_timeout_ms = value.and_then(milliseconds),
            "statement_timeout" => self.statement_timeout_ms = value.and_then(milliseconds),
            "all" if value.is_none() => *self = Session::default(),
            _ => {}
        }
    }

    /// Whether the session's times of day are those of UTC, where that is known.
    pub(super) fn is_utc(&self) -> Option<bool> {
        self.time_zone.as_deref().map(super::types::is_utc)
    }
}

/// A duration as PostgreSQL reads it for a parameter in milliseconds: a bare number counts them.
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
    Some(value)
}
