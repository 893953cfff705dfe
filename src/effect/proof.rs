//! What constraints prove, so that the server need not read the table.

use super::model::Proof;
use crate::schema::ConstraintForm;
use crate::schema::Table;
use crate::sql::Expr;

/// Whether an expression that holds for a row leaves no `NULL` in the column. Only a test for
/// `NULL` does: `CHECK (c > 0)` accepts a row whose `c` is `NULL`.
pub(super) fn excludes_null(expr: &Expr, column: &str) -> bool {
    let is_column = |expr: &Expr| match expr {
        Expr::Column(parts) => parts.last().is_some_and(|part| part == column),
        _ => false,
    };
    expr.conjuncts().iter().any(|term| match term {
        Expr::IsNull { expr, negated: true } => is_column(expr),
        Expr::Not(inner) => {
            matches!(&**inner, Expr::IsNull { expr, negated: false } if is_column(expr))
        }
        Expr::And(_) => excludes_null(term, column),
        _ => false,
    })
}

/// Whether one check says all that another one says, word by word.
pub(super) fn says_all(one: &Expr, other: &Expr) -> bool {
    let exact = |term: &Expr| {
        !term.any(&mut |expr| matches!(expr, Expr::Other(_) | Expr::Opaque(_) | Expr::Subquery(_)))
    };
    other.conjuncts().iter().all(|term| exact(term) && one.conjuncts().contains(term))
}

/// What spares `SET NOT NULL` a look at every row. `dropped` are constraints that go in the same
/// command: they are gone before the server looks.
pub(super) fn of_not_null(table: &Table, column: &str, dropped: &[&str]) -> Proof {
    if table.column(column).is_some_and(|column| column.not_null) {
        return Proof::NotNull;
    }
    let mut weak = None;
    for constraint in &table.constraints {
        let ConstraintForm::Check(expr) = &constraint.kind else { continue };
        if !excludes_null(expr, column) {
            continue;
        }
        let name = constraint.name.clone();
        if dropped.contains(&name.as_str()) {
            weak = Some(Proof::Dropped(name));
        } else if constraint.valid {
            return Proof::Check(name);
        } else {
            weak.get_or_insert(Proof::NotValidated(name));
        }
    }
    weak.unwrap_or_else(|| if table.known { Proof::Nothing } else { unseen(dropped) })
}

/// The proof where not all constraints of the table were seen.
pub(super) fn unseen(dropped: &[&str]) -> Proof {
    match dropped {
        [first, ..] => Proof::DroppedUnseen((*first).to_owned()),
        [] => Proof::Unknown,
    }
}
