//! Indexes and constraints over a column that gets another type: whether they surely say the same
//! of the new one.

use super::casts::is_integer;
use super::error::Unfit;
use super::facts::Facts;
use super::rewrite::brackets;
use super::rewrite::places;
use crate::schema::ConstraintForm;
use crate::schema::Index;
use crate::schema::TableConstraint;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::TypeName;

/// Built-in types whose values have no order.
const ORDERLESS: &[&str] =
    &["box", "circle", "json", "line", "lseg", "path", "point", "polygon", "xml"];

/// Signs by which two values are compared.
const COMPARISONS: &[&str] = &["=", "<>", "!=", "<", "<=", ">", ">="];

/// Two types, without the domains over them.
struct Types {
    from: TypeName,
    to: TypeName,
}

/// Sees that what is over the column can be made over another one of a type.
pub(super) fn must_carry(facts: &Facts, to: &TypeName) -> Result<(), Unfit> {
    let base = |ty: &TypeName| facts.schema.base_type(ty);
    let types = Types { from: base(facts.ty), to: base(to) };
    let column = facts.column.name.as_str();
    let refuse = |what: String| {
        let why = format!(
            "nobody can tell that it says the same of {to} as of {}: drop it in a change before \
             this one, and make what takes its place once the column has its new type",
            facts.ty
        );
        Err(Unfit::unable(what, why))
    };
    for name in &facts.table.indexes {
        let Some(index) = facts.schema.index(name) else { continue };
        if index.mentions(column) && !types.carry_index(index, column) {
            return refuse(format!("the index `{name}`"));
        }
    }
    let over = |known: &&TableConstraint| known.columns.iter().any(|name| name == column);
    for constraint in facts.table.constraints.iter().filter(over) {
        let carried = match &constraint.kind {
            ConstraintForm::Check(condition) => types.carry_condition(condition, column),
            ConstraintForm::ForeignKey(other, columns) => {
                types.carry_key(facts, constraint, other, columns)
            }
            _ => true,
        };
        if !carried && constraint.enforced {
            return refuse(format!("the constraint `{}`", constraint.name));
        }
    }
    Ok(())
}

impl Types {
    /// Whether whatever is said of the one can be said of the other.
    fn are_alike(&self) -> bool {
        let string = |ty: &TypeName| ty.is("text") || ty.is("character varying");
        let same = self.from.name == self.to.name && self.from.dimensions == self.to.dimensions;
        same || string(&self.from) && string(&self.to)
    }

    fn are_numbers(&self) -> bool {
        let number = |ty: &TypeName| is_integer(ty) || ty.is("numeric");
        number(&self.from) && number(&self.to)
    }

    fn are_integers(&self) -> bool {
        is_integer(&self.from) && is_integer(&self.to)
    }

    fn carry_condition(&self, condition: &Expr, column: &str) -> bool {
        let opaque = condition.any(&mut |expr| matches!(expr, Expr::Opaque(_) | Expr::Subquery(_)));
        let calls = condition.any(&mut |expr| matches!(expr, Expr::Call { .. }));
        self.are_alike()
            || self.are_integers() && !opaque && !calls
            || self.are_numbers() && compares(condition)
            || tests_for_null(condition, column)
    }

    fn carry_index(&self, index: &Index, column: &str) -> bool {
        if self.are_alike() {
            return true;
        }
        let orderless = ORDERLESS.iter().any(|name| self.to.is(name));
        if orderless || !["btree", "hash", "brin"].contains(&index.method.as_str()) {
            return false;
        }
        let condition = index.predicate.as_ref();
        let condition = condition.is_none_or(|known| self.carry_condition(known, column));
        let said = index.definition.as_deref().and_then(brackets);
        let Some((_, keys, _)) = said else { return index.constraint.is_some() };
        let bare = places(keys, column).iter().all(|(before, after)| {
            let ends = [",", ")", "asc", "desc", "nulls"];
            ["(", ","].contains(&before.as_str()) && ends.contains(&after.as_str())
        });
        let within = index.keys.iter().flatten().filter(|key| *key == column).count();
        let only_bare = bare && places(keys, column).len() == within;
        condition && (only_bare || self.are_integers() && index.calls.is_empty())
    }

    fn carry_key(
        &self,
        facts: &Facts,
        constraint: &TableConstraint,
        other: &Name,
        columns: &[String],
    ) -> bool {
        if self.are_alike() || self.are_integers() {
            return true;
        }
        let at = constraint.columns.iter().position(|name| *name == facts.column.name);
        let referenced = at.and_then(|at| columns.get(at));
        let table = facts.schema.table(other);
        let known = table.zip(referenced).and_then(|(table, name)| table.column(name));
        let ty = known.and_then(|column| column.ty.as_ref());
        ty.is_some_and(|ty| facts.schema.base_type(ty).name == self.to.name)
    }
}

/// Whether a condition does nothing but compare columns and numbers.
fn compares(condition: &Expr) -> bool {
    !condition.any(&mut |expr| match expr {
        Expr::Binary { operator, .. } => !COMPARISONS.contains(&operator.as_str()),
        Expr::Cast { expr, .. } => !matches!(**expr, Expr::Number(_)),
        Expr::Column(_)
        | Expr::Number(_)
        | Expr::Null
        | Expr::Bool(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::IsNull { .. }
        | Expr::In { .. }
        | Expr::Between { .. } => false,
        _ => true,
    })
}

/// Whether a condition asks of the column only whether it is `NULL`.
fn tests_for_null(condition: &Expr, column: &str) -> bool {
    let is_column = |expr: &Expr| match expr {
        Expr::Column(parts) => parts.last().is_some_and(|part| part == column),
        _ => false,
    };
    match condition {
        Expr::IsNull { expr, .. } if is_column(expr) => true,
        Expr::Opaque(_) | Expr::Subquery(_) => false,
        other => {
            !is_column(other) && other.parts().into_iter().all(|part| tests_for_null(part, column))
        }
    }
}
