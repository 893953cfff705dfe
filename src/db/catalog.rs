//! The catalog of a database, read in one transaction that can only read, and told as the
//! statements that would make it.

mod error;

pub use error::CatalogError;

use super::Address;
use super::DbError;
use super::Row;
use super::Session;
use super::Settings;
use crate::schema::Size;
use crate::sql::Name;
use crate::version::Major;
use std::collections::BTreeMap;

/// What is known of a database.
#[derive(Debug)]
pub struct Catalog {
    /// The server's version.
    pub postgres: Major,
    /// The statements that would make what is there.
    pub statements: String,
    /// Indexes that are not used, for building them failed or is not done.
    pub invalid_indexes: Vec<Name>,
    /// The schemas in which the session that asked looks for names without one, in order.
    pub search_path: Vec<String>,
    /// How large tables and materialized views are.
    pub sizes: BTreeMap<Name, Size>,
}

/// Asks for statements, in an order in which they could run.
const STATEMENTS: &[&str] = &[
    include_str!("catalog/schemas.sql"),
    include_str!("catalog/extensions.sql"),
    include_str!("catalog/types.sql"),
    include_str!("catalog/domain-checks.sql"),
    include_str!("catalog/functions.sql"),
    include_str!("catalog/sequences.sql"),
    include_str!("catalog/tables.sql"),
    include_str!("catalog/typed-tables.sql"),
    include_str!("catalog/unproven.sql"),
    include_str!("catalog/parents.sql"),
    include_str!("catalog/owners.sql"),
    include_str!("catalog/views.sql"),
    include_str!("catalog/indexes.sql"),
    include_str!("catalog/index-parents.sql"),
    include_str!("catalog/foreign-keys.sql"),
    include_str!("catalog/triggers.sql"),
    include_str!("catalog/rules.sql"),
    include_str!("catalog/policies.sql"),
    include_str!("catalog/properties.sql"),
    include_str!("catalog/statistics.sql"),
    include_str!("catalog/publications.sql"),
];

const INVALID_INDEXES: &str = include_str!("catalog/invalid-indexes.sql");

const SIZES: &str = include_str!("catalog/sizes.sql");

/// One moment of the catalog for all questions; nothing is written, and nobody waits for long. With
/// an empty search path the server writes every name with its schema.
const BEGIN: &str = "\
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '30s';
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = '';
SET LOCAL quote_all_identifiers = off";

/// Reads the catalog of a database. That needs no session of its own, and so a pooler is no harm.
pub fn read_catalog(address: &Address) -> Result<Catalog, CatalogError> {
    let session = Session::open(address, &Settings::default())?;
    let rows = |sql: &str| session.rows(sql).map_err(CatalogError::no_answer);
    let postgres = major_of(&session)?;
    let search_path = search_path(&session).map_err(CatalogError::no_answer)?;
    rows(BEGIN)?;
    let mut statements = String::new();
    for query in STATEMENTS {
        for row in rows(query)? {
            let statement = row.get(0).unwrap_or_default();
            statements.push_str(statement);
            statements.push_str(";\n");
        }
    }
    let name =
        |row: &Row| Name::in_schema(row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
    let number = |row: &Row, at: usize| row.get(at).and_then(|text| text.parse().ok());
    let size = |row: &Row| Size { rows: number(row, 2), bytes: number(row, 3) };
    let invalid_indexes = rows(INVALID_INDEXES)?.iter().map(name).collect();
    let sizes = rows(SIZES)?.iter().map(|row| (name(row), size(row))).collect();
    rows("ROLLBACK")?;
    Ok(Catalog { postgres, statements, invalid_indexes, search_path, sizes })
}

/// The schemas in which a session looks for names without one, in order, as far as they are there.
pub fn search_path(session: &Session) -> Result<Vec<String>, DbError> {
    let rows = session.rows("SELECT unnest(current_schemas(false))")?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

/// The major version of a server.
pub fn major_of(session: &Session) -> Result<Major, CatalogError> {
    let rows = session.rows("SHOW server_version_num").map_err(CatalogError::no_answer)?;
    let text = rows.first().and_then(|row| row.get(0)).unwrap_or_default();
    let number = text.parse::<i64>().ok();
    let major = number.and_then(|number| Major::new(number / 10_000));
    major.ok_or_else(|| CatalogError::version(session.place(), text))
}
