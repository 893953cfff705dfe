//! A column as somebody names it: `users.email`, `app."Order"."itemId"`.

use super::error::Unfit;
use crate::sql::Name;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table, with its schema where one was written.
    pub table: Name,
    /// The column.
    pub column: String,
}

impl Place {
    /// Reads `TABLE.COLUMN` or `SCHEMA.TABLE.COLUMN`, with names as SQL writes them.
    pub fn read(text: &str) -> Result<Place, Unfit> {
        let fault = || Unfit::Place { text: text.to_owned() };
        let mut parts = parts(text).ok_or_else(fault)?;
        let column = parts.pop().ok_or_else(fault)?;
        let name = parts.pop().ok_or_else(fault)?;
        let schema = parts.pop();
        if !parts.is_empty() {
            return Err(fault());
        }
        Ok(Place { table: Name { schema, name }, column })
    }
}

/// Reads one name as SQL writes it.
pub fn identifier(text: &str) -> Result<String, Unfit> {
    match parts(text).as_deref() {
        Some([only]) => Ok(only.clone()),
        _ => Err(Unfit::Identifier { text: text.to_owned() }),
    }
}

/// Names with dots between.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    loop {
        let (name, after) = first(rest)?;
        found.push(name);
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(found),
        }
    }
}

/// The name that a text begins with, and what comes after it.
fn first(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut rest = quoted;
        loop {
            let (before, after) = rest.split_once('"')?;
            name.push_str(before);
            match after.strip_prefix('"') {
                Some(more) => {
                    name.push('"');
                    rest = more;
                }
                None => return (!name.is_empty()).then_some((name, after)),
            }
        }
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let begins = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins.then(|| (word.to_ascii_lowercase(), after))
}
