//! Values of enums that are used before the transaction that added them has committed.
//!
//! The server refuses such a value wherever one is read from text (`check_safe_enum_use` in
//! enum.c), and lets it pass where the type was made by the same transaction.

use super::analyst::Analyst;
use crate::schema::Table;
use crate::schema::TypeKind;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Query;
use crate::sql::TypeName;

impl Analyst<'_> {
    /// Refuses a statement that uses such a value.
    pub(super) fn check_labels(&mut self, body: &Body) {
        if !self.schema.has_new_label() {
            return;
        }
        match body {
            Body::Data(change) => self.labels_of_change(change),
            Body::Query(query) => self.labels_of_query(query, None),
            Body::AlterRelation(alter) => {
                let name = self.schema.resolve(&alter.name);
                let table = self.table(&name);
                for action in &alter.actions {
                    self.labels_of_action(&action.verb, table);
                }
            }
            Body::CreateTable(create) => {
                for column in &create.columns {
                    let default = column.default.as_ref().map(|default| &default.tree);
                    self.label(column.ty.as_ref(), default);
                }
            }
            Body::CreateIndex(create) => {
                let name = self.schema.resolve(&create.table);
                let table = self.table(&name);
                if let Some(predicate) = &create.predicate {
                    self.labels_in(&predicate.tree, table);
                }
            }
            _ => {}
        }
    }

    fn labels_of_action(&mut self, verb: &AlterVerb, table: Option<&Table>) {
        match verb {
            AlterVerb::AddColumn { column, .. } => {
                let default = column.default.as_ref().map(|default| &default.tree);
                self.label(column.ty.as_ref(), default);
            }
            AlterVerb::SetDefault { column, default } => {
                let ty = table.and_then(|table| table.column(column)?.ty.as_ref());
                self.label(ty, Some(&default.tree));
                self.labels_in(&default.tree, table);
            }
            AlterVerb::AddConstraint(constraint) => self.labels_of_check(constraint, table),
            _ => {}
        }
    }

    fn labels_of_check(&mut self, constraint: &Constraint, table: Option<&Table>) {
        if let ConstraintKind::Check(check) = &constraint.kind {
            self.labels_in(&check.tree, table);
        }
    }

    fn labels_of_change(&mut self, change: &DataChange) {
        let name = self.schema.resolve(&change.table);
        let table = self.table(&name);
        for set in &change.assignments {
            let ty = table.and_then(|table| table.column(&set.column)?.ty.as_ref());
            self.label(ty, Some(&set.value.tree));
            self.labels_in(&set.value.tree, table);
        }
        if let Some(predicate) = &change.predicate {
            self.labels_in(&predicate.tree, table);
        }
        let all = || table.map(|table| table.columns.iter().map(|column| column.name.clone()));
        let columns = change.columns.clone().or_else(|| Some(all()?.collect()));
        let selected = (!change.source.selected.is_empty()).then_some(&change.source.selected);
        for row in change.source.rows.iter().chain(selected) {
            for (column, value) in columns.iter().flatten().zip(row) {
                let ty = table.and_then(|table| table.column(column)?.ty.as_ref());
                self.label(ty, Some(value));
            }
        }
        self.labels_of_query(&change.source, None);
    }

    fn labels_of_query(&mut self, query: &Query, table: Option<&Table>) {
        let only = match query.relations.as_slice() {
            [used] => self.table(&self.schema.resolve(&used.name)),
            _ => table,
        };
        let rows = query.rows.iter().flatten();
        let exprs = query.selected.iter().chain(query.condition.as_deref()).chain(rows);
        for expr in exprs {
            self.labels_in(expr, only);
        }
    }

    /// Values in an expression: those that are cast, and those that a column is compared with.
    fn labels_in(&mut self, expr: &Expr, table: Option<&Table>) {
        let ty = |column: &Expr| match column {
            Expr::Column(parts) => table?.column(parts.last()?)?.ty.as_ref(),
            _ => None,
        };
        let mut found: Vec<(&TypeName, &Expr)> = Vec::new();
        expr.walk(&mut |part| match part {
            Expr::Cast { expr, to } => found.push((to, expr)),
            Expr::Binary { left, right, .. } => {
                found.extend(ty(left).map(|ty| (ty, &**right)));
                found.extend(ty(right).map(|ty| (ty, &**left)));
            }
            Expr::In { expr, list, .. } => {
                found.extend(
                    ty(expr).into_iter().flat_map(|ty| list.iter().map(move |one| (ty, one))),
                );
            }
            _ => {}
        });
        for (ty, value) in found {
            self.label(Some(ty), Some(value));
        }
    }

    /// A value of a type, as a literal.
    fn label(&mut self, ty: Option<&TypeName>, value: Option<&Expr>) {
        let (Some(ty), Some(value)) = (ty, value) else { return };
        let text = match value {
            Expr::String(text) => text,
            Expr::Cast { expr, .. } => match &**expr {
                Expr::String(text) => text,
                _ => return,
            },
            _ => return,
        };
        let Some(known) = self.schema.type_(&ty.name).filter(|_| ty.dimensions == 0) else {
            return;
        };
        let TypeKind::Enum(labels) = &known.form else { return };
        let now = self.schema.now().transaction;
        let added = labels.iter().any(|(label, at)| label == text && at.transaction == now);
        if added && known.born.transaction != now {
            let message =
                format!("unsafe use of new value \"{text}\" of enum type {}", ty.name.name);
            self.refuse("55P04", message);
        }
    }
}
