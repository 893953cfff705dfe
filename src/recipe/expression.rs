//! An expression that somebody gives, over the columns of a table, and over those of a row that a
//! trigger sees.

use super::error::Unfit;
use super::facts::Facts;
use super::literal;
use super::names::quoted;
use super::rewrite::names;
use super::rewrite::rewrite;
use crate::sql;
use crate::sql::Body;
use crate::sql::TypeName;

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct Expression(String);

impl Expression {
    /// Reads an expression that names columns of the table by their bare names, and gives a value
    /// of a type. The column that is changed may go by another name, too.
    pub(super) fn read(
        facts: &Facts,
        option: &str,
        text: &str,
        ty: &TypeName,
        alias: Option<&str>,
    ) -> Result<Expression, Unfit> {
        let statement = format!("SELECT ({text})");
        let script = sql::read(&statement, std::slice::from_ref(&(0..statement.len())));
        let query = match script.statements.as_slice() {
            [only] => match &only.body {
                Body::Query(query) => Some(query),
                _ => None,
            },
            _ => None,
        };
        let query = query.filter(|query| query.understood && query.relations.is_empty());
        let what = format!("{option} `{text}`");
        let Some(query) = query.filter(|_| !text.trim().is_empty() && script.comments.is_empty())
        else {
            return Err(Unfit::unable(what, "it is no expression over the columns of the table"));
        };
        if text.contains("$$") {
            let why = "it holds `$$`, between which the body of a function stands: write 'text' or \
                       $x$text$x$";
            return Err(Unfit::unable(what, why));
        }
        if names(text, &facts.table.name.name) && text.contains('.') {
            let why = "name its columns without the table: a trigger puts the row in its place";
            return Err(Unfit::unable(what, why));
        }
        let known = |name: &str| facts.has(name) || alias == Some(name);
        let unknown = query.columns.iter().find_map(|parts| match parts.as_slice() {
            [only] if !known(only) => Some(only),
            _ => None,
        });
        if let Some(name) = unknown {
            return Err(Unfit::unable(what, facts.has_no(name)));
        }
        if let [value] = query.selected.as_slice()
            && !literal::may_be(facts.schema, value, ty)
        {
            return Err(Unfit::unable(what, format!("it is no {ty}")));
        }
        let column = quoted(&facts.column.name);
        let text = alias.map_or_else(|| text.to_owned(), |alias| rewrite(text, alias, &column));
        Ok(Expression(text.trim().to_owned()))
    }

    /// A column turned into a type.
    pub(super) fn cast(column: &str, ty: &str) -> Expression {
        Expression(format!("{}::{ty}", quoted(column)))
    }

    /// Over the columns of the table, one of which goes by another name.
    pub(super) fn over(&self, column: &str, to: &str) -> String {
        rewrite(&self.0, column, &quoted(to))
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// With a value in the place of a column.
    pub(super) fn of(&self, column: &str, value: &str) -> String {
        rewrite(&self.0, column, &format!("({value})"))
    }

    /// Over the row that a trigger sees.
    pub(super) fn of_row(&self, facts: &Facts) -> String {
        facts.table.columns.iter().fold(self.0.clone(), |text, column| {
            rewrite(&text, &column.name, &format!("NEW.{}", quoted(&column.name)))
        })
    }
}

/// Reads a type.
pub(super) fn type_name(text: &str) -> Result<TypeName, Unfit> {
    let statement = format!("CREATE TABLE t (c {text})");
    let script = sql::read(&statement, std::slice::from_ref(&(0..statement.len())));
    let ty = match script.statements.as_slice() {
        [only] => match &only.body {
            Body::CreateTable(create) => match create.columns.as_slice() {
                [column] if create.constraints.is_empty() => {
                    let more = column.default.is_some()
                        || column.generated.is_some()
                        || column.not_null
                        || column.collation.is_some()
                        || !column.constraints.is_empty();
                    column.ty.clone().filter(|_| !more)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    match ty {
        Some(ty) if ty.serial_base().is_none() => Ok(ty),
        _ => Err(Unfit::unable(format!("`{text}`"), "it is no type of a column, or more than one")),
    }
}
