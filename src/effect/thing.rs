//! What an effect makes or takes away by name: whether one is put in the place of another, and
//! whether a statement needs what another does.

use super::model::Effect;
use crate::sql::Name;
use crate::sql::ObjectKind;

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    kind: ObjectKind,
    on: Option<Name>,
    schema: Option<String>,
    /// Its name alone.
    pub name: String,
}

impl Thing {
    fn new(kind: ObjectKind, name: &Name) -> Thing {
        let kind = match kind {
            ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable
            | ObjectKind::Sequence => ObjectKind::Table,
            ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
                ObjectKind::Function
            }
            ObjectKind::Domain => ObjectKind::Type,
            other => other,
        };
        Thing { kind, on: None, schema: name.schema.clone(), name: name.name.clone() }
    }

    fn on(kind: ObjectKind, table: &Name, name: &str) -> Thing {
        Thing { kind, on: Some(table.clone()), schema: None, name: name.to_owned() }
    }

    fn hanging(kind: ObjectKind, table: Option<&Name>, name: &Name) -> Thing {
        match table {
            Some(table) => Thing::on(kind, table, &name.name),
            None => Thing::new(kind, name),
        }
    }

    /// Whether other sessions cannot see it.
    pub fn is_temporary(&self) -> bool {
        self.schema.as_deref() == Some(crate::schema::TEMPORARY_SCHEMA)
    }
}

impl Effect {
    /// What it makes.
    pub fn makes(&self) -> Option<Thing> {
        let renamed =
            |name: &Name, to: &str| Name { schema: name.schema.clone(), name: to.to_owned() };
        match self {
            Effect::Create(create) => {
                let on = create.on.as_ref().map(|on| &on.name);
                Some(Thing::hanging(create.kind, on, &create.name))
            }
            Effect::CreatePartition(made) => Some(Thing::new(ObjectKind::Table, &made.partition)),
            Effect::AddColumn(add) => {
                Some(Thing::on(ObjectKind::Column, &add.table.name, &add.column))
            }
            Effect::AddConstraint(add) => {
                Some(Thing::on(ObjectKind::Constraint, &add.table.name, &add.full_name))
            }
            Effect::BuildIndex(build) => {
                let name = renamed(&build.table.name, build.name.as_ref()?);
                Some(Thing::new(ObjectKind::Index, &name))
            }
            Effect::CreateTrigger(create) => {
                Some(Thing::on(ObjectKind::Trigger, &create.table.name, &create.name))
            }
            Effect::RestrictDomain(restrict) if !restrict.validates => {
                let name = restrict.constraint.as_ref()?;
                Some(Thing::on(ObjectKind::Constraint, &restrict.domain, name))
            }
            Effect::RenameTable(rename) => {
                Some(Thing::new(ObjectKind::Table, &renamed(&rename.table.name, &rename.to)))
            }
            Effect::RenameColumn(rename) => {
                Some(Thing::on(ObjectKind::Column, &rename.table.name, &rename.to))
            }
            Effect::RenameObject(rename) => {
                let on = rename.on.as_ref().map(|on| &on.name);
                let name = renamed(&rename.name, rename.to.as_ref()?);
                Some(Thing::hanging(rename.kind, on, &name))
            }
            _ => None,
        }
    }

    /// What it takes away, under the name that it had.
    pub fn takes(&self) -> Option<Thing> {
        match self {
            Effect::DropObject(change)
            | Effect::RenameObject(change)
            | Effect::MoveObject(change) => {
                let on = change.on.as_ref().map(|on| &on.name);
                Some(Thing::hanging(change.kind, on, &change.name))
            }
            Effect::DropTable(drop) => Some(Thing::new(ObjectKind::Table, &drop.table.name)),
            Effect::RenameTable(rename) => Some(Thing::new(ObjectKind::Table, &rename.table.name)),
            Effect::DropColumn(drop) => {
                Some(Thing::on(ObjectKind::Column, &drop.table.name, &drop.column))
            }
            Effect::RenameColumn(rename) => {
                Some(Thing::on(ObjectKind::Column, &rename.table.name, &rename.column))
            }
            Effect::DropConstraint(drop) => {
                Some(Thing::on(ObjectKind::Constraint, &drop.table.name, &drop.constraint))
            }
            Effect::DropIndex(drop) => Some(Thing::new(ObjectKind::Index, &drop.index)),
            Effect::DetachPartition(detach) => {
                Some(Thing::on(ObjectKind::Table, &detach.parent.name, &detach.partition.name))
            }
            _ => None,
        }
    }

    /// Whether it gives code something that was not there, or writes rows: what does neither may
    /// come at any time.
    pub fn gives(&self) -> bool {
        match self {
            Effect::ValidateConstraint(_) | Effect::SwitchTrigger(_) | Effect::DropDefault(_) => {
                false
            }
            Effect::RestrictDomain(restrict) => !restrict.validates,
            other => other.takes().is_none(),
        }
    }
}
