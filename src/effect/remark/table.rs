//! Tables: made otherwise than it looks, attached, hidden, left to grow.

use super::BuiltOnAttach;
use super::Differs;
use super::Inherits;
use super::Remark;
use crate::effect::analyst::Analyst;
use crate::effect::lock::LockMode;
use crate::effect::model::Standing;
use crate::effect::model::Target;
use crate::schema::Column;
use crate::schema::ConstraintForm;
use crate::sql::AlterRelation;
use crate::sql::ColumnDef;
use crate::sql::CreateTable;
use crate::sql::Generated;
use crate::sql::Name;
use crate::sql::Persistence;
use crate::sql::TypeName;

impl Analyst<'_> {
    pub(super) fn remark_on_table(&mut self, create: &CreateTable) {
        let name = self.schema.target(&create.name);
        if create.persistence == Persistence::Temporary || create.foreign {
            return;
        }
        if self.table(&name).is_some() {
            return self.remark_on_shape(create, &name);
        }
        if create.persistence == Persistence::Unlogged {
            self.remark(Remark::Unlogged(name.clone()));
        }
        let table = Target { name, standing: Standing::New, partitioned: false };
        self.remark_on_options(&table, &create.options);
        let defs: Vec<&ColumnDef> = create.columns.iter().collect();
        let inline = create.columns.iter().flat_map(|column| &column.constraints);
        for constraint in inline.chain(&create.constraints) {
            self.span = constraint.span;
            self.remark_on_constraint(&table, constraint, &defs);
        }
    }

    /// `CREATE TABLE IF NOT EXISTS` where a table of the name has another shape.
    fn remark_on_shape(&mut self, create: &CreateTable, name: &Name) {
        let plain = create.likes.is_empty()
            && create.inherits.is_empty()
            && create.of_type.is_none()
            && create.partition_of.is_none();
        let Some(table) = self.table(name).filter(|table| table.known && plain) else { return };
        let mut how = Vec::new();
        for def in &create.columns {
            match table.column(&def.name) {
                None => how.push(format!("it has no column `{}`", def.name)),
                Some(column) => how.extend(other_type(def, column)),
            }
        }
        let written = |column: &&Column| create.columns.iter().any(|def| def.name == column.name);
        let more = table.columns.iter().filter(|column| !written(column));
        how.extend(more.map(|column| format!("it has a column `{}`", column.name)));
        if !how.is_empty() {
            let table = self.target_of(name);
            let what = format!("the table `{}`", name.name);
            self.remark(Remark::Differs(Differs { what, table, how }));
        }
    }

    /// A column that is added, or only seems to be.
    pub(super) fn remark_on_column(
        &mut self,
        alter: &AlterRelation,
        table: &Target,
        def: &ColumnDef,
        if_not_exists: bool,
    ) {
        let found = self.table(&table.name).and_then(|found| found.column(&def.name));
        let goes = alter.actions.iter().any(|action| match &action.verb {
            crate::sql::AlterVerb::DropColumn { column, .. } => *column == def.name,
            _ => false,
        });
        if let Some(column) = found.filter(|_| !goes) {
            let mut how: Vec<String> = other_type(def, column).into_iter().collect();
            if def.not_null && !column.not_null {
                how.push("it takes NULL".to_owned());
            }
            if def.default.is_some() && !column.has_default() {
                how.push("it has no default".to_owned());
            }
            if if_not_exists && !how.is_empty() {
                let what = format!("the column `{}.{}`", table.name.name, def.name);
                let table = table.clone();
                self.remark(Remark::Differs(Differs { what, table, how }));
            }
            return;
        }
        for constraint in &def.constraints {
            self.span = constraint.span;
            self.remark_on_constraint(table, constraint, &[def]);
        }
    }

    /// What a table lacks to be a partition, and gets while it is locked.
    pub(super) fn remark_on_attach(&mut self, parent: &Target, partition: &Name) {
        let partition = self.target(partition);
        let found = (self.table(&parent.name), self.table(&partition.name));
        let (Some(parent), Some(child)) = found else { return };
        if !partition.in_use() || !child.known {
            return;
        }
        let lacks = |index: &&Name| {
            let like = self.schema.index(index);
            like.is_some_and(|like| self.schema.matching_index(&child.name, like).is_none())
        };
        let shape = |index: &Name| {
            let found = self.schema.index(index);
            let plain = found.filter(|index| index.constraint.is_none() && !index.unique);
            let definition = plain.and_then(|index| index.definition.clone());
            let keys = definition.and_then(|text| text.find('(').map(|at| text[at..].to_owned()));
            (index.clone(), keys)
        };
        let indexes: Vec<(Name, Option<String>)> =
            parent.indexes.iter().filter(lacks).map(shape).collect();
        let mut keys = Vec::new();
        for key in &parent.constraints {
            let ConstraintForm::ForeignKey(target, _) = &key.kind else { continue };
            let own = child
                .constraints
                .iter()
                .any(|known| known.kind == key.kind && known.columns == key.columns);
            if !own {
                keys.push((key.name.clone(), target.clone()));
            }
        }
        if !indexes.is_empty() || !keys.is_empty() {
            self.remark(Remark::BuiltOnAttach(BuiltOnAttach { partition, indexes, keys }));
        }
    }

    /// Partitions that a command on their parent locks, code that uses them included.
    pub(super) fn remark_on_fanout(&mut self, table: &Target) {
        if !table.partitioned || !table.in_use() {
            return;
        }
        let locked = |name: &Name| {
            self.out.locks.get(name) == Some(&LockMode::AccessExclusive)
                && self.table(name).is_some_and(|found| !self.schema.is_new(found.born))
        };
        let partitions = self.schema.descendants(&table.name);
        let partitions = partitions.iter().filter(|name| locked(name)).count();
        self.remark(Remark::Fanout(table.clone(), partitions));
    }

    /// Rows of a table that those who read another get with it, or no longer.
    pub(super) fn remark_on_inheritance(&mut self, child: &Target, parent: Target, ends: bool) {
        if parent.in_use() && (child.in_use() || !ends) {
            self.remark(Remark::Inherits(Inherits { child: child.clone(), parent, ends }));
        }
    }

    pub(super) fn remark_on_row_security(&mut self, table: &Target) {
        let Some(found) = self.table(&table.name).filter(|found| found.known) else { return };
        let policies = found.attached.iter().any(|attached| attached.policy);
        if table.in_use() && !policies && !found.row_security {
            self.remark(Remark::HidesRows(table.clone()));
        }
    }

    /// A policy counts where row-level security is on.
    pub(super) fn remark_on_policy(&mut self, table: &Target, policy: &str) {
        let on = self.table(&table.name).is_some_and(|found| found.row_security);
        if table.in_use() && on {
            self.remark(Remark::Policy(table.clone(), policy.to_owned()));
        }
    }

    pub(super) fn remark_on_options(&mut self, table: &Target, options: &[(String, String)]) {
        let off = |(name, value): &(String, String)| {
            name == "autovacuum_enabled"
                && ["false", "off", "no", "0", "f", "n"].contains(&value.to_lowercase().as_str())
        };
        if options.iter().any(off) {
            self.remark(Remark::AutovacuumOff(table.clone()));
        }
    }
}

/// How the type of a column differs from the one that is written.
fn other_type(def: &ColumnDef, column: &Column) -> Option<String> {
    let identity = matches!(def.generated, Some(Generated::Identity(_)));
    let written = def.ty.as_ref()?;
    let written = written.serial_base().map_or_else(|| written.clone(), TypeName::builtin);
    let there = column.ty.as_ref()?;
    // A type of the user may have got another name since.
    let certain = written.is_builtin() && there.is_builtin();
    (!identity && certain && written != *there)
        .then(|| format!("its column `{}` is {there}", column.name))
}
