//! Words that several rules use: lists of names, and what is the same for every rewrite.

use super::At;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Rewrite;
use crate::effect::RewriteCause;
use crate::sql::Name;
use crate::sql::quote_identifier;

/// Names for a message: `` `a`, `b` ``.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Relations for a message.
pub(super) fn relations<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    names.into_iter().map(|name| format!("`{}`", table_name(name))).collect::<Vec<_>>().join(", ")
}

/// Columns as SQL, for a list in parentheses.
pub(super) fn columns_sql(columns: &[String]) -> String {
    columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ")
}

/// A time in the largest unit that it is a whole number of.
pub(super) fn duration(milliseconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let whole = |(size, _): &&(u64, &str)| milliseconds > 0 && milliseconds.is_multiple_of(*size);
    match UNITS.iter().find(whole) {
        Some((size, unit)) => format!("{} {unit}", milliseconds / size),
        None => format!("{milliseconds} ms"),
    }
}

/// A rewrite for one of these causes of a table that is in use, and what it is of, for a message.
pub(super) fn rewrite<'a>(at: &At<'a>, causes: &[RewriteCause]) -> Option<(&'a Rewrite, String)> {
    let Effect::Rewrite(rewrite) = &at.part.effect else { return None };
    if !causes.contains(&rewrite.cause) {
        return None;
    }
    match &rewrite.table {
        Some(table) if !table.in_use() => None,
        Some(table) => Some((rewrite, format!("`{}`", table_name(&table.name)))),
        None => Some((rewrite, "every table".to_owned())),
    }
}
