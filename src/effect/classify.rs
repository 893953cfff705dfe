//! Which phase an effect belongs to.

use super::model::AddConstraint;
use super::model::ConstraintClass;
use super::model::DropConstraint;
use super::model::Effect;
use super::model::Filler;
use super::model::Proof;
use super::phase::Phase;
use crate::sql::ObjectKind;

/// The phase of an effect; `None` if it fits any.
pub(super) fn phase(effect: &Effect) -> Option<Phase> {
    let contract_if = |harmful: bool| Some(if harmful { Phase::Contract } else { Phase::Expand });
    match effect {
        Effect::Create(create) => (!create.exists).then_some(Phase::Expand),
        Effect::CreatePartition(_)
        | Effect::AttachPartition(_)
        | Effect::Replace(_)
        | Effect::SetDefault(_)
        | Effect::DropNotNull(_)
        | Effect::CreateTrigger(_) => Some(Phase::Expand),
        Effect::DetachPartition(detach) => contract_if(detach.parent.in_use()),
        Effect::DropObject(drop) if drop.kind == ObjectKind::Statistics => None,
        Effect::DropObject(drop) => contract_if(!drop.new),
        Effect::RenameObject(change) | Effect::MoveObject(change) => {
            contract_if(!change.new && is_named_by_code(change.kind))
        }
        Effect::RetypeAttribute(change) => contract_if(!change.new),
        Effect::DropTable(drop) => contract_if(drop.table.in_use() && !drop.missing),
        Effect::RenameTable(rename) => contract_if(rename.table.in_use()),
        Effect::AddColumn(add) if add.exists => None,
        Effect::AddColumn(add) => contract_if(add.is_required()),
        Effect::DropColumn(drop) => contract_if(drop.table.in_use() && !drop.new),
        Effect::RenameColumn(rename) => contract_if(rename.table.in_use() && !rename.new),
        Effect::ChangeType(change) => contract_if(change.is_noticed()),
        Effect::DropDefault(drop) => {
            let missed = drop.not_null != Some(false) || drop.filler == Filler::Expression;
            contract_if(drop.table.in_use() && missed)
        }
        Effect::SetNotNull(set) => {
            let free = set.new || matches!(set.proof, Proof::NotNull | Proof::Check(_));
            contract_if(set.table.in_use() && (set.required || !free))
        }
        Effect::ChangeFilling(change) | Effect::Recompute(change) => {
            let relaxes = change.what.contains("BY DEFAULT");
            contract_if(change.table.in_use() && !change.new && !relaxes)
        }
        Effect::AddConstraint(add) => contract_if(tightens(add)),
        Effect::Refresh(refresh) if refresh.is_emptied() => Some(Phase::Contract),
        Effect::ValidateConstraint(_) | Effect::Refresh(_) => Some(Phase::Migrate),
        Effect::DropConstraint(drop) => contract_if(takes_guard_away(drop)),
        Effect::BuildIndex(build) => {
            let tightens = build.unique && !build.harmless && !build.exists;
            contract_if(build.table.in_use() && tightens)
        }
        Effect::DropIndex(drop) => contract_if(!drop.new),
        Effect::Truncate(truncate) => {
            contract_if(truncate.tables.iter().any(super::model::Target::in_use))
        }
        Effect::SwitchTrigger(switch) => {
            (!switch.enable && switch.table.in_use()).then_some(Phase::Contract)
        }
        Effect::ReplicaIdentity(change) => {
            (change.identity == "nothing" && change.table.in_use()).then_some(Phase::Contract)
        }
        Effect::RestrictDomain(restrict) if restrict.validates => Some(Phase::Migrate),
        Effect::RestrictDomain(restrict) => contract_if(!restrict.new),
        Effect::Write(write) => {
            Some(if write.table.in_use() { Phase::Migrate } else { Phase::Expand })
        }
        Effect::TuneColumn(_)
        | Effect::Reindex(_)
        | Effect::Rewrite(_)
        | Effect::SetTablespace(_)
        | Effect::Lock(_)
        | Effect::Set(_)
        | Effect::Transaction(_)
        | Effect::Dynamic(_)
        | Effect::Unreadable(_)
        | Effect::Remark(_)
        | Effect::Other => None,
    }
}

/// Whether code names objects of this kind: a new name for an index or a trigger harms nobody.
pub fn is_named_by_code(kind: ObjectKind) -> bool {
    !matches!(
        kind,
        ObjectKind::Index
            | ObjectKind::Constraint
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy
            | ObjectKind::Statistics
            | ObjectKind::EventTrigger
            | ObjectKind::Publication
    )
}

/// Whether code that runs may rely on a constraint that goes.
fn takes_guard_away(drop: &DropConstraint) -> bool {
    let relaxes = drop.redundant || drop.class == Some(ConstraintClass::NotNull);
    drop.table.in_use() && !drop.new && !relaxes
}

/// Whether a constraint refuses rows that old code may still write.
fn tightens(add: &AddConstraint) -> bool {
    if !add.table.in_use() || (add.on_new_columns && add.demands.is_none()) {
        return false;
    }
    match add.class {
        ConstraintClass::ForeignKey => false,
        ConstraintClass::Check
        | ConstraintClass::NotNull
        | ConstraintClass::PrimaryKey
        | ConstraintClass::Unique
        | ConstraintClass::Patterns => true,
    }
}
