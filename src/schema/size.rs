//! How large a table is.

/// How large a table is, as far as somebody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Its rows, about.
    pub rows: Option<u64>,
    /// Its bytes, indexes left out.
    pub bytes: Option<u64>,
}

/// The size of a block, in bytes, as servers are built.
const BLOCK_BYTES: u64 = 8192;

/// No block holds more rows (`MaxHeapTuplesPerPage`).
const BLOCK_ROWS: u64 = 291;

impl Size {
    /// Whether it is known to have fewer rows than this, and no more blocks: what rows left behind
    /// that are gone has to be read too.
    pub fn is_below(self, rows: u64) -> bool {
        let blocks = self.bytes.map(|bytes| bytes.div_ceil(BLOCK_BYTES));
        let most = self.rows.or_else(|| blocks.map(|blocks| blocks.saturating_mul(BLOCK_ROWS)));
        most.is_some_and(|most| most < rows) && blocks.is_none_or(|blocks| blocks <= rows)
    }

    /// For a message.
    pub fn words(self) -> String {
        match (self.rows, self.bytes) {
            (Some(1), _) => "1 row".to_owned(),
            (Some(rows), _) => format!("{rows} rows"),
            (None, Some(bytes)) => format!("{} kB", bytes.div_ceil(1024)),
            (None, None) => "an unknown size".to_owned(),
        }
    }
}
