//! How much of one text is in another, counted as git counts it: in bytes of lines that both have.

use std::collections::BTreeMap;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

/// A text as a bag of its lines, long ones cut.
pub(super) struct Prints {
    /// How many bytes there are of each piece, by its hash.
    pieces: BTreeMap<u64, u64>,
    size: u64,
}

/// How long a piece is at most, in bytes.
const PIECE_BYTES: usize = 64;

/// What part of the larger text both have where one is the other renamed: a half.
const PARTS_MIN: u64 = 2;

/// What likeness is counted in.
const SCALE: u64 = 60_000;

impl Prints {
    /// The bag of a text. How lines end does not matter.
    pub(super) fn of(text: &[u8]) -> Prints {
        let mut pieces = BTreeMap::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let line: Vec<u8> = match line.strip_suffix(b"\r\n") {
                Some(line) => [line, b"\n"].concat(),
                None => line.to_vec(),
            };
            for piece in line.chunks(PIECE_BYTES) {
                let mut hasher = DefaultHasher::new();
                piece.hash(&mut hasher);
                *pieces.entry(hasher.finish()).or_default() += bytes(piece.len());
            }
        }
        Prints { size: pieces.values().sum(), pieces }
    }

    /// How alike two texts are, where at least a half of the larger one is in both.
    pub(super) fn most_is_in(&self, other: &Prints) -> Option<u64> {
        let larger = self.size.max(other.size);
        let smaller = self.size.min(other.size);
        if smaller == 0 || smaller * PARTS_MIN < larger {
            return None;
        }
        let common = self
            .pieces
            .iter()
            .filter_map(|(piece, here)| other.pieces.get(piece).map(|there| (*here).min(*there)));
        let common: u64 = common.sum();
        (larger <= common * PARTS_MIN).then(|| common * SCALE / larger)
    }
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
