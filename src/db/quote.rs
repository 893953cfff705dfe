//! Words of ours in SQL: literals, for a session whose `standard_conforming_strings` is on, and
//! identifiers.

/// A string as a literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as it is written where it must mean itself.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
