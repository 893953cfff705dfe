//! What is needed to make an `UPDATE` or `DELETE` a few rows at a time: above all how rows show
//! that they are done, so that the same statement, run again, comes to an end.

use super::analyst::Analyst;
use super::functions;
use super::model::Cut;
use super::model::CutBy;
use super::model::SetColumn;
use super::model::Shows;
use super::model::Target;
use super::reach;
use super::volatility;
use crate::schema::Relation;
use crate::schema::TypeKind;
use crate::sql::Assignment;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::TypeName;
use crate::sql::Volatility;

/// Built-in types whose `=` is missing, or compares something else than the whole value.
const WITHOUT_EQUALITY: &[&str] =
    &["box", "circle", "json", "jsonpath", "line", "lseg", "path", "point", "polygon", "xml"];

impl Analyst<'_> {
    /// How a change is cut; `None` for an `INSERT` and a `MERGE`.
    pub(super) fn cut(&self, change: &DataChange, table: &Target) -> Option<Cut> {
        if !matches!(change.verb, DataVerb::Update | DataVerb::Delete) {
            return None;
        }
        let predicate =
            change.predicate.as_ref().filter(|predicate| !reach::is_true(&predicate.tree));
        let steady = predicate.is_none_or(|predicate| self.is_quiet(&predicate.tree));
        let alone = change.clauses.from.is_none() && change.clauses.with.is_none();
        let sets = self.sets(change, table);
        let by = if !alone || !steady || !self.has_places(change, table) {
            CutBy::Key
        } else if change.verb == DataVerb::Delete
            || predicate.is_some_and(|predicate| ends(change, &predicate.tree))
        {
            CutBy::Condition
        } else if sets.iter().all(|set| set.shows != Shows::No) {
            CutBy::Values
        } else {
            CutBy::Key
        };
        Some(Cut {
            only: change.only,
            alias: change.alias.clone(),
            clauses: change.clauses.clone(),
            sets,
            predicate: predicate.map(|predicate| predicate.sql.clone()),
            by,
        })
    }

    /// Whether the place of a row, its `ctid`, names one row: in one file of one table.
    fn has_places(&self, change: &DataChange, table: &Target) -> bool {
        match self.schema.relation(&table.name) {
            Some(Relation::Table(found)) => {
                !found.is_partitioned() && (change.only || found.children.is_empty())
            }
            Some(_) => false,
            None => true,
        }
    }

    /// The columns that are set; those that share a value are one item.
    fn sets(&self, change: &DataChange, table: &Target) -> Vec<SetColumn> {
        let names: Vec<&str> = change.assignments.iter().map(|set| set.column.as_str()).collect();
        let mut sets: Vec<SetColumn> = Vec::new();
        for set in &change.assignments {
            if set.target.starts_with('(')
                && sets
                    .last()
                    .is_some_and(|last| last.target == set.target && last.value == set.value.sql)
            {
                continue;
            }
            let shows = self.shows(set, table, &names);
            let (target, value) = (set.target.clone(), set.value.sql.clone());
            sets.push(SetColumn { target, value, shows });
        }
        sets
    }

    fn shows(&self, set: &Assignment, table: &Target, names: &[&str]) -> Shows {
        let value = &set.value.tree;
        let from_itself = value.columns().into_iter().any(|column| names.contains(&column));
        let default = set.value.sql.eq_ignore_ascii_case("default");
        if default || from_itself || !self.is_steady(value) {
            return Shows::No;
        }
        if set.target.starts_with('(') {
            // A row can be compared with a row, and not with a query.
            let row = matches!(value, Expr::List(_)) && self.are_comparable(set, table);
            return if row { Shows::Equal(None) } else { Shows::No };
        }
        if set.target.contains(['[', '.']) && !set.target.starts_with('"') {
            return Shows::No;
        }
        if volatility::is_null(value) {
            return Shows::Null;
        }
        let found = self.table(&table.name).and_then(|table| table.column(&set.column));
        let Some(ty) = found.and_then(|column| column.ty.clone()) else {
            return Shows::Equal(None);
        };
        let ty = ty.serial_base().map_or(ty, TypeName::builtin);
        if !self.has_equality(&ty) {
            return Shows::EqualText(ty.to_string());
        }
        let same = match value {
            Expr::String(_) | Expr::Bool(_) => true,
            Expr::Number(number) => is_number(&ty) && !number.contains(['.', 'e', 'E']),
            Expr::Column(parts) => {
                let other = self.table(&table.name).zip(parts.last());
                let other = other.and_then(|(table, column)| table.column(column));
                other.is_some_and(|other| other.ty.as_ref() == Some(&ty))
            }
            Expr::Cast { to, .. } => *to == ty,
            _ => false,
        };
        Shows::Equal((!same).then(|| ty.to_string()))
    }

    /// Whether all columns of a row that is set can be compared.
    fn are_comparable(&self, set: &Assignment, table: &Target) -> bool {
        let inner = set.target.trim_start_matches('(').trim_end_matches(')');
        inner.split(',').all(|column| {
            let found = self.table(&table.name).and_then(|table| table.column(column.trim()));
            found.and_then(|column| column.ty.as_ref()).is_none_or(|ty| self.has_equality(ty))
        })
    }

    /// Whether `=` compares whole values of a type.
    fn has_equality(&self, ty: &TypeName) -> bool {
        match self.schema.type_(&ty.name).map(|ty| &ty.form) {
            Some(TypeKind::Domain(domain)) => self.has_equality(&domain.base),
            Some(_) => true,
            None => !WITHOUT_EQUALITY.contains(&ty.name.name.as_str()),
        }
    }

    /// Whether an expression gives the same the next time, as long as the rows stay as they are.
    fn is_steady(&self, expr: &Expr) -> bool {
        const TIMES: &[&str] = &[
            "age",
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "now",
            "statement_timestamp",
            "transaction_timestamp",
        ];
        let tells_time = expr.any(&mut |part| match part {
            Expr::Call { name, .. } => TIMES.contains(&name.name.as_str()),
            Expr::SqlValue(name) => TIMES.contains(&name.as_str()),
            _ => false,
        });
        !tells_time && self.is_quiet(expr)
    }

    /// Whether an expression calls nothing volatile, and all of it was understood.
    fn is_quiet(&self, expr: &Expr) -> bool {
        let volatile =
            |name: &Name| volatility::of_function(self.schema, name) == Volatility::Volatile;
        !expr.any(&mut |part| match part {
            Expr::Call { name, .. } => volatile(name),
            Expr::Subquery(query) => !query.understood || query.calls.iter().any(volatile),
            Expr::Opaque(_) => true,
            _ => false,
        })
    }
}

fn is_number(ty: &TypeName) -> bool {
    ["smallint", "integer", "bigint", "numeric", "double precision", "real"]
        .iter()
        .any(|name| ty.is(name))
}

/// Whether no row fulfils the condition any more once it has its new values: `c IS NULL` where `c`
/// gets a value, `c = 'old'` where it gets another.
fn ends(change: &DataChange, condition: &Expr) -> bool {
    let value = |expr: &Expr| {
        let Expr::Column(parts) = expr else { return None };
        let set = change.assignments.iter().find(|set| parts.last() == Some(&set.column))?;
        let whole = !set.target.starts_with('(') && !set.target.contains(['[', '.']);
        whole.then_some(&set.value.tree)
    };
    condition.conjuncts().iter().any(|term| match term {
        Expr::IsNull { expr, negated: false } => value(expr).is_some_and(is_never_null),
        Expr::IsNull { expr, negated: true } => value(expr).is_some_and(volatility::is_null),
        Expr::Binary { operator, left, right } => {
            let new = value(left).filter(|new| is_literal(new) && is_literal(right));
            match operator.as_str() {
                "=" => new.is_some_and(|new| new != &**right),
                "<>" | "!=" => new.is_some_and(|new| new == &**right),
                _ => false,
            }
        }
        _ => false,
    })
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::String(_) | Expr::Number(_) | Expr::Bool(_))
}

/// Whether a value is surely not `NULL`.
fn is_never_null(expr: &Expr) -> bool {
    match expr {
        Expr::SqlValue(_) => true,
        Expr::Cast { expr, .. } => is_never_null(expr),
        Expr::Call { name, arguments } if name.name == "coalesce" => {
            arguments.last().is_some_and(is_never_null)
        }
        Expr::Call { name, arguments } => {
            let builtin = functions::volatility(&name.name).is_some();
            let may_be_null = ["current_setting", "nullif"].contains(&name.name.as_str());
            builtin && !may_be_null && arguments.iter().all(is_never_null)
        }
        Expr::Binary { left, right, .. } => is_never_null(left) && is_never_null(right),
        other => is_literal(other),
    }
}
