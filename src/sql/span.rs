//! Places in a file: byte spans, and the line and column that a person counts.

/// A run of bytes in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Bytes before it.
    pub offset: usize,
    /// Bytes in it.
    pub length: usize,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Span {
        debug_assert!(start <= end, "a span runs forward: {start} to {end}");
        Span { offset: start, length: end - start }
    }

    /// The first byte after it.
    pub fn end(self) -> usize {
        self.offset + self.length
    }

    /// From the start of this one to the end of `other`, which comes later.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span::new(self.offset, other.end().max(self.offset))
    }

    /// Whether `offset` is one of its bytes.
    pub fn contains(self, offset: usize) -> bool {
        self.offset <= offset && offset < self.end()
    }

    /// The text it stands for.
    pub fn of(self, text: &str) -> &str {
        &text[self.offset..self.end()]
    }
}

/// Where a byte stands for a reader: both counted from one, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, the first being 1.
    pub line: usize,
    /// Column in Unicode scalar values, the first being 1.
    pub column: usize,
}

/// The line starts of one file, to turn offsets into positions quickly.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
    /// How many characters start before each block of the text: to count those of a very long line
    /// anew for each of its places would not end.
    characters: Vec<usize>,
}

/// The length of a block, in bytes.
const BLOCK_BYTES: usize = 4096;

impl Lines {
    /// Reads the line starts; lines end at `\n`.
    pub fn new(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let counts = text.as_bytes().chunks(BLOCK_BYTES).scan(0, |before, block| {
            let here = *before;
            *before += characters(block);
            Some(here)
        });
        Lines { starts, characters: counts.collect() }
    }

    /// How many characters start before an offset.
    fn before(&self, text: &str, offset: usize) -> usize {
        let block = (offset / BLOCK_BYTES).min(self.characters.len().saturating_sub(1));
        let known = self.characters.get(block).copied().unwrap_or_default();
        known + characters(&text.as_bytes()[block * BLOCK_BYTES..offset])
    }

    /// The position of the byte at `offset` of `text`, the text these lines were read from.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line - 1];
        let before = text.get(start..offset).unwrap_or_default();
        let column = if before.len() < BLOCK_BYTES {
            characters(before.as_bytes())
        } else {
            self.before(text, offset) - self.before(text, start)
        };
        Position { line, column: column + 1 }
    }

    /// The offset at which line number `line` (from one) starts, if there is such a line.
    pub fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }

    /// How many lines there are; an empty file has one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

/// How many characters start in a run of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count()
}
