//! Events on their way into the ledger, by its one writer function.

use super::error::StoreError;
use super::read::Pages;
use crate::db::Session;
use crate::db::literal;
use crate::ledger::Deed;

/// Who says that something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// A person, or a pipeline.
    pub actor: String,
    /// How that is known: `cli`, `ci`.
    pub source: String,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its place.
    pub seq: i64,
    /// It was there already.
    pub replayed: bool,
}

/// The statement that appends an event, to be sent among others of one transaction.
pub fn append_sql(deed: &Deed, who: &Who, key: Option<&str>, expect: Option<i64>) -> String {
    let (kind, body) = deed.write();
    let key = key.map_or("NULL".to_owned(), literal);
    let expect = expect.map_or("NULL".to_owned(), |seq| seq.to_string());
    format!(
        "SELECT seq, replayed FROM migrate.append({}, {}, {}, {}, NULL, {key}, {expect});",
        literal(&kind),
        literal(&body),
        literal(&who.actor),
        literal(&who.source),
    )
}

/// Appends an event. With `expect`, only if no other came after that one.
pub fn append(
    session: &Session,
    deed: &Deed,
    who: &Who,
    key: Option<&str>,
    expect: Option<i64>,
) -> Result<Appended, StoreError> {
    of_answer(session, &append_sql(deed, who, key, expect))
}

/// Appends events that belong together: all of them, or none.
pub fn append_all(session: &Session, deeds: &[Deed], who: &Who) -> Result<(), StoreError> {
    if deeds.is_empty() {
        return Ok(());
    }
    let sql: Vec<String> = deeds.iter().map(|deed| append_sql(deed, who, None, None)).collect();
    let sql = sql.join("\n");
    session.again(|| session.rows(&sql)).map(drop).map_err(StoreError::of_append)
}

fn of_answer(session: &Session, sql: &str) -> Result<Appended, StoreError> {
    let rows = session.again(|| session.rows(sql)).map_err(StoreError::of_append)?;
    let row = rows.first().ok_or_else(|| StoreError::Malformed("no answer".to_owned()))?;
    let seq = row.get(0).and_then(|text| text.parse().ok());
    let seq = seq.ok_or_else(|| StoreError::Malformed("an event without a place".to_owned()))?;
    Ok(Appended { seq, replayed: row.get(1) == Some("t") })
}

/// Appends the event that binds a ledger anew. A head that was bent back is set on the last event
/// first, or nothing could follow it.
pub fn rebind(
    session: &Session,
    deed: &Deed,
    who: &Who,
    pages: &Pages,
) -> Result<Appended, StoreError> {
    let last = pages.records.last().map_or(0, |record| record.seq);
    let mended = if last > pages.head.0 {
        "UPDATE migrate.head h SET seq = l.seq, entry_hash = l.entry_hash
         FROM migrate.ledger l WHERE l.seq > h.seq
            AND l.seq = (SELECT max(seq) FROM migrate.ledger);"
    } else {
        ""
    };
    let expect = last.max(pages.head.0);
    of_answer(session, &format!("{mended}{}", append_sql(deed, who, None, Some(expect))))
}

/// Says that a version is alive.
pub fn beat(
    session: &Session,
    service: &str,
    version: &str,
    region: &str,
    seconds: u64,
    source: &str,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT migrate.beat({}, {}, {}, {seconds}, {})",
        literal(service),
        literal(version),
        literal(region),
        literal(source)
    );
    session.rows(&sql).map(drop).map_err(StoreError::Db)
}
