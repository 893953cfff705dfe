//! PostgreSQL's own functions, with what they promise of their results.

use crate::sql::Volatility;
use std::collections::HashMap;
use std::sync::LazyLock;

/// One line a name: `i` immutable, `s` stable, `v` volatile, the worst of all functions of that
/// name in `pg_proc` of PostgreSQL 14 to 18, of the grammar's own (`coalesce`), and of the
/// extensions that ship with the server.
const TABLE: &str = include_str!("functions.txt");

static FUNCTIONS: LazyLock<HashMap<&'static str, Volatility>> = LazyLock::new(|| {
    let entries = TABLE.lines().filter_map(|line| line.split_once(' '));
    let entries = entries.map(|(name, volatility)| match volatility {
        "i" => (name, Volatility::Immutable),
        "s" => (name, Volatility::Stable),
        _ => (name, Volatility::Volatile),
    });
    entries.collect()
});

/// Functions that are newer than the oldest server, with the major that brought them.
const NEWER: &[(&str, u8)] = &[
    ("any_value", 16),
    ("array_reverse", 18),
    ("array_sample", 16),
    ("array_shuffle", 16),
    ("array_sort", 18),
    ("casefold", 18),
    ("crc32", 18),
    ("crc32c", 18),
    ("date_add", 16),
    ("date_bin", 14),
    ("date_subtract", 16),
    ("gen_random_uuid", 13),
    ("pg_input_is_valid", 16),
    ("random_normal", 16),
    ("string_to_table", 14),
    ("system_user", 16),
    ("uuid_extract_timestamp", 17),
    ("uuidv4", 18),
    ("uuidv7", 18),
];

/// The major version that a function of PostgreSQL came with, if it was not always there.
pub(super) fn since(name: &str) -> Option<u8> {
    NEWER.iter().find(|(known, _)| *known == name).map(|(_, major)| *major)
}

/// What a function of PostgreSQL promises, if there is one of this name.
pub(super) fn volatility(name: &str) -> Option<Volatility> {
    FUNCTIONS.get(name).copied()
}
