//! What was seen of the services: the spans in which their versions said that they are alive, and
//! who is connected right now.

use super::error::StoreError;
use super::read::Book;
use crate::db::Row;
use crate::db::Session;
use crate::gate;
use crate::gate::Sighting;
use crate::ledger::Moment;
use crate::ledger::Releases;
use std::time::Duration;

/// All spans in which versions were seen.
pub fn sightings(session: &Session) -> Result<Vec<Sighting>, StoreError> {
    let rows = session.rows(
        "SELECT service, region, version, migrate.micros(since), migrate.micros(until),
            (extract(epoch FROM earned) * 1000000)::bigint, beats, source
         FROM migrate.sighting ORDER BY id",
    )?;
    let read = rows.iter().map(sighting).collect::<Option<Vec<_>>>();
    read.ok_or_else(|| StoreError::Malformed("a sighting makes no sense".to_owned()))
}

/// Who is at work now, as far as it shows: each version that is connected, or that said within
/// three of its intervals that it is alive.
pub fn alive(session: &Session, book: &Book) -> Result<Vec<(String, String)>, StoreError> {
    let connected = sessions(session, &book.state.releases)?
        .into_iter()
        .map(|seen| (seen.service, seen.version));
    let mut found: Vec<_> = connected.collect();
    for seen in sightings(session)? {
        let interval = book.state.consumer(&seen.service).map_or(30, |known| known.interval);
        if book.now.since(seen.until) <= Duration::from_secs(3 * interval) {
            found.push((seen.service, seen.version));
        }
    }
    Ok(found)
}

fn sighting(row: &Row) -> Option<Sighting> {
    let text = |at: usize| row.get(at).map(str::to_owned);
    let number = |at: usize| row.get(at)?.parse::<i64>().ok();
    Some(Sighting {
        service: text(0)?,
        region: text(1)?,
        version: text(2)?,
        since: Moment(number(3)?),
        until: Moment(number(4)?),
        earned: Duration::from_micros(u64::try_from(number(5)?).ok()?),
        beats: u64::try_from(number(6)?).ok()?,
        source: text(7)?,
    })
}

/// Who is connected to this database right now and says which version of what it is, by
/// `application_name = 'service@version'`: that any role sees of all others. What kind of process
/// it is, only some roles see. A name that the server cut stands for the one declared version that
/// it can be of.
pub fn sessions(session: &Session, releases: &Releases) -> Result<Vec<gate::Session>, StoreError> {
    let rows = session.rows(
        "SELECT DISTINCT application_name FROM pg_stat_activity
         WHERE datname = current_database()
            AND coalesce(backend_type, 'client backend') = 'client backend'
            AND position('@' IN application_name) > 1 AND pid <> pg_backend_pid()",
    )?;
    let parts = rows.iter().filter_map(|row| row.get(0)?.split_once('@'));
    Ok(parts
        .map(|(service, version)| gate::Session {
            service: service.to_owned(),
            version: whole(releases, service, version).to_owned(),
            region: None,
        })
        .collect())
}

/// For so many bytes of a name PostgreSQL has room (`NAMEDATALEN - 1`).
const ROOM: usize = 63;

/// The version that one stands for whose name may have been cut: the only declared one that begins
/// like it, else itself.
fn whole<'a>(releases: &'a Releases, service: &str, version: &'a str) -> &'a str {
    if service.len() + 1 + version.len() != ROOM {
        return version;
    }
    let declared = releases.of(service).into_iter().map(|(declared, _)| declared);
    let mut like = declared.filter(|declared| declared.starts_with(version));
    match (like.next(), like.next()) {
        (Some(only), None) => only,
        _ => version,
    }
}
