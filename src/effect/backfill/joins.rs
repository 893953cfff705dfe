//! Whether each row of a change meets one row, at most, of the other tables that it names.

use crate::effect::reading::Reading;
use crate::effect::scope::Scope;
use crate::schema::ConstraintForm;
use crate::schema::Schema;
use crate::schema::Table;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Rows;
use crate::sql::Source;

/// A table that may bring several rows for one, or of which that cannot be said.
pub(super) enum Partner<'a> {
    /// A query, a function or rows that are listed.
    Made(&'a Source),
    /// A table, by what it is called, whose key the condition does not name.
    Several(&'a Source),
    /// The table that is written, once more.
    Itself,
}

/// The first of the other tables that is not met by its key.
pub(super) fn several<'a>(
    schema: &Schema,
    scope: &Scope,
    change: &'a DataChange,
) -> Option<Partner<'a>> {
    let sources = &change.source.from;
    let reading = Reading::of(schema, change);
    for source in sources {
        match &source.rows {
            Rows::Relation(name) if reading.is_same(&schema.resolve(name)) => {
                return Some(Partner::Itself);
            }
            Rows::Relation(_) => {}
            Rows::Query(_) | Rows::Function(_) => return Some(Partner::Made(source)),
        }
    }
    let condition = change.predicate.as_ref().map(|predicate| &predicate.tree);
    let terms: Vec<&Expr> = condition.into_iter().flat_map(Expr::conjuncts).collect();
    // The first side is the table that is written.
    let mut met = vec![true];
    met.extend(sources.iter().map(|_| false));
    for _ in sources {
        for (at, source) in sources.iter().enumerate() {
            let on = source.on.iter().flat_map(Expr::conjuncts);
            let all: Vec<&Expr> = terms.iter().copied().chain(on).collect();
            met[at + 1] |= is_met(schema, scope, at + 1, &all, &met);
        }
    }
    met.iter().skip(1).position(|met| !met).map(|at| Partner::Several(&sources[at]))
}

/// Whether terms name all columns of a key of a side, each from a side that is met itself.
fn is_met(schema: &Schema, scope: &Scope, side: usize, terms: &[&Expr], met: &[bool]) -> bool {
    let Some(table) = scope.sides[side].table else { return false };
    let mut named: Vec<&str> = Vec::new();
    for term in terms {
        let Expr::Binary { operator, left, right } = term else { continue };
        if operator != "=" {
            continue;
        }
        for (column, value) in [(left, right), (right, left)] {
            let Expr::Column(parts) = &**column else { continue };
            if scope.owner(parts) == Some(side) && comes_from(scope, value, side, met) {
                named.extend(parts.last().map(String::as_str));
            }
        }
    }
    let keys = keys_of_all(schema, table);
    keys.iter().any(|key| key.iter().all(|column| named.contains(&column.as_str())))
}

/// Whether a value is made of constants and of sides that are met, another one than `side`.
fn comes_from(scope: &Scope, value: &Expr, side: usize, met: &[bool]) -> bool {
    !value.any(&mut |part| match part {
        Expr::Column(parts) => scope.owner(parts).is_none_or(|owner| owner == side || !met[owner]),
        Expr::Subquery(_) | Expr::Opaque(_) => true,
        _ => false,
    })
}

/// The same for a table that is read with all that inherits from it: only where that is partitions
/// of it does a key hold for the rows of all.
pub(super) fn keys_of_all(schema: &Schema, table: &Table) -> Vec<Vec<String>> {
    let alone = table.is_partitioned() || table.children.is_empty();
    if alone { keys(schema, table) } else { Vec::new() }
}

/// The columns of the keys of a table: of each, no two of its own rows have the same values.
pub(super) fn keys(schema: &Schema, table: &Table) -> Vec<Vec<String>> {
    let unique =
        |kind: &ConstraintForm| matches!(kind, ConstraintForm::Primary | ConstraintForm::Unique);
    let constraints = table.constraints.iter().filter(|known| unique(&known.kind));
    let indexes = table.indexes.iter().filter_map(|index| schema.index(index));
    let indexes = indexes.filter(|index| index.unique && !index.partial && index.valid);
    let indexes = indexes.filter_map(|index| index.keys.iter().cloned().collect());
    let mut keys: Vec<Vec<String>> =
        constraints.map(|constraint| constraint.columns.clone()).chain(indexes).collect();
    keys.retain(|key| !key.is_empty());
    keys.dedup();
    keys
}
