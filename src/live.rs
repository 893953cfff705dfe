//! A database that is there: its catalog, read in one transaction that can only read, and told as
//! the statements that would make it.

mod address;
mod error;
mod tls;

pub use address::Address;
pub use error::LiveError;

use crate::schema::Size;
use crate::sql::Name;
use crate::version::Major;
use std::collections::BTreeMap;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::SimpleQueryRow;

/// What is known of a database.
#[derive(Debug)]
pub struct Catalog {
    /// The server's version.
    pub postgres: Major,
    /// The statements that would make what is there.
    pub statements: String,
    /// Indexes that are not used, for building them failed or is not done.
    pub invalid_indexes: Vec<Name>,
    /// How large tables and materialized views are.
    pub sizes: BTreeMap<Name, Size>,
}

/// Asks for statements, in an order in which they could run.
const STATEMENTS: &[&str] = &[
    include_str!("live/schemas.sql"),
    include_str!("live/extensions.sql"),
    include_str!("live/types.sql"),
    include_str!("live/domain-checks.sql"),
    include_str!("live/functions.sql"),
    include_str!("live/sequences.sql"),
    include_str!("live/tables.sql"),
    include_str!("live/typed-tables.sql"),
    include_str!("live/unproven.sql"),
    include_str!("live/parents.sql"),
    include_str!("live/owners.sql"),
    include_str!("live/views.sql"),
    include_str!("live/indexes.sql"),
    include_str!("live/index-parents.sql"),
    include_str!("live/foreign-keys.sql"),
    include_str!("live/triggers.sql"),
    include_str!("live/rules.sql"),
    include_str!("live/policies.sql"),
    include_str!("live/properties.sql"),
    include_str!("live/statistics.sql"),
    include_str!("live/publications.sql"),
];

const INVALID_INDEXES: &str = include_str!("live/invalid-indexes.sql");

const SIZES: &str = include_str!("live/sizes.sql");

/// One moment of the catalog for all questions; nothing is written, and nobody waits for long. With
/// an empty search path the server writes every name with its schema.
const BEGIN: &str = "\
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '30s';
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = '';
SET LOCAL quote_all_identifiers = off";

/// Reads the catalog of a database.
pub fn read(address: &Address) -> Result<Catalog, LiveError> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|cause| LiveError::no_connection(address, &cause))?;
    let client = connect(&runtime, address)?;
    let session = Session { runtime: &runtime, client: &client, address };
    let postgres = session.version()?;
    session.rows(BEGIN)?;
    let mut statements = String::new();
    for query in STATEMENTS {
        for row in session.rows(query)? {
            let statement = row.get(0).unwrap_or_default();
            statements.push_str(statement);
            statements.push_str(";\n");
        }
    }
    let name = |row: &SimpleQueryRow| {
        Name::in_schema(row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default())
    };
    let number = |row: &SimpleQueryRow, at: usize| row.get(at).and_then(|text| text.parse().ok());
    let size = |row: &SimpleQueryRow| Size { rows: number(row, 2), bytes: number(row, 3) };
    let invalid_indexes = session.rows(INVALID_INDEXES)?.iter().map(name).collect();
    let sizes = session.rows(SIZES)?.iter().map(|row| (name(row), size(row))).collect();
    session.rows("ROLLBACK")?;
    Ok(Catalog { postgres, statements, invalid_indexes, sizes })
}

/// Opens a connection; it ends with the runtime.
fn connect(runtime: &Runtime, address: &Address) -> Result<Client, LiveError> {
    let tls = tls::connector(address)?;
    let opened = runtime.block_on(address.config.connect(tls));
    let (client, connection) = opened.map_err(|cause| LiveError::no_connection(address, &cause))?;
    // What goes wrong with it is the answer of the next question.
    runtime.spawn(connection);
    Ok(client)
}

/// A connection that is waited for.
struct Session<'a> {
    runtime: &'a Runtime,
    client: &'a Client,
    address: &'a Address,
}

impl Session<'_> {
    /// The rows that statements give, as text: that needs no prepared statements, which not every
    /// pooler has.
    fn rows(&self, sql: &str) -> Result<Vec<SimpleQueryRow>, LiveError> {
        let answer = self.runtime.block_on(self.client.simple_query(sql));
        let answer = answer.map_err(|cause| LiveError::no_answer(self.address, &cause))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        };
        Ok(answer.into_iter().filter_map(row).collect())
    }

    fn version(&self) -> Result<Major, LiveError> {
        let rows = self.rows("SHOW server_version_num")?;
        let text = rows.first().and_then(|row| row.get(0)).unwrap_or_default();
        let number = text.parse::<i64>().ok();
        let major = number.and_then(|number| Major::new(number / 10_000));
        major.ok_or_else(|| LiveError::version(self.address, text))
    }
}
