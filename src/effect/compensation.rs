//! What another statement makes good for: dropped and created again, renamed with a view left in
//! place.
//!
//! Other sessions see a transaction whole, so this counts within one transaction only. Locks are
//! taken all the same.

use super::model::Effect;
use super::model::ObjectChange;
use super::model::RenameTable;
use super::model::Shape;
use super::model::Target;
use super::proof;
use super::script::Fact;
use super::script::same_kind;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::TypeName;

/// Marks the parts that are made good for.
pub(super) fn mark(facts: &mut [Fact]) {
    let sight = sight(facts);
    let mut found = Vec::new();
    let mut lost = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        for (number, part) in fact.analysis.parts.iter().enumerate() {
            if !needs(&part.effect) {
                continue;
            }
            let here = Place { at, number };
            if let Some(by) =
                others(facts, here).take(sight).find(|by| mends(&part.effect, by.effect(facts)))
            {
                found.push(here);
                // What only comes back tightens nothing.
                if matches!(part.effect, Effect::DropConstraint(_)) {
                    found.push(by);
                }
            } else if is_passed_through(facts, here, sight) {
                found.push(here);
            }
            if let Effect::DropObject(drop) = &part.effect
                && drop.shape.columns.is_some()
            {
                let views =
                    others(facts, here).take(sight).map(|by| lacking(drop, by.effect(facts)));
                lost.extend(
                    views.into_iter().find(|lost| !lost.is_empty()).map(|lost| (here, lost)),
                );
            }
        }
    }
    for Place { at, number } in found {
        facts[at].analysis.parts[number].made_good = true;
    }
    for (Place { at, number }, columns) in lost {
        if let Effect::DropObject(drop) = &mut facts[at].analysis.parts[number].effect {
            drop.lost = columns;
        }
    }
}

/// In files with up to this many parts all that follows is looked at for each.
const WHOLE_MAX: usize = 7_000;

/// How many parts one looks ahead and back for what makes good: what is not found is not made good.
pub fn sight(facts: &[Fact]) -> usize {
    let parts: usize = facts.iter().map(|fact| 1 + fact.analysis.parts.len()).sum();
    WHOLE_MAX * WHOLE_MAX / parts.max(WHOLE_MAX)
}

/// A part of a statement.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    number: usize,
}

impl Place {
    fn effect(self, facts: &[Fact]) -> &Effect {
        &facts[self.at].analysis.parts[self.number].effect
    }
}

/// Whether anything could make good for an effect.
fn needs(effect: &Effect) -> bool {
    match effect {
        // What went along with it does not come back.
        Effect::DropObject(drop) => !drop.cascade,
        _ => matches!(
            effect,
            Effect::RenameObject(_)
                | Effect::MoveObject(_)
                | Effect::DropConstraint(_)
                | Effect::DropDefault(_)
                | Effect::DropIndex(_)
                | Effect::RenameTable(_)
                | Effect::SwitchTrigger(_)
        ),
    }
}

/// Parts that come after one, in the same transaction. For what one `ALTER TABLE` drops, all its
/// other parts count: whatever their order as written, drops run first.
fn others(facts: &[Fact], here: Place) -> impl Iterator<Item = Place> {
    let fact = &facts[here.at];
    let at_once = fact.analysis.kind == "alter-table"
        && matches!(here.effect(facts), Effect::DropConstraint(_) | Effect::DropDefault(_));
    let same = |other: &Fact| fact.wrapping.is_some() && other.transaction == fact.transaction;
    let places = facts
        .iter()
        .enumerate()
        .skip(here.at)
        .take_while(move |(at, other)| *at == here.at || same(other));
    places
        .flat_map(move |(at, other)| {
            let parts = other.analysis.parts.iter().enumerate();
            parts.filter(|(_, part)| !part.conditional).map(move |(number, _)| Place { at, number })
        })
        .filter(move |place| {
            here.at < place.at
                || here.number < place.number
                || at_once && here.number != place.number
        })
}

/// Whether `other` makes good for `effect`.
fn mends(effect: &Effect, other: &Effect) -> bool {
    match (effect, other) {
        (Effect::DropObject(drop), Effect::Create(create)) => {
            same_kind(drop.kind, create.kind)
                && drop.kind != ObjectKind::Sequence
                && drop.name == create.name
                && table_name(drop.on.as_ref()) == table_name(create.on.as_ref())
                && fits(&drop.shape, &create.shape)
        }
        (Effect::DropObject(drop), Effect::Replace(replace)) => {
            same_kind(drop.kind, replace.kind)
                && drop.name == replace.name
                && fits(&drop.shape, &replace.shape)
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
        (Effect::DropDefault(drop), Effect::SetDefault(set) | Effect::DropNotNull(set)) => {
            drop.table.name == set.table.name && drop.column == set.column
        }
        (Effect::DropDefault(drop), Effect::ChangeFilling(change)) => {
            drop.table.name == change.table.name
                && drop.column == change.column
                && change.what.starts_with("ADD GENERATED")
        }
        (Effect::DropIndex(drop), Effect::BuildIndex(build)) => {
            build.name.as_ref() == Some(&drop.index.name)
        }
        (Effect::SwitchTrigger(off), Effect::SwitchTrigger(on)) => {
            let among = off.which == on.which
                || on.which == "all"
                || (on.which == "user" && off.which != "all");
            !off.enable && on.enable && off.table.name == on.table.name && among
        }
        _ => left_name(effect).is_some_and(|name| takes_name(name, other)),
    }
}

/// The name that a relation leaves, when it is renamed or moved.
fn left_name(effect: &Effect) -> Option<&Name> {
    match effect {
        Effect::RenameTable(rename) => Some(&rename.table.name),
        Effect::RenameObject(change) | Effect::MoveObject(change) if is_read(change) => {
            Some(&change.name)
        }
        _ => None,
    }
}

/// Whether a view can stand in its place.
fn is_read(change: &ObjectChange) -> bool {
    matches!(
        change.kind,
        ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
    )
}

/// Whether a view, or another relation, has this name afterwards.
fn takes_name(name: &Name, other: &Effect) -> bool {
    match other {
        Effect::Create(create) => create.kind == ObjectKind::View && create.name == *name,
        Effect::Replace(replace) => replace.kind == ObjectKind::View && replace.name == *name,
        other => given_name(other).is_some_and(|given| given == *name),
    }
}

/// The name that a relation gets.
fn given_name(effect: &Effect) -> Option<Name> {
    match effect {
        Effect::RenameTable(RenameTable { table, to }) => {
            Some(Name { schema: table.name.schema.clone(), name: to.clone() })
        }
        Effect::RenameObject(change) if is_read(change) => {
            let name = change.to.clone()?;
            Some(Name { schema: change.name.schema.clone(), name })
        }
        Effect::MoveObject(change) if is_read(change) => {
            Some(Name { schema: change.to.clone(), name: change.name.name.clone() })
        }
        _ => None,
    }
}

/// Whether a relation leaves a name that it got in the same transaction, which nobody else saw.
fn is_passed_through(facts: &[Fact], here: Place, sight: usize) -> bool {
    let Some(name) = left_name(here.effect(facts)) else { return false };
    let fact = &facts[here.at];
    let before = facts[..here.at].iter().rev().take(sight);
    let mut same =
        before.take_while(|other| fact.wrapping.is_some() && other.transaction == fact.transaction);
    same.any(|other| {
        let parts = &other.analysis.parts;
        parts.iter().any(|part| given_name(&part.effect).as_ref() == Some(name))
    })
}

/// Whether what is created serves those who used what was dropped.
fn fits(dropped: &Shape, created: &Shape) -> bool {
    let arguments = match (&dropped.arguments, &created.arguments) {
        (Some(old), Some(new)) => {
            let enough = new.len().saturating_sub(created.optional) <= old.len();
            let more = old.len() <= new.len();
            enough && more && old.iter().zip(new).all(|(old, new)| same_type(old, new))
        }
        _ => true,
    };
    arguments && missing(dropped, created).is_empty()
}

/// Columns that the new view lacks, where both are known.
fn missing(dropped: &Shape, created: &Shape) -> Vec<String> {
    match (&dropped.columns, &created.columns) {
        (Some(old), Some(new)) => {
            old.iter().filter(|column| !new.contains(column)).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// Columns that go for good where a view is made anew.
fn lacking(drop: &ObjectChange, other: &Effect) -> Vec<String> {
    match other {
        Effect::Create(create) if drop.name == create.name => missing(&drop.shape, &create.shape),
        Effect::Replace(replace) if drop.name == replace.name => {
            missing(&drop.shape, &replace.shape)
        }
        _ => Vec::new(),
    }
}

/// Whether two types of an argument are one: limits do not count, nor does the number of `[]`.
fn same_type(one: &TypeName, other: &TypeName) -> bool {
    let schemas = one.name.schema.is_none()
        || other.name.schema.is_none()
        || one.name.schema == other.name.schema;
    schemas && one.name.name == other.name.name && (one.dimensions > 0) == (other.dimensions > 0)
}

fn table_name(on: Option<&Target>) -> Option<&Name> {
    on.map(|on| &on.name)
}
