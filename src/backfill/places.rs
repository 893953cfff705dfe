//! Places as they are kept: the texts of a key or of a row's place, in an array.

use crate::db::literal;
use crate::job::Cursor;

/// Texts as an array.
pub(super) fn array(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| literal(text)).collect();
    format!("ARRAY[{}]::text[]", texts.join(", "))
}

/// A place, or its absence, as a value.
pub(super) fn cursor(place: Option<&Vec<String>>) -> String {
    place.map_or_else(|| "NULL::text[]".to_owned(), |place| array(place))
}

/// A place as it is kept; `None` if it makes no sense.
pub(super) fn read(told: Option<&str>) -> Option<Cursor> {
    match told {
        None => Some(None),
        Some(text) => serde_json::from_str(text).ok().map(Some),
    }
}
