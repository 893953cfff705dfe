//! What a later statement makes good for: dropped and created again, renamed with a view left in
//! place.
//!
//! Other sessions see a transaction whole, so this counts within one transaction only. Locks are
//! taken all the same.

use super::model::Effect;
use super::model::Target;
use super::proof;
use super::script::Fact;
use super::script::same_kind;
use crate::sql::Name;
use crate::sql::ObjectKind;

/// Marks the parts that are made good for.
pub(super) fn mark(facts: &mut [Fact]) {
    let mut found = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        for (number, part) in fact.analysis.parts.iter().enumerate() {
            if needs(&part.effect)
                && later(facts, at, number).any(|other| mends(&part.effect, other))
            {
                found.push((at, number));
            }
        }
    }
    for (at, number) in found {
        facts[at].analysis.parts[number].made_good = true;
    }
}

/// Whether anything could make good for an effect.
fn needs(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::DropObject(_)
            | Effect::DropConstraint(_)
            | Effect::DropDefault(_)
            | Effect::DropIndex(_)
            | Effect::RenameTable(_)
            | Effect::SwitchTrigger(_)
    )
}

/// Effects that come after one, in the same transaction.
fn later(facts: &[Fact], at: usize, number: usize) -> impl Iterator<Item = &Effect> {
    let fact = &facts[at];
    let here = fact.analysis.parts[number + 1..].iter();
    let same =
        move |other: &&Fact| fact.wrapping.is_some() && other.transaction == fact.transaction;
    let after = facts[at + 1..].iter().filter(same).flat_map(|other| &other.analysis.parts);
    here.chain(after).filter(|part| !part.conditional).map(|part| &part.effect)
}

/// Whether `other`, which comes later, makes good for `effect`.
fn mends(effect: &Effect, other: &Effect) -> bool {
    match (effect, other) {
        (Effect::DropObject(drop), Effect::Create(create)) => {
            same_kind(drop.kind, create.kind)
                && drop.name == create.name
                && table_name(drop.on.as_ref()) == table_name(create.on.as_ref())
        }
        (Effect::DropObject(drop), Effect::Replace(replace)) => {
            same_kind(drop.kind, replace.kind) && drop.name == replace.name
        }
        (Effect::DropObject(drop), Effect::CreateTrigger(create)) => {
            drop.kind == ObjectKind::Trigger
                && drop.name.name == create.name
                && table_name(drop.on.as_ref()) == Some(&create.table.name)
        }
        (Effect::DropConstraint(drop), Effect::AddConstraint(add)) => {
            let same = drop.constraint == add.full_name
                && drop.class.as_ref().is_none_or(|class| *class == add.class);
            // A check of another name that says the same keeps the same rows out.
            let says_all = match (&add.condition, &drop.condition) {
                (Some(added), Some(dropped)) => proof::says_all(added, dropped),
                _ => false,
            };
            drop.table.name == add.table.name && (same || says_all)
        }
        (Effect::DropDefault(drop), Effect::SetDefault(set)) => {
            drop.table.name == set.table.name && drop.column == set.column
        }
        (Effect::DropIndex(drop), Effect::BuildIndex(build)) => {
            build.name.as_ref() == Some(&drop.index.name)
        }
        (Effect::RenameTable(rename), Effect::Create(create)) => {
            create.kind == ObjectKind::View && create.name == rename.table.name
        }
        (Effect::RenameTable(rename), Effect::Replace(replace)) => {
            replace.kind == ObjectKind::View && replace.name == rename.table.name
        }
        (Effect::SwitchTrigger(off), Effect::SwitchTrigger(on)) => {
            !off.enable && on.enable && off.table.name == on.table.name && off.which == on.which
        }
        _ => false,
    }
}

fn table_name(on: Option<&Target>) -> Option<&Name> {
    on.map(|on| &on.name)
}
