//! Sizes and spans of time as people read and write them.

use crate::ledger::Moment;
use std::time::Duration;

/// The units of PostgreSQL's settings: each is 1024 of the one before.
const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

/// A number of bytes.
pub(super) fn bytes(bytes: u64) -> String {
    let mut unit = 0;
    let mut whole = 1_u64;
    while unit + 1 < UNITS.len() && bytes / whole >= 1024 {
        whole *= 1024;
        unit += 1;
    }
    let tenths = u128::from(bytes) * 10 / u128::from(whole);
    match (tenths / 10, tenths % 10) {
        (number, 0) => format!("{number} {}", UNITS[unit]),
        (number, tenth) => format!("{number}.{tenth} {}", UNITS[unit]),
    }
}

/// The number of bytes that a text such as `256MB` names.
pub(super) fn read_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let unit = if unit.is_empty() { "B" } else { unit };
    let power = UNITS.iter().position(|known| known.eq_ignore_ascii_case(unit))?;
    let whole = 1024_u64.checked_pow(u32::try_from(power).ok()?)?;
    number.parse::<u64>().ok()?.checked_mul(whole)
}

/// A span of time.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..120 => format!("{seconds} s"),
        120..7200 => two(seconds, 60, "min", "s"),
        7200..172_800 => two(seconds / 60, 60, "h", "min"),
        _ => two(seconds / 3600, 24, "d", "h"),
    }
}

fn two(small: u64, many: u64, large: &str, unit: &str) -> String {
    match (small / many, small % many) {
        (whole, 0) => format!("{whole} {large}"),
        (whole, rest) => format!("{whole} {large} {rest} {unit}"),
    }
}

/// The span of time that a text such as `10s` names.
pub(super) fn read_span(text: &str) -> Option<Duration> {
    Moment::span(text)
}

/// A share of a whole.
pub(super) fn share(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// How many, with the noun.
pub(super) fn count(count: u64, one: &str, more: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
}
