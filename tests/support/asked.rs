//! What a test asks of a database, and waits for.

use crate::server::Session;
use crate::server::reason;
use std::time::Duration;
use std::time::Instant;

/// How long something may take that happens by itself, on a slow day.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// Runs SQL.
pub(crate) fn sql(session: &Session, sql: &str) -> Result<(), String> {
    session.run(sql).map_err(|error| format!("{sql}: {}", reason(&error)))
}

/// What a query gives, without the last line's end.
pub(crate) fn text(session: &Session, query: &str) -> Result<String, String> {
    let text = session.text(query).map_err(|error| format!("{query}: {}", reason(&error)))?;
    Ok(text.trim_end().to_owned())
}

/// Sees that a query gives this.
pub(crate) fn gives(session: &Session, query: &str, wanted: &str) -> Result<(), String> {
    let found = text(session, query)?;
    if found == wanted { Ok(()) } else { Err(format!("{query} gives `{found}`, not `{wanted}`")) }
}

/// Waits until a query gives this.
pub(crate) fn comes(session: &Session, query: &str, wanted: &str) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let found = text(session, query)?;
        if found == wanted {
            return Ok(());
        }
        if begun.elapsed() > SOON {
            return Err(format!("{query} gives `{found}`, not `{wanted}`, in {SOON:?}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
