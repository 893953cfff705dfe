//! Expressions, as far as an analysis asks about them.

use super::lexer;
use super::lexer::TokenKind;
use super::name::Name;
use super::query::Query;
use super::span::Span;
use super::types::TypeName;

/// An expression where it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Its place.
    pub span: Span,
    /// Its text, as written.
    pub sql: String,
    /// What it says.
    pub tree: Expr,
}

impl Expression {
    /// The condition of a domain, with a column in the place of `VALUE`.
    pub fn with_value(&self, column: &str) -> String {
        let lexed = lexer::lex(&self.sql, std::slice::from_ref(&(0..self.sql.len())));
        let mut sql = self.sql.clone();
        // An attribute may have the name.
        let is_attribute = |at: usize| self.sql[..at].trim_end().ends_with('.');
        for token in lexed.tokens.iter().rev() {
            let place = token.span.offset..token.span.end();
            let is_value = match token.kind {
                TokenKind::Word => self.sql[place.clone()].eq_ignore_ascii_case("value"),
                TokenKind::Quoted => self.sql[place.clone()] == *"\"value\"",
                _ => false,
            };
            if is_value && !is_attribute(place.start) {
                sql.replace_range(place, column);
            }
        }
        sql
    }
}

/// The shape of an expression. Shapes that no question depends on are [`Expr::Other`], with the
/// parts that may matter.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// The value of a string literal.
    String(String),
    /// A column, perhaps qualified: the parts of its name.
    Column(Vec<String>),
    /// A function that is called without parentheses, such as `current_timestamp`.
    SqlValue(String),
    /// A function call.
    Call {
        /// The function.
        name: Name,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// `CAST(… AS …)`, `…::…` or `type '…'`.
    Cast {
        /// What is cast.
        expr: Box<Expr>,
        /// To which type.
        to: TypeName,
    },
    /// `NOT …`.
    Not(Box<Expr>),
    /// Terms joined by `AND`.
    And(Vec<Expr>),
    /// Terms joined by `OR`.
    Or(Vec<Expr>),
    /// `… IS NULL`, or `… IS NOT NULL` where negated.
    IsNull {
        /// What is tested.
        expr: Box<Expr>,
        /// `IS NOT NULL`.
        negated: bool,
    },
    /// An operator with two operands.
    Binary {
        /// The operator, as written.
        operator: String,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `… IN (…, …)` and `… = ANY (…)`; a query that is looked in is the only item.
    In {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `… BETWEEN … AND …`.
    Between {
        /// What is tested.
        expr: Box<Expr>,
        /// Lower and upper bound.
        bounds: Box<(Expr, Expr)>,
        /// `NOT BETWEEN`.
        negated: bool,
    },
    /// `ARRAY[…]`, `ROW(…)` or a list in parentheses.
    List(Vec<Expr>),
    /// A query in parentheses.
    Subquery(Box<Query>),
    /// `CURRENT OF` a cursor: the row where it stands.
    CurrentRow,
    /// Any other shape, with the expressions it is made of.
    Other(Vec<Expr>),
    /// Text that was not understood; columns and calls in it were found by their tokens.
    Opaque(Vec<Expr>),
}

impl Expr {
    /// The expressions this one is directly made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Null
            | Expr::Bool(_)
            | Expr::Number(_)
            | Expr::String(_)
            | Expr::Column(_)
            | Expr::SqlValue(_)
            | Expr::CurrentRow
            | Expr::Subquery(_) => Vec::new(),
            Expr::Call { arguments: parts, .. }
            | Expr::And(parts)
            | Expr::Or(parts)
            | Expr::List(parts)
            | Expr::Other(parts)
            | Expr::Opaque(parts) => parts.iter().collect(),
            Expr::Cast { expr, .. } | Expr::Not(expr) | Expr::IsNull { expr, .. } => vec![expr],
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::In { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            Expr::Between { expr, bounds, .. } => vec![expr, &bounds.0, &bounds.1],
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Null
            | Expr::Bool(_)
            | Expr::Number(_)
            | Expr::String(_)
            | Expr::Column(_)
            | Expr::SqlValue(_)
            | Expr::CurrentRow
            | Expr::Subquery(_) => Vec::new(),
            Expr::Call { arguments: parts, .. }
            | Expr::And(parts)
            | Expr::Or(parts)
            | Expr::List(parts)
            | Expr::Other(parts)
            | Expr::Opaque(parts) => parts.iter_mut().collect(),
            Expr::Cast { expr, .. } | Expr::Not(expr) | Expr::IsNull { expr, .. } => vec![expr],
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::In { expr, list, .. } => std::iter::once(&mut **expr).chain(list).collect(),
            Expr::Between { expr, bounds, .. } => vec![expr, &mut bounds.0, &mut bounds.1],
        }
    }

    /// Gives a column another name wherever it stands, subqueries left out.
    pub fn rename_column(&mut self, from: &str, to: &str) {
        if let Expr::Column(parts) = self
            && let Some(last) = parts.last_mut().filter(|last| *last == from)
        {
            to.clone_into(last);
        }
        for part in self.parts_mut() {
            part.rename_column(from, to);
        }
    }

    /// Calls `visit` with this expression and every one inside it, subqueries left out.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        for part in self.parts() {
            part.walk(visit);
        }
    }

    /// Whether anything inside was not understood.
    pub fn is_opaque(&self) -> bool {
        self.any(&mut |expr| match expr {
            Expr::Opaque(_) => true,
            Expr::Subquery(query) => !query.understood,
            _ => false,
        })
    }

    /// Whether it is the constant `NULL`, perhaps cast.
    pub fn is_null(&self) -> bool {
        match self {
            Expr::Null => true,
            Expr::Cast { expr, .. } => expr.is_null(),
            _ => false,
        }
    }

    /// Whether an expression of the same shape is the same expression: nothing in it was left out.
    pub fn is_exact(&self) -> bool {
        !self.any(&mut |expr| matches!(expr, Expr::Other(_) | Expr::Opaque(_) | Expr::Subquery(_)))
    }

    /// Whether `test` holds for this expression or any inside it.
    pub fn any(&self, test: &mut impl FnMut(&Expr) -> bool) -> bool {
        test(self) || self.parts().into_iter().any(|part| part.any(test))
    }

    /// The last part of every column name that is mentioned, each once and in order of the
    /// alphabet, subqueries left out.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.walk(&mut |expr| {
            if let Expr::Column(parts) = expr {
                columns.extend(parts.last().map(String::as_str));
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The terms of a conjunction; any other expression is its only term.
    pub fn conjuncts(&self) -> &[Expr] {
        match self {
            Expr::And(terms) => terms,
            other => std::slice::from_ref(other),
        }
    }
}
