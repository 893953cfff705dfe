//! Constraints: foreign keys that cannot do what they say, and checks that change their mind.

use super::KeyTypes;
use super::Remark;
use super::SetsNull;
use crate::effect::analyst::Analyst;
use crate::effect::model::Target;
use crate::schema::ConstraintForm;
use crate::schema::Schema;
use crate::schema::Table;
use crate::sql::ColumnDef;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::Expr;
use crate::sql::ForeignKey;
use crate::sql::TypeName;

impl Analyst<'_> {
    /// A constraint of a table, with the columns that are new in the same statement.
    pub(super) fn remark_on_constraint(
        &mut self,
        table: &Target,
        constraint: &Constraint,
        defs: &[&ColumnDef],
    ) {
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                self.remark_on_key_types(table, key, defs);
                self.remark_on_nulls(table, constraint, key, defs);
            }
            ConstraintKind::Check(expr) => {
                if let Some(call) = moving_part(&expr.tree) {
                    self.remark(Remark::MovingCheck(table.clone(), call));
                }
            }
            _ => {}
        }
        if constraint.not_enforced {
            let name = constraint.name.clone().unwrap_or_default();
            self.remark(Remark::NotEnforced(table.clone(), name));
        }
    }

    fn remark_on_key_types(&mut self, table: &Target, key: &ForeignKey, defs: &[&ColumnDef]) {
        let references = self.schema.resolve(&key.references);
        let own = self.table(&table.name);
        let other = self.table(&references);
        let primary = other.and_then(Table::primary_key).map(|key| key.columns.clone());
        let others = if key.referenced_columns.is_empty() {
            primary.unwrap_or_default()
        } else {
            key.referenced_columns.clone()
        };
        for (column, other_column) in key.columns.iter().zip(others) {
            let ty = type_of(column, own, defs);
            // A table may reference itself before it is there.
            let itself = references == table.name;
            let other_defs = if itself { defs } else { &[] };
            let other_ty = type_of(&other_column, other, other_defs);
            let (Some(ty), Some(other_ty)) = (ty, other_ty) else { continue };
            let Some(overflows) = mismatch(self.schema, &ty, &other_ty) else { continue };
            self.remark(Remark::KeyTypes(KeyTypes {
                table: table.clone(),
                column: column.clone(),
                ty,
                references: references.clone(),
                other: other_column,
                other_ty,
                overflows,
            }));
        }
    }

    fn remark_on_nulls(
        &mut self,
        table: &Target,
        constraint: &Constraint,
        key: &ForeignKey,
        defs: &[&ColumnDef],
    ) {
        let sets = |action: &Option<String>| action.as_deref() == Some("SET NULL");
        let event = match (sets(&key.on_delete), sets(&key.on_update)) {
            (true, _) => "DELETE",
            (false, true) => "UPDATE",
            (false, false) => return,
        };
        let own = self.table(&table.name);
        let never_null = |column: &&String| {
            let def = defs.iter().find(|def| def.name == **column);
            let known = own.and_then(|own| own.column(column));
            def.is_some_and(|def| def.not_null || is_key(def))
                || known.is_some_and(|known| known.not_null)
        };
        if let Some(column) = key.columns.iter().find(never_null) {
            self.remark(Remark::SetsNull(SetsNull {
                table: table.clone(),
                constraint: constraint.name.clone().unwrap_or_default(),
                column: column.clone(),
                event,
            }));
        }
    }

    /// `SET NOT NULL` on a column that a foreign key sets to `NULL`.
    pub(super) fn remark_on_not_null(&mut self, table: &Target, column: &str) {
        let Some(own) = self.table(&table.name) else { return };
        let found = own.constraints.iter().find(|constraint| {
            matches!(constraint.kind, ConstraintForm::ForeignKey(..))
                && constraint.columns.iter().any(|known| known == column)
                && constraint.actions.iter().any(|action| action == "ON DELETE SET NULL")
        });
        if let Some(found) = found {
            self.remark(Remark::SetsNull(SetsNull {
                table: table.clone(),
                constraint: found.name.clone(),
                column: column.to_owned(),
                event: "DELETE",
            }));
        }
    }
}

fn is_key(def: &ColumnDef) -> bool {
    def.constraints
        .iter()
        .any(|constraint| matches!(&constraint.kind, ConstraintKind::Key(key) if key.primary))
}

/// The type of a column that is there, or is made by the same statement.
fn type_of(column: &str, table: Option<&Table>, defs: &[&ColumnDef]) -> Option<TypeName> {
    let def = defs.iter().find(|def| def.name == column).and_then(|def| def.ty.as_ref());
    let written = def.map(|ty| ty.serial_base().map_or_else(|| ty.clone(), TypeName::builtin));
    written.or_else(|| table?.column(column)?.ty.clone())
}

/// Types that hold strings: a key between two of them does what it says.
const STRINGS: [&str; 4] = ["text", "character varying", "character", "citext"];

/// Whether a key between columns of these types is none that anybody wants; if so, whether the
/// referencing one holds fewer numbers. A wider one does no harm.
fn mismatch(schema: &Schema, ty: &TypeName, other: &TypeName) -> Option<bool> {
    let (ty, other) = (schema.base_type(ty), schema.base_type(other));
    if let (Some(own), Some(other)) = (integer_bytes(&ty), integer_bytes(&other)) {
        return (own < other).then_some(true);
    }
    let string = |ty: &TypeName| STRINGS.contains(&ty.name.name.as_str());
    let both = ty.is_builtin() && other.is_builtin();
    (both && ty.name != other.name && !(string(&ty) && string(&other))).then_some(false)
}

/// The size of an integer type.
pub(super) fn integer_bytes(ty: &TypeName) -> Option<u8> {
    ["smallint", "integer", "bigint"]
        .iter()
        .zip([2, 4, 8])
        .find_map(|(name, bytes)| ty.is(name).then_some(bytes))
}

/// What in a condition gives another answer tomorrow.
fn moving_part(expr: &Expr) -> Option<String> {
    const MOVING: [&str; 9] = [
        "now",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "timeofday",
        "random",
        "gen_random_uuid",
        "nextval",
        "current_setting",
    ];
    let mut found = None;
    expr.walk(&mut |part| match part {
        Expr::SqlValue(name) => {
            found.get_or_insert_with(|| name.to_uppercase());
        }
        Expr::Call { name, .. } if MOVING.contains(&name.name.as_str()) => {
            found.get_or_insert_with(|| format!("{name}()"));
        }
        _ => {}
    });
    found
}
