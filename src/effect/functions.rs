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

/// What a function of PostgreSQL promises, if there is one of this name.
pub(super) fn volatility(name: &str) -> Option<Volatility> {
    FUNCTIONS.get(name).copied()
}
