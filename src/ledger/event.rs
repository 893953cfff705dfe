//! An event: a deed with its place in the ledger, its time, and who did it.

use super::chain::Record;
use super::deed::Deed;
use super::deed::UnknownDeed;
use super::moment::Moment;

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place: 1 for the first, without gaps.
    pub seq: i64,
    /// When it was recorded, by the database's clock.
    pub at: Moment,
    /// Who says so: a person or a pipeline.
    pub actor: String,
    /// The key by which a second report of the same is known.
    pub key: Option<String>,
    /// What happened.
    pub deed: Deed,
}

impl Event {
    /// Reads an event from its record.
    pub fn read(record: &Record) -> Result<Event, UnknownDeed> {
        Ok(Event {
            seq: record.seq,
            at: record.recorded_at,
            actor: record.actor.clone(),
            key: record.idem_key.clone(),
            deed: Deed::read(&record.kind, &record.body)?,
        })
    }
}
