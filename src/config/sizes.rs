//! `sizes.toml`: how large tables are, for those who ask no database.

use super::Mistake;
use crate::nearest::did_you_mean;
use crate::schema::DEFAULT_SCHEMA;
use crate::schema::Size;
use crate::sql::Name;
use crate::sql::Span;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

/// Reads the sizes of tables, by name; a name without a schema is of `public`.
pub fn parse_sizes(text: &str) -> Result<BTreeMap<Name, Size>, Vec<Mistake>> {
    let (table, faults) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    for fault in faults {
        let span = fault.span().map_or(Span::default(), |span| Span::new(span.start, span.end));
        reader.mistakes.push(Mistake { span, message: fault.message().to_owned(), help: None });
    }
    reader.tables(table.get_ref(), None);
    reader.mistakes.sort_by_key(|mistake| mistake.span);
    if reader.mistakes.is_empty() { Ok(reader.sizes) } else { Err(reader.mistakes) }
}

const KEYS: [&str; 2] = ["rows", "bytes"];

#[derive(Default)]
struct Reader {
    sizes: BTreeMap<Name, Size>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn mistake<T>(&mut self, place: &Spanned<T>, message: String, help: Option<String>) {
        let span = Span::new(place.span().start, place.span().end);
        self.mistakes.push(Mistake { span, message, help });
    }

    /// Tables, or schemas with tables in them: `audit.log` without quotes is one in the other.
    fn tables(&mut self, tables: &DeTable, schema: Option<&str>) {
        for (key, value) in tables {
            let DeValue::Table(inner) = value.get_ref() else {
                let found = value.get_ref().type_str();
                let message = format!("expected the size of a table, found {found}");
                self.mistake(value, message, Some("write { rows = 1000 }".to_owned()));
                continue;
            };
            let holds_tables =
                inner.values().any(|value| matches!(value.get_ref(), DeValue::Table(_)));
            match (schema, key.get_ref().split_once('.')) {
                (None, None) if holds_tables => self.tables(inner, Some(key.get_ref())),
                (None, Some((schema, table))) => self.table(Name::in_schema(schema, table), inner),
                (schema, _) => {
                    let schema = schema.unwrap_or(DEFAULT_SCHEMA);
                    self.table(Name::in_schema(schema, key.get_ref().to_string()), inner);
                }
            }
        }
    }

    fn table(&mut self, name: Name, keys: &DeTable) {
        let mut size = Size::default();
        for (key, value) in keys {
            let place = match key.get_ref().as_ref() {
                "rows" => &mut size.rows,
                "bytes" => &mut size.bytes,
                other => {
                    let list = || format!("the keys here are {}", KEYS.join(", "));
                    let help = did_you_mean(other, KEYS, list);
                    self.mistake(key, format!("there is no key `{other}`"), Some(help));
                    continue;
                }
            };
            *place = match value.get_ref() {
                DeValue::Integer(number) => number.as_str().parse().ok(),
                _ => None,
            };
            if place.is_none() {
                let found = value.get_ref().type_str();
                self.mistake(
                    value,
                    format!("expected a number of zero or more, found {found}"),
                    None,
                );
            }
        }
        self.sizes.insert(name, size);
    }
}
