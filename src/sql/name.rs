//! Names as PostgreSQL sees them: folded, cut to length, with or without a schema.

use std::fmt;

/// The bytes of an identifier that PostgreSQL keeps: `NAMEDATALEN` less one.
pub(super) const IDENTIFIER_BYTES_MAX: usize = 63;

/// The name of an object, with its schema where one was written or resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The schema, unless the name leaves it to the search path.
    pub schema: Option<String>,
    /// The object's own name.
    pub name: String,
}

impl Name {
    /// A name that leaves its schema to the search path.
    pub fn bare(name: impl Into<String>) -> Name {
        Name { schema: None, name: name.into() }
    }

    /// The name that a text such as that of `'app."Users"'::regclass` gives.
    pub fn from_text(text: &str) -> Name {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        for c in text.trim().chars() {
            match (c, parts.last_mut()) {
                ('"', _) => quoted = !quoted,
                ('.', _) if !quoted => parts.push(String::new()),
                (c, Some(part)) if quoted => part.push(c),
                (c, Some(part)) => part.extend(c.to_lowercase()),
                (_, None) => {}
            }
        }
        let name = parts.pop().unwrap_or_default();
        Name { schema: parts.pop(), name }
    }

    /// A name in `schema`.
    pub fn in_schema(schema: impl Into<String>, name: impl Into<String>) -> Name {
        Name { schema: Some(schema.into()), name: name.into() }
    }

    /// The name as SQL that means the same: quoted where it must be.
    pub fn to_sql(&self) -> String {
        match &self.schema {
            Some(schema) => {
                format!("{}.{}", quote_identifier(schema), quote_identifier(&self.name))
            }
            None => quote_identifier(&self.name),
        }
    }
}

/// For people and for JSON: `schema.name`, without quotes.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// An unquoted identifier as the server stores it: ASCII letters in lower case, 63 bytes at most.
pub(super) fn fold(word: &str) -> String {
    truncate(word.to_ascii_lowercase())
}

/// Cuts an identifier as the server does, at a character's border.
pub(super) fn truncate(mut identifier: String) -> String {
    if IDENTIFIER_BYTES_MAX < identifier.len() {
        let end = (0..=IDENTIFIER_BYTES_MAX).rev().find(|&at| identifier.is_char_boundary(at));
        identifier.truncate(end.unwrap_or(0));
    }
    identifier
}

/// The identifier as it must be written in SQL, quoted only where it has to be.
pub fn quote_identifier(identifier: &str) -> String {
    let plain = identifier.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && identifier.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !super::keywords::is_reserved(identifier);
    if plain { identifier.to_owned() } else { format!("\"{}\"", identifier.replace('"', "\"\"")) }
}
