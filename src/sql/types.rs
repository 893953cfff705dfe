//! Type names: any of PostgreSQL's spellings to one canonical form.

use super::cursor::Cursor;
use super::cursor::Read;
use super::lexer::TokenKind;
use super::name::Name;
use std::fmt;

/// A type as written in a column, a cast or a signature, under its canonical name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// `integer` for `int4`, `character varying` for `varchar`; a user's type as written.
    pub name: Name,
    /// Length, precision and scale, in this order; empty when none is given.
    pub modifiers: Vec<String>,
    /// How many `[]` follow.
    pub dimensions: usize,
    /// The fields of an `interval`, such as `day to second`.
    pub fields: Option<String>,
    /// `SETOF`, in signatures only.
    pub setof: bool,
}

impl TypeName {
    /// A built-in type without modifiers, by its canonical name.
    pub fn builtin(name: &str) -> TypeName {
        let name = Name::bare(name);
        TypeName { name, modifiers: Vec::new(), dimensions: 0, fields: None, setof: false }
    }

    /// Whether it is this built-in scalar type, whatever its modifiers.
    pub fn is(&self, canonical: &str) -> bool {
        self.dimensions == 0 && self.name.schema.is_none() && self.name.name == canonical
    }

    /// The column type a `serial` pseudo-type makes, if it is one.
    pub fn serial_base(&self) -> Option<&'static str> {
        if self.dimensions > 0 || self.name.schema.is_some() {
            return None;
        }
        match self.name.name.as_str() {
            "smallserial" | "serial2" => Some("smallint"),
            "serial" | "serial4" => Some("integer"),
            "bigserial" | "serial8" => Some("bigint"),
            _ => None,
        }
    }

    /// Whether the type is one of PostgreSQL's own.
    pub fn is_builtin(&self) -> bool {
        self.name.schema.is_none() && BUILTIN.binary_search(&self.name.name.as_str()).is_ok()
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.setof {
            f.write_str("setof ")?;
        }
        let modifiers = if self.modifiers.is_empty() {
            String::new()
        } else {
            format!("({})", self.modifiers.join(","))
        };
        let name = if self.is_builtin() { self.name.to_string() } else { self.name.to_sql() };
        // The precision of a time stands before its zone.
        match name.split_once(' ') {
            Some((head, tail)) if tail.ends_with("time zone") => {
                write!(f, "{head}{modifiers} {tail}")?;
            }
            _ => write!(f, "{name}{modifiers}")?,
        }
        if let Some(fields) = &self.fields {
            write!(f, " {fields}")?;
        }
        f.write_str(&"[]".repeat(self.dimensions))
    }
}

/// Canonical names of built-in types that matter to somebody, in order.
const BUILTIN: &[&str] = &[
    "bigint",
    "bigserial",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "cstring",
    "date",
    "daterange",
    "double precision",
    "event_trigger",
    "inet",
    "int4multirange",
    "int4range",
    "int8range",
    "integer",
    "internal",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "real",
    "record",
    "regclass",
    "regproc",
    "regtype",
    "serial",
    "serial2",
    "serial4",
    "serial8",
    "smallint",
    "smallserial",
    "text",
    "tid",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "trigger",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
    "uuid",
    "void",
    "xid",
    "xml",
];

/// Short and internal names to canonical ones (`pg_type`, and gram.y's system types).
fn canonical(word: &str) -> &str {
    match word {
        "int2" => "smallint",
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "bool" => "boolean",
        "varchar" => "character varying",
        "dec" | "decimal" => "numeric",
        "varbit" => "bit varying",
        "timestamptz" => "timestamp with time zone",
        "timetz" => "time with time zone",
        other => other,
    }
}

/// Reads a type, with array bounds.
pub(crate) fn type_name(c: &mut Cursor) -> Read<TypeName> {
    let setof = c.eat("SETOF");
    let mut ty = scalar(c)?;
    ty.setof = setof;
    while c.eat_symbol("[") {
        if c.kind_at(0) == Some(TokenKind::Number) {
            c.advance();
        }
        c.expect_symbol("]")?;
        ty.dimensions += 1;
    }
    if c.eat("ARRAY") {
        ty.dimensions += 1;
        if c.eat_symbol("[") {
            c.integer()?;
            c.expect_symbol("]")?;
        }
    }
    Ok(ty)
}

fn scalar(c: &mut Cursor) -> Read<TypeName> {
    let word = match c.peek() {
        Some(token) if token.kind == TokenKind::Word && !c.symbol_at(1, ".") => {
            c.text_of(token).to_ascii_lowercase()
        }
        _ => return named(c),
    };
    let national = word == "national" && (c.word_at(1, "CHARACTER") || c.word_at(1, "CHAR"));
    if national {
        c.advance();
    }
    match word.as_str() {
        "double" if c.word_at(1, "PRECISION") => {
            c.advance();
            c.advance();
            Ok(TypeName::builtin("double precision"))
        }
        "character" | "char" | "nchar" | "national" => {
            c.advance();
            let varying = c.eat("VARYING");
            let name = if varying { "character varying" } else { "character" };
            let mut ty = with_modifiers(c, name)?;
            if !varying && ty.modifiers.is_empty() {
                ty.modifiers.push("1".to_owned());
            }
            Ok(ty)
        }
        "bit" => {
            c.advance();
            let varying = c.eat("VARYING");
            let mut ty = with_modifiers(c, if varying { "bit varying" } else { "bit" })?;
            if !varying && ty.modifiers.is_empty() {
                ty.modifiers.push("1".to_owned());
            }
            Ok(ty)
        }
        "time" | "timestamp" => time(c, &word),
        "interval" => interval(c),
        "float" => {
            c.advance();
            let ty = with_modifiers(c, "double precision")?;
            let single = ty.modifiers.first().and_then(|bits| bits.parse::<u8>().ok());
            let name =
                if single.is_some_and(|bits| bits <= 24) { "real" } else { "double precision" };
            Ok(TypeName::builtin(name))
        }
        _ => named(c),
    }
}

fn time(c: &mut Cursor, word: &str) -> Read<TypeName> {
    c.advance();
    let modifiers = modifiers(c)?;
    let zone = if c.eat("WITH TIME ZONE") {
        "with time zone"
    } else {
        c.eat("WITHOUT TIME ZONE");
        "without time zone"
    };
    Ok(TypeName { modifiers, ..TypeName::builtin(&format!("{word} {zone}")) })
}

fn interval(c: &mut Cursor) -> Read<TypeName> {
    const FIELDS: &[&str] = &["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
    c.advance();
    let mut ty = with_modifiers(c, "interval")?;
    if let Some(first) = c.eat_one(FIELDS) {
        let mut fields = first.to_ascii_lowercase();
        if c.eat("TO") {
            let last = c.eat_one(FIELDS).ok_or_else(|| c.unexpected("a field of an interval"))?;
            fields = format!("{fields} to {}", last.to_ascii_lowercase());
        }
        ty.fields = Some(fields);
        if ty.modifiers.is_empty() {
            ty.modifiers = modifiers(c)?;
        }
    }
    Ok(ty)
}

/// A type by name; one that is quoted or qualified is not an SQL spelling.
fn named(c: &mut Cursor) -> Read<TypeName> {
    let quoted = c.kind_at(0) == Some(TokenKind::Quoted);
    let mut name = c.name()?;
    if name.schema.as_deref() == Some("pg_catalog") || (!quoted && name.schema.is_none()) {
        // `pg_catalog."char"` and `"char"` are the one-byte type, no `character`.
        let internal = if name.name == "bpchar" { "bpchar" } else { canonical(&name.name) };
        name = Name::bare(internal);
    } else if quoted && name.schema.is_none() && canonical(&name.name) != name.name {
        name = Name::bare(canonical(&name.name));
    }
    if c.eat_symbol("%") {
        c.expect("TYPE")?;
        name.name.push_str("%type");
    }
    Ok(TypeName { name, ..with_modifiers(c, "")? })
}

fn with_modifiers(c: &mut Cursor, name: &str) -> Read<TypeName> {
    Ok(TypeName { modifiers: modifiers(c)?, ..TypeName::builtin(name) })
}

fn modifiers(c: &mut Cursor) -> Read<Vec<String>> {
    if !c.symbol_at(0, "(") {
        return Ok(Vec::new());
    }
    let mut inside = c.brackets()?;
    let mut modifiers = Vec::new();
    while !inside.is_done() {
        let item = inside.take_item();
        let text = item.slice(item.rest_span());
        modifiers.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        inside.eat_symbol(",");
    }
    Ok(modifiers)
}
