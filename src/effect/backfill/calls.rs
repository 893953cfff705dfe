//! Functions that may read rows of the table that is written: what such a one gives depends on what
//! other batches wrote.

use crate::effect::reading::Reading;
use crate::schema::Function;
use crate::sql;
use crate::sql::Name;
use crate::sql::Span;
use crate::sql::Volatility;
use std::collections::HashSet;

/// The first of these functions that may read rows of the table.
pub(super) fn that_reads<'a>(reading: &Reading, calls: &'a [Name]) -> Option<&'a Name> {
    calls.iter().find(|name| Looked { reading, seen: HashSet::new() }.may_read(name))
}

/// Those that were looked at.
struct Looked<'a> {
    reading: &'a Reading<'a>,
    seen: HashSet<Name>,
}

impl Looked<'_> {
    /// Whether a function of the user's may read rows of the table. What promises that it reads
    /// nothing is believed, and what is written in C is PostgreSQL's or an extension's.
    fn may_read(&mut self, name: &Name) -> bool {
        let schema = self.reading.schema;
        if !self.seen.insert(schema.resolve_function(name)) {
            return false;
        }
        schema.functions(name).iter().any(|function| {
            function.volatility != Volatility::Immutable
                && !["c", "internal"].contains(&function.language.as_str())
                && self.is_seen_in(function)
        })
    }

    /// Whether the body of a function names the table, or runs what cannot be seen. A body in
    /// another language than these two may do so in words of its own.
    fn is_seen_in(&mut self, function: &Function) -> bool {
        let Some(body) = &function.body else { return true };
        if !["sql", "plpgsql"].contains(&function.language.as_str()) {
            return true;
        }
        let words = sql::words(body, Span::new(0, body.len()));
        words.into_iter().map(|word| unquoted(word.of(body))).any(|word| {
            word == "execute"
                || self.reading.is_named(&word)
                || self.may_read(&Name { schema: None, name: word })
        })
    }
}

/// A word as a name.
fn unquoted(word: &str) -> String {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => word.to_ascii_lowercase(),
    }
}
