//! The tables that a data change names, whose columns stand in it, and what of it is never `NULL`.

use crate::schema::Schema;
use crate::schema::Table;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Rows;
use crate::sql::Source;
use crate::sql::TypeName;

/// A table in the scope of a change.
pub(super) struct Side<'a> {
    /// What it is called there.
    pub(super) name: &'a str,
    /// The table, where its creation was seen.
    pub(super) table: Option<&'a Table>,
    /// A row that has no partner brings `NULL` for its columns.
    optional: bool,
}

/// What columns in a change may belong to: the first is the table that is written or walked.
pub(super) struct Scope<'a> {
    pub(super) sides: Vec<Side<'a>>,
    /// What is true of each row that is written.
    terms: Vec<&'a Expr>,
}

impl<'a> Scope<'a> {
    /// That of an `UPDATE` or `DELETE`.
    pub(super) fn of_change(schema: &'a Schema, change: &'a DataChange) -> Scope<'a> {
        let name = change.alias.as_deref().unwrap_or(&change.table.name);
        let target = Side { name, table: seen(schema, &change.table), optional: false };
        let condition = change.predicate.as_ref().map(|predicate| &predicate.tree);
        Scope::new(schema, Some(target), &change.source.from, condition)
    }

    /// That of the query of an `INSERT`.
    pub(super) fn of_rows(schema: &'a Schema, change: &'a DataChange) -> Scope<'a> {
        Scope::new(schema, None, &change.source.from, change.source.condition.as_deref())
    }

    fn new(
        schema: &'a Schema,
        first: Option<Side<'a>>,
        from: &'a [Source],
        condition: Option<&'a Expr>,
    ) -> Scope<'a> {
        let side = |source: &'a Source| Side {
            name: &source.name,
            table: match &source.rows {
                Rows::Relation(name) => seen(schema, name),
                Rows::Query(_) | Rows::Function(_) => None,
            },
            optional: source.optional,
        };
        let inner = from.iter().filter(|source| !source.optional);
        let joins = inner.filter_map(|source| source.on.as_ref());
        let terms = condition.into_iter().chain(joins).flat_map(Expr::conjuncts).collect();
        Scope { sides: first.into_iter().chain(from.iter().map(side)).collect(), terms }
    }

    /// Which side a column belongs to, where that is known.
    pub(super) fn owner(&self, parts: &[String]) -> Option<usize> {
        match parts {
            [.., of, _] => self.sides.iter().position(|side| side.name == of),
            [column] => {
                let has =
                    |side: &Side| side.table.is_some_and(|table| table.column(column).is_some());
                let mut owners = (0..self.sides.len()).filter(|at| has(&self.sides[*at]));
                match (owners.next(), owners.next()) {
                    (Some(owner), None) => Some(owner),
                    (None, _) if self.sides.len() == 1 => Some(0),
                    _ => None,
                }
            }
            [] => None,
        }
    }

    fn is_same(&self, one: &[String], other: &[String]) -> bool {
        one.last() == other.last() && self.owner(one).is_some_and(|o| Some(o) == self.owner(other))
    }

    /// Whether an expression is surely not `NULL` in a row that is written.
    pub(super) fn is_never_null(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Column(parts) => {
                self.is_filled(parts) || self.is_said(parts) || self.is_row(parts)
            }
            Expr::SqlValue(_)
            | Expr::String(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::IsNull { .. } => true,
            Expr::Cast { expr, .. } => self.is_never_null(expr),
            Expr::Call { name, arguments } => self.gives_value(name, arguments),
            Expr::Binary { operator, left, right } => {
                let both = self.is_never_null(left) && self.is_never_null(right);
                operator.contains("DISTINCT") || (both && TOTAL.contains(&operator.as_str()))
            }
            Expr::Not(inner) => self.is_never_null(inner),
            Expr::And(terms) | Expr::Or(terms) => terms.iter().all(|term| self.is_never_null(term)),
            Expr::Other(parts) => match parts.as_slice() {
                [call @ Expr::Call { name, .. }] if name.name == "trim" => self.is_never_null(call),
                _ => false,
            },
            _ => false,
        }
    }

    fn gives_value(&self, name: &Name, arguments: &[Expr]) -> bool {
        let any = || arguments.iter().any(|argument| self.is_never_null(argument));
        match name.name.as_str() {
            _ if name.schema.as_deref().is_some_and(|schema| schema != "pg_catalog") => false,
            "coalesce" | "greatest" | "least" => any(),
            "concat" | "jsonb_build_object" | "json_build_object" | "jsonb_build_array"
            | "json_build_array" | "array_append" | "array_prepend" => true,
            // Of a range that has no end they give NULL.
            "lower" | "upper" => arguments
                .iter()
                .all(|argument| self.is_never_null(argument) && self.is_text(argument)),
            "concat_ws" | "format" => arguments.first().is_some_and(|one| self.is_never_null(one)),
            known if STRICT.contains(&known) => {
                arguments.iter().all(|argument| self.is_never_null(argument))
            }
            _ => false,
        }
    }

    /// Whether an expression is known to be text.
    pub(super) fn is_text(&self, expr: &Expr) -> bool {
        let is_text = |ty: &TypeName| ty.is("text") || ty.is("character varying");
        match expr {
            Expr::String(_) => true,
            Expr::Cast { to, .. } => is_text(to),
            Expr::Call { name, arguments } => match name.name.as_str() {
                "lower" | "upper" => arguments.iter().all(|one| self.is_text(one)),
                name => TEXT.contains(&name),
            },
            Expr::Column(parts) => {
                let side = self.owner(parts).map(|owner| &self.sides[owner]);
                let column = side.and_then(|side| side.table?.column(parts.last()?));
                column.and_then(|column| column.ty.as_ref()).is_some_and(is_text)
            }
            Expr::Other(parts) => match parts.as_slice() {
                [call @ Expr::Call { name, .. }] if name.name == "trim" => self.is_text(call),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the table lets no `NULL` into a column.
    fn is_filled(&self, parts: &[String]) -> bool {
        let Some(side) = self.owner(parts).map(|owner| &self.sides[owner]) else { return false };
        let (Some(table), Some(column)) = (side.table, parts.last()) else { return false };
        let key = table.primary_key().is_some_and(|key| key.columns.contains(column));
        let filled = table.column(column).is_some_and(|column| column.not_null);
        (key || filled) && !side.optional
    }

    /// Whether a name is that of a row as a whole, which is never missing.
    fn is_row(&self, parts: &[String]) -> bool {
        let [name] = parts else { return false };
        let mut sides = self.sides.iter();
        let side = sides.find(|side| side.name == name && !side.optional);
        let table = side.and_then(|side| side.table).filter(|table| table.known);
        table.is_some_and(|table| table.column(name).is_none())
    }

    /// Whether the condition leaves out rows where a column is `NULL`.
    fn is_said(&self, parts: &[String]) -> bool {
        let is = |expr: &Expr| matches!(expr, Expr::Column(other) if self.is_same(parts, other));
        self.terms.iter().any(|term| match term {
            Expr::IsNull { expr, negated: true } => is(expr),
            Expr::Binary { operator, left, right } => {
                TOTAL.contains(&operator.as_str()) && (is(left) || is(right))
            }
            Expr::In { expr, negated: false, .. } | Expr::Between { expr, negated: false, .. } => {
                is(expr)
            }
            _ => false,
        })
    }
}

fn seen<'a>(schema: &'a Schema, name: &Name) -> Option<&'a Table> {
    schema.table(&schema.resolve(name)).filter(|table| table.known || !table.columns.is_empty())
}

/// Operators that give `NULL` only for `NULL`, and for it always.
const TOTAL: &[&str] = &["=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"];

/// Functions that give `NULL` only for `NULL`.
const STRICT: &[&str] = &[
    "abs",
    "array_to_string",
    "ascii",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "chr",
    "clock_timestamp",
    "date_trunc",
    "decode",
    "encode",
    "floor",
    "gen_random_uuid",
    "hashtext",
    "initcap",
    "left",
    "length",
    "lpad",
    "ltrim",
    "make_date",
    "md5",
    "mod",
    "nextval",
    "now",
    "octet_length",
    "power",
    "quote_literal",
    "random",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_to_json",
    "rpad",
    "rtrim",
    "sha256",
    "sign",
    "split_part",
    "sqrt",
    "statement_timestamp",
    "timezone",
    "to_json",
    "to_jsonb",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Functions that give text.
const TEXT: &[&str] = &[
    "btrim",
    "concat",
    "concat_ws",
    "format",
    "initcap",
    "left",
    "lpad",
    "ltrim",
    "md5",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "substr",
    "to_char",
    "translate",
    "trim",
];
