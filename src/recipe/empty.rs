//! Unique indexes over a column that is empty: whether rows may be alike to them.

use super::rewrite::brackets;
use super::rewrite::names;
use crate::schema::Index;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Span;

/// Words by which an expression over `NULL` may be something else.
const MAKES_SOMETHING: &[&str] = &[
    "array",
    "case",
    "coalesce",
    "concat",
    "concat_ws",
    "format",
    "greatest",
    "is",
    "least",
    "null",
    "row",
];

/// Whether rows may be alike to an index as long as a column that it mentions is empty: `NULL` in
/// a key tells rows apart, and a condition that is not true leaves them out.
pub(super) fn is_crowded(schema: &Schema, index: &Index, column: &str) -> bool {
    let text = index.definition.as_deref().unwrap_or_default();
    if are_nulls_alike(text) {
        return true;
    }
    if index.keys.iter().flatten().any(|key| key == column) {
        return false;
    }
    let own = index.calls.iter().any(|name| !schema.functions(name).is_empty());
    let (keys, rest) = brackets(text).map_or((text, ""), |(_, keys, rest)| (keys, rest));
    let part = if names(keys, column) { keys } else { rest };
    own || MAKES_SOMETHING.iter().any(|word| has_word(part, word))
}

/// Whether two `NULL`s are alike to an index.
pub(super) fn are_nulls_alike(definition: &str) -> bool {
    let after = brackets(definition).map_or(definition, |(_, _, rest)| rest);
    let words = sql::words(after, Span::new(0, after.len()));
    let words: Vec<String> = words.iter().map(|span| span.of(after).to_ascii_lowercase()).collect();
    words.windows(3).any(|three| three == ["nulls", "not", "distinct"])
}

fn has_word(text: &str, word: &str) -> bool {
    let words = sql::words(text, Span::new(0, text.len()));
    words.iter().any(|span| span.of(text).eq_ignore_ascii_case(word))
}
