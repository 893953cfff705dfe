//! How the rows of a table are walked: the conditions that tell the rows of a batch, as SQL.

/// The order in which a table is walked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Walk {
    /// By a unique key whose columns are not null.
    Key(Vec<KeyColumn>),
    /// By the places of rows, block by block. A row that moves meanwhile is missed, so that another
    /// pass has to follow.
    Blocks,
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// Its type, as it is written in a cast.
    pub ty: String,
}

/// A place between rows: the key or the place of the last row before it. None is before the first
/// row where a walk begins, and behind the last one where it ends.
pub type Cursor = Option<Vec<String>>;

/// The rows of a walk between two places, the first left out; of these one stripe of several, where
/// they are walked more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Behind which row it begins.
    pub after: Cursor,
    /// The row it ends with.
    pub until: Cursor,
    /// Which stripe, of how many.
    pub stripe: Option<(u32, u32)>,
}

impl Walk {
    /// The words for it, as they are kept.
    pub fn word(&self) -> &'static str {
        match self {
            Walk::Key(_) => "key",
            Walk::Blocks => "blocks",
        }
    }

    /// Whether it is by one number.
    pub fn is_number(&self) -> bool {
        matches!(self, Walk::Key(key) if key.len() == 1 && is_integer(&key[0].ty))
    }

    /// The columns that are walked by, under a table's alias.
    pub fn columns(&self, alias: &str) -> Vec<String> {
        match self {
            Walk::Key(columns) => {
                columns.iter().map(|it| format!("{alias}.{}", quoted(&it.name))).collect()
            }
            Walk::Blocks => vec![format!("{alias}.ctid")],
        }
    }

    /// What is walked by as one value, under a table's alias.
    pub fn row(&self, alias: &str) -> String {
        row(&self.columns(alias))
    }

    /// A place as a value.
    pub fn value(&self, place: &[String]) -> String {
        let values = place.iter().zip(self.types());
        let values: Vec<String> =
            values.map(|(text, ty)| format!("{}::{ty}", literal(text))).collect();
        row(&values)
    }

    /// A place that is kept as an array of texts, as a value; `NULL` where there is none.
    pub fn kept(&self, array: &str) -> String {
        let values = self.types().into_iter().zip(1..);
        let values: Vec<String> =
            values.map(|(ty, at)| format!("(({array})[{at}])::{ty}")).collect();
        row(&values)
    }

    /// The types of what is walked by.
    fn types(&self) -> Vec<&str> {
        match self {
            Walk::Key(columns) => columns.iter().map(|it| it.ty.as_str()).collect(),
            Walk::Blocks => vec!["tid"],
        }
    }

    /// The condition for the rows of a stretch.
    pub fn condition(&self, alias: &str, stretch: &Stretch) -> String {
        let columns = self.row(alias);
        let mut all = Vec::new();
        if let Some(after) = &stretch.after {
            all.push(format!("{columns} > {}", self.value(after)));
        }
        if let Some(until) = &stretch.until {
            all.push(format!("{columns} <= {}", self.value(until)));
        }
        if let Some((stripe, of)) = stretch.stripe {
            all.push(format!("{} = {stripe}", self.stripe(alias, of)));
        }
        if all.is_empty() { "true".to_owned() } else { all.join(" AND ") }
    }

    /// The number of a row's stripe. By a key a row stays in its stripe; by places one that moves
    /// gets another, or goes out of sight, and is left to the next pass.
    fn stripe(&self, alias: &str, of: u32) -> String {
        let columns = self.columns(alias);
        let hash = match self {
            Walk::Key(_) if self.is_number() => {
                format!("hashint8({})", columns[0])
            }
            Walk::Key(_) | Walk::Blocks => {
                let texts: Vec<String> = columns.iter().map(|it| format!("{it}::text")).collect();
                format!("hashtext(concat_ws(',', {}))", texts.join(", "))
            }
        };
        format!("({hash} & 2147483647) % {of}")
    }

    /// The query for the place `size` rows behind another, at most `until`; no row where fewer are
    /// left.
    pub fn probe(&self, relation: &str, alias: &str, stretch: &Stretch, size: u32) -> String {
        let columns = self.columns(alias);
        let texts: Vec<String> = columns.iter().map(|it| format!("{it}::text")).collect();
        format!(
            "SELECT {} FROM ONLY {relation} AS {alias} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            texts.join(", "),
            self.condition(alias, stretch),
            columns.join(", "),
            size.saturating_sub(1),
        )
    }
}

/// The place of the last row that a block may have.
pub fn block_end(block: u64) -> Vec<String> {
    vec![format!("({block},65535)")]
}

/// The block that a place lies in, and whether it is its end.
pub fn block_of(place: &str) -> Option<(u64, bool)> {
    let (block, row) = place.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((block.parse().ok()?, row == "65535"))
}

fn is_integer(ty: &str) -> bool {
    ["smallint", "integer", "bigint"].contains(&ty)
}

fn row(values: &[String]) -> String {
    match values {
        [only] => only.clone(),
        all => format!("({})", all.join(", ")),
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
