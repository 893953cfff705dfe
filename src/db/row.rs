//! A row that a server gave, as text.

use tokio_postgres::SimpleQueryMessage;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    statement: usize,
    values: Vec<Option<String>>,
}

impl Row {
    /// Which statement of those that were sent together gave it, counted from zero.
    pub fn statement(&self) -> usize {
        self.statement
    }

    /// How many columns it has.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no columns.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Its values; what is null is empty.
    pub fn texts(&self) -> Vec<String> {
        self.values.iter().map(|value| value.clone().unwrap_or_default()).collect()
    }

    /// A value; `None` where it is null or there is no such column.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.values.get(at)?.as_deref()
    }
}

/// All of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its rows, in their order.
    pub rows: Vec<Row>,
    /// How many rows each statement gave or changed.
    pub counts: Vec<u64>,
}

/// Takes an answer apart.
pub(super) fn told(answer: Vec<SimpleQueryMessage>) -> Result<Told, tokio_postgres::Error> {
    let mut rows = Vec::new();
    let mut counts = Vec::new();
    for message in answer {
        match message {
            SimpleQueryMessage::Row(row) => {
                let value = |at| row.try_get(at).map(|value| value.map(str::to_owned));
                let values = (0..row.len()).map(value).collect::<Result<_, _>>()?;
                rows.push(Row { statement: counts.len(), values });
            }
            SimpleQueryMessage::CommandComplete(count) => counts.push(count),
            _ => {}
        }
    }
    Ok(Told { rows, counts })
}
