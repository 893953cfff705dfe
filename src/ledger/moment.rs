//! A moment of the database's clock.

use jiff::Span;
use jiff::SpanRelativeTo;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// A moment, in microseconds since 1970 in UTC: what PostgreSQL keeps of a time, exactly.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment so long after this one.
    #[must_use]
    pub fn after(self, wait: Duration) -> Moment {
        Moment(self.0.saturating_add(micros(wait)))
    }

    /// The moment so long before this one.
    #[must_use]
    pub fn before(self, wait: Duration) -> Moment {
        Moment(self.0.saturating_sub(micros(wait)))
    }

    /// How long it is since an earlier moment; nothing if that is a later one.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Moment {
    /// A span of time as people write it: `90s`, `24h`, `7d`, `1h 30m`; a day is 24 hours.
    pub fn span(text: &str) -> Option<Duration> {
        let span: Span = text.trim().parse().ok()?;
        let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Duration::try_from(span).ok()
    }
}

impl Moment {
    /// The moment as files have it: `2026-01-05T09:00:00Z`.
    pub fn written(self) -> String {
        Timestamp::from_microsecond(self.0).map_or_else(|_| self.to_string(), |at| at.to_string())
    }

    /// Reads a moment of a file.
    pub fn read(text: &str) -> Option<Moment> {
        let at: Timestamp = text.trim().parse().ok()?;
        Some(Moment(at.as_microsecond()))
    }
}

fn micros(wait: Duration) -> i64 {
    i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S UTC")),
            // Nothing that PostgreSQL keeps is so far away; it is shown as it stands.
            Err(_) => write!(f, "{} microseconds after 1970", self.0),
        }
    }
}
