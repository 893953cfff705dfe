//! The chain: each record's hash covers the one before it, so that an edit or a gap shows.
//!
//! It is evidence, not prevention: who may write the tables as their owner can write a whole new
//! chain, and a tail that is cut off leaves no trace in it. Anchors, heads that were told to
//! somebody outside, catch that.

use super::moment::Moment;
use sha2::Digest;
use sha2::Sha256;
use std::str::FromStr;

/// What the hash of a record begins with; another number means another way to hash.
const SCHEME: &[u8] = b"migrate-ledger/1";

/// The kind of the event that binds a ledger anew.
pub const REBOUND: &str = "ledger.rebound";

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
            format!("`{text}` is no anchor: one is like 42:9f86d08…, as `ledger checkpoint` says")
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
/// and every anchor where it was. What was broken before the ledger was last bound anew is
/// forgiven: from there on it is a chain of its own.
pub fn verify(
    records: &[Record],
    head: (i64, &[u8]),
    anchors: &[Anchor],
) -> Result<(), ChainError> {
    let prev = match walk(records) {
        Ok(prev) => prev,
        Err(fault) => match rebound_after(records, &fault) {
            Some(rest) => walk_from(rest, rest[0].seq, rest[0].prev_hash.clone())
                .map_err(|(_, fault)| fault)?,
            None => return Err(fault.1),
        },
    };
    let last = records.last().map_or(0, |record| record.seq);
    if head.0 != last || head.1 != prev {
        return Err(ChainError { seq: head.0.max(last), what: Break::Head });
    }
    for anchor in anchors {
        let fault = |what| Err(ChainError { seq: anchor.seq, what });
        match records.binary_search_by_key(&anchor.seq, |record| record.seq) {
            Err(_) => return fault(Break::Cut),
            Ok(at) if records[at].entry_hash != anchor.hash => return fault(Break::Replaced),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Where a chain was broken before it was bound anew.
pub fn forgiven(records: &[Record]) -> Option<ChainError> {
    let fault = walk(records).err()?;
    rebound_after(records, &fault).map(|_| fault.1)
}

/// Where in the list a fault is, and the fault.
type Fault = (usize, ChainError);

/// The records from where the ledger was last bound anew, if that was after the fault.
fn rebound_after<'a>(records: &'a [Record], fault: &Fault) -> Option<&'a [Record]> {
    let last = records.iter().rposition(|record| record.kind == REBOUND)?;
    (last > fault.0 || (last == fault.0 && fault.1.what != Break::Edited)).then(|| &records[last..])
}

fn walk(records: &[Record]) -> Result<Vec<u8>, Fault> {
    walk_from(records, 1, GENESIS.to_vec())
}

/// Follows the chain; gives the hash at its end.
fn walk_from(records: &[Record], first: i64, mut prev: Vec<u8>) -> Result<Vec<u8>, Fault> {
    for ((at, record), seq) in records.iter().enumerate().zip(first..) {
        let fault = |what| Err((at, ChainError { seq: record.seq, what }));
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
    Ok(prev)
}
