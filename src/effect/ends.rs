//! What a file leaves to be done by a later one, and no later one does.

use super::model::Effect;
use super::model::Part;
use super::model::Proof;
use super::remark::Remark;
use super::script::Fact;
use crate::schema::ConstraintForm;
use crate::schema::Schema;
use crate::schema::Table;
use crate::sql::Expr;

/// Whether a file leaves anything to a later one.
pub(super) fn are_open(facts: &[Fact]) -> bool {
    let parts = facts.iter().flat_map(|fact| &fact.analysis.parts);
    parts.filter(|part| !part.made_good).any(|part| match &part.effect {
        Effect::AddConstraint(add) => add.not_valid && add.table.in_use(),
        Effect::SetNotNull(set) => matches!(set.proof, Proof::Check(_)) && set.table.in_use(),
        _ => false,
    })
}

/// Remarks on what is still to be done in the schema after the last file.
pub(super) fn note(schema: &Schema, facts: &mut [Fact]) {
    for fact in facts {
        let open: Vec<Part> = fact
            .analysis
            .parts
            .iter()
            .filter(|part| !part.made_good && !part.conditional)
            .filter_map(|part| Some(Part::remark(part.span, left(schema, &part.effect)?)))
            .collect();
        fact.analysis.parts.extend(open);
    }
}

fn left(schema: &Schema, effect: &Effect) -> Option<Remark> {
    match effect {
        Effect::AddConstraint(add) if add.not_valid && add.table.in_use() => {
            let table = schema.table(&add.table.name)?;
            let constraint = table.constraint(&add.full_name)?;
            let open = !constraint.valid && constraint.enforced;
            open.then(|| Remark::LeftUnvalidated(add.table.clone(), add.full_name.clone()))
        }
        Effect::SetNotNull(set) if set.table.in_use() => {
            let Proof::Check(check) = &set.proof else { return None };
            let table = schema.table(&set.table.name)?;
            let there = says_only_not_null(table, check, &set.column);
            let still = table.column(&set.column).is_some_and(|column| column.not_null);
            (there && still).then(|| Remark::LeftBehind(set.table.clone(), check.clone()))
        }
        _ => None,
    }
}

/// Whether a table has this `CHECK`, and it says that the column is not `NULL`, and nothing else.
fn says_only_not_null(table: &Table, check: &str, column: &str) -> bool {
    let form = table.constraint(check).map(|constraint| &constraint.kind);
    match form {
        Some(ConstraintForm::Check(Expr::IsNull { expr, negated: true })) => {
            let Expr::Column(parts) = &**expr else { return false };
            parts.last().is_some_and(|part| part == column)
        }
        _ => false,
    }
}
