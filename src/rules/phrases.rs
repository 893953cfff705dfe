//! Words that several rules use: lists of names, and what is the same for every rewrite.

use super::At;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Member;
use crate::effect::ObjectChange;
use crate::effect::Rewrite;
use crate::effect::RewriteCause;
use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::quote_identifier;

/// Names for a message: `` `a`, `b` ``.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How many names of a long list a message gives.
const SOME: usize = 3;

/// The first names of a list, and how many there are more: `` `a`, `b` and 3 more ``.
pub(super) fn some_of(names: &[&str]) -> String {
    let first = listed(names.iter().take(SOME).copied());
    match names.len().saturating_sub(SOME) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Relations for a message.
pub(super) fn relations<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    names.into_iter().map(|name| format!("`{}`", table_name(name))).collect::<Vec<_>>().join(", ")
}

/// Columns as SQL, for a list in parentheses.
pub(super) fn columns_sql(columns: &[String]) -> String {
    columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ")
}

/// What an object is and what it is called, for a message: ``the view `recent` ``.
pub fn object_name(change: &ObjectChange) -> String {
    let name = table_name(&change.name);
    let kind = match (&change.member, change.kind) {
        (Some(Member::Value(value)), _) => {
            return format!("the value `{value}` of the enum `{name}`");
        }
        (Some(Member::Attribute(attribute)), _) => {
            return format!("the attribute `{attribute}` of the type `{name}`");
        }
        (None, ObjectKind::Owned) => return format!("what the role `{name}` owns"),
        (None, kind) => kind.words(),
    };
    match &change.on {
        _ if name.is_empty() => format!("the {kind}"),
        Some(on) => format!("the {kind} `{name}` of `{}`", table_name(&on.name)),
        None => format!("the {kind} `{name}`"),
    }
}

/// The verb of a data change in capitals.
pub(super) fn verb_word(verb: DataVerb) -> &'static str {
    match verb {
        DataVerb::Insert => "INSERT",
        DataVerb::Update => "UPDATE",
        DataVerb::Delete => "DELETE",
        DataVerb::Merge => "MERGE",
    }
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
