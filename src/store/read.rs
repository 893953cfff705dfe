//! The whole ledger, read and verified: small enough to be read each time, so that no state is
//! kept beside it.

use super::VERSION;
use super::error::StoreError;
use crate::db::Row;
use crate::db::Session;
use crate::ledger;
use crate::ledger::Anchor;
use crate::ledger::ChainError;
use crate::ledger::Event;
use crate::ledger::Moment;
use crate::ledger::Record;
use crate::ledger::State;

/// A ledger that was read.
#[derive(Clone, Debug)]
pub struct Book {
    /// The version of its tables.
    pub version: u32,
    /// Its records.
    pub records: Vec<Record>,
    /// Its events.
    pub events: Vec<Event>,
    /// What they add up to.
    pub state: State,
    /// What its head says: the last event and its hash.
    pub head: (i64, Vec<u8>),
    /// The database's clock when it was read.
    pub now: Moment,
}

impl Book {
    /// Sees that the chain is whole, and that every anchor is still where it was.
    pub fn verify(&self, anchors: &[Anchor]) -> Result<(), ChainError> {
        ledger::verify(&self.records, (self.head.0, &self.head.1), anchors)
    }
}

/// A ledger's records as they stand there, whether or not they are whole or known.
#[derive(Clone, Debug)]
pub struct Pages {
    version: u32,
    /// Its records.
    pub records: Vec<Record>,
    /// What its head says: the last event and its hash.
    pub head: (i64, Vec<u8>),
    /// The database's clock when it was read.
    pub now: Moment,
}

impl Pages {
    /// Sees that the chain is whole, and that every anchor is still where it was.
    pub fn verify(&self, anchors: &[Anchor]) -> Result<(), ChainError> {
        ledger::verify(&self.records, (self.head.0, &self.head.1), anchors)
    }

    /// What its events add up to; those that cannot be read are left out where the chain is broken,
    /// or was before the ledger was bound anew: an edit made them so.
    pub fn state(&self) -> Result<State, StoreError> {
        Ok(ledger::fold(&self.events()?))
    }

    fn events(&self) -> Result<Vec<Event>, StoreError> {
        let lenient = if self.verify(&[]).is_err() {
            self.records.len()
        } else if ledger::forgiven(&self.records).is_some() {
            self.records.iter().rposition(|record| record.kind == ledger::REBOUND).unwrap_or(0)
        } else {
            0
        };
        let mut events = Vec::with_capacity(self.records.len());
        for (at, record) in self.records.iter().enumerate() {
            match Event::read(record) {
                Ok(event) => events.push(event),
                Err(_) if at < lenient => {}
                Err(unknown) => return Err(unknown.into()),
            }
        }
        Ok(events)
    }

    fn open(self) -> Result<Book, StoreError> {
        self.verify(&[])?;
        let events = self.events()?;
        let state = ledger::fold(&events);
        let Pages { version, records, head, now } = self;
        Ok(Book { version, records, events, state, head, now })
    }
}

const READ: &str = "\
SELECT (SELECT version FROM migrate.meta), h.seq, encode(h.entry_hash, 'hex'),
    migrate.micros(clock_timestamp()) FROM migrate.head h;
SELECT seq, kind, actor, actor_source, db_user, migrate.micros(occurred_at),
    migrate.micros(recorded_at), idem_key, body, encode(prev_hash, 'hex'),
    encode(entry_hash, 'hex') FROM migrate.ledger ORDER BY seq";

/// Head and events are of one moment, though others may write meanwhile.
const ONE_MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// Reads a ledger, in one round trip; the chain must be whole, and every event known.
pub fn read(session: &Session) -> Result<Book, StoreError> {
    read_unverified(session)?.open()
}

/// The same, whether or not the chain is whole: for whoever wants to see where it is not.
pub fn read_unverified(session: &Session) -> Result<Pages, StoreError> {
    of_rows(&session.rows(&format!("{ONE_MOMENT}; {READ}"))?)
}

/// The same inside a transaction that holds the head: nothing comes after what is read.
pub fn lock_head(session: &Session, begin: &str) -> Result<Book, StoreError> {
    let sql = format!("{begin}; SELECT migrate.hold(); {READ}");
    of_rows(&session.rows(&sql)?)?.open()
}

fn of_rows(rows: &[Row]) -> Result<Pages, StoreError> {
    let malformed = |what: &str| StoreError::Malformed(what.to_owned());
    let wide = |row: &&Row| row.len() == 4;
    let head = rows.iter().find(wide).ok_or_else(|| malformed("its head is gone"))?;
    let (version, head, now) = head_of(head).ok_or_else(|| malformed("its head makes no sense"))?;
    if version > VERSION {
        return Err(StoreError::Newer { found: version, known: VERSION });
    }
    let records = rows.iter().filter(|row| row.len() == 11).map(record);
    let records = records.collect::<Option<Vec<_>>>();
    let records = records.ok_or_else(|| malformed("an event makes no sense"))?;
    Ok(Pages { version, records, head, now })
}

fn head_of(row: &Row) -> Option<(u32, (i64, Vec<u8>), Moment)> {
    let hash = hex::decode(row.get(2)?).ok()?;
    let now = Moment(row.get(3)?.parse().ok()?);
    Some((row.get(0)?.parse().ok()?, (row.get(1)?.parse().ok()?, hash), now))
}

fn record(row: &Row) -> Option<Record> {
    let text = |at: usize| row.get(at).map(str::to_owned);
    let moment = |at: usize| row.get(at)?.parse().ok().map(Moment);
    Some(Record {
        seq: row.get(0)?.parse().ok()?,
        kind: text(1)?,
        actor: text(2)?,
        actor_source: text(3)?,
        db_user: text(4)?,
        occurred_at: moment(5),
        recorded_at: moment(6)?,
        idem_key: text(7),
        body: text(8)?,
        prev_hash: hex::decode(row.get(9)?).ok()?,
        entry_hash: hex::decode(row.get(10)?).ok()?,
    })
}
