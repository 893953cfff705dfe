//! The chain: each record's hash covers the one before it, so that an edit or a gap shows.
//!
//! It is evidence, not prevention: who may write the tables as their owner can write a whole new
//! chain, and a tail that is cut off leaves none. Anchors, heads that were told to somebody
//! outside, catch that.

use super::moment::Moment;
use sha2::Digest;
use sha2::Sha256;
use std::str::FromStr;

/// What the hash of a record begins with; another number means another way to hash.
const SCHEME: &[u8] = b"migrate-ledger/1";

/// What the first record's chain hangs on.
pub const GENESIS: [u8; 32] = [0; 32];

/// A row of the ledger, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place: 1 for the first, without gaps.
    pub seq: i64,
    /// The kind of the event.
    pub kind: String,
    /// Who says so.
    pub actor: String,
    /// How that is known: `cli`, `ci`.
    pub actor_source: String,
    /// The role that wrote it (`session_user`).
    pub db_user: String,
    /// When it happened, by the clock of who says so.
    pub occurred_at: Option<Moment>,
    /// When it was recorded, by the database's clock.
    pub recorded_at: Moment,
    /// The key by which a second report of the same is known.
    pub idem_key: Option<String>,
    /// The body, the very text that is hashed.
    pub body: String,
    /// The hash of the record before it.
    pub prev_hash: Vec<u8>,
    /// Its own hash.
    pub entry_hash: Vec<u8>,
}

impl Record {
    /// The hash that it should have after the record with that hash.
    pub fn hash(&self, prev: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(SCHEME);
        hash.update(prev);
        hash.update(self.seq.to_be_bytes());
        let occurred = self.occurred_at.map(|at| at.0.to_string());
        let recorded = self.recorded_at.0.to_string();
        let fields = [
            Some(self.kind.as_str()),
            Some(self.actor.as_str()),
            Some(self.actor_source.as_str()),
            Some(self.db_user.as_str()),
            occurred.as_deref(),
            Some(recorded.as_str()),
            self.idem_key.as_deref(),
            Some(self.body.as_str()),
        ];
        for field in fields {
            // Nothing and the empty text are not the same.
            let length = field.map_or(-1, |text| i32::try_from(text.len()).unwrap_or(i32::MAX));
            hash.update(length.to_be_bytes());
            hash.update(field.unwrap_or_default());
        }
        hash.finalize().into()
    }
}

/// A head of the chain that was told to somebody outside: `seq:hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The place of the record.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl FromStr for Anchor {
    type Err = String;

    fn from_str(text: &str) -> Result<Anchor, String> {
        let wrong = || {
            format!("`{text}` is no anchor: it looks like 42:9f86d08…, as `ledger checkpoint` says")
        };
        let (seq, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let seq = seq.parse::<i64>().ok().filter(|seq| *seq > 0).ok_or_else(wrong)?;
        let hash = hex::decode(hash).ok().filter(|hash| hash.len() == 32).ok_or_else(wrong)?;
        Ok(Anchor { seq, hash })
    }
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// A record is not what its hash was made of.
    Edited,
    /// A record is missing before this one.
    Missing,
    /// It does not hang on the record before it.
    Torn,
    /// The head's row does not say what the last record is.
    Head,
    /// The ledger ends before a head that somebody was told of.
    Cut,
    /// A head that somebody was told of is another record now.
    Replaced,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger is not whole at {seq}: {}", self.words())]
pub struct ChainError {
    /// The place.
    pub seq: i64,
    /// What is wrong there.
    pub what: Break,
}

impl ChainError {
    fn words(&self) -> &'static str {
        match self.what {
            Break::Edited => "this event was edited after it was recorded",
            Break::Missing => "an event before it is gone",
            Break::Torn => "it does not follow the event before it",
            Break::Head => "the head names another event as the last",
            Break::Cut => "events were cut off its end, for this one was there when it was told",
            Break::Replaced => "another event was here when its hash was told",
        }
    }
}

/// Looks through a whole chain: in order from 1, each hash right, the head as told by its own row,
/// and every anchor where it was.
pub fn verify(
    records: &[Record],
    head: (i64, &[u8]),
    anchors: &[Anchor],
) -> Result<(), ChainError> {
    let mut prev: Vec<u8> = GENESIS.to_vec();
    for (record, seq) in records.iter().zip(1..) {
        let fault = |what| Err(ChainError { seq: record.seq, what });
        if record.seq != seq {
            return fault(Break::Missing);
        }
        if record.prev_hash != prev {
            return fault(Break::Torn);
        }
        if record.hash(&prev).as_slice() != record.entry_hash {
            return fault(Break::Edited);
        }
        prev.clone_from(&record.entry_hash);
    }
    let last = records.last().map_or(0, |record| record.seq);
    if head.0 != last || head.1 != prev {
        return Err(ChainError { seq: head.0.max(last), what: Break::Head });
    }
    for anchor in anchors {
        let fault = |what| Err(ChainError { seq: anchor.seq, what });
        let at = usize::try_from(anchor.seq - 1).ok().and_then(|at| records.get(at));
        match at {
            None => return fault(Break::Cut),
            Some(record) if record.entry_hash != anchor.hash => return fault(Break::Replaced),
            Some(_) => {}
        }
    }
    Ok(())
}
