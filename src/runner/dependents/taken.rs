//! What the statements of a contract do to objects, in their order.

use super::target::What;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Part;
use crate::sql::AlterRelation;
use crate::sql::AlterTypeVerb;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::DropObjects;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;
use crate::sql::Statement;
use std::collections::BTreeSet;

/// Something that a contract takes away, or changes so that what depends on it is in the way.
pub(super) struct Gone {
    /// What it is.
    pub(super) what: What,
    /// What becomes of it.
    pub(super) way: Way,
    /// Functions that name it in their texts break.
    pub(super) named: bool,
    /// The statement, by its place: what one statement drops it drops together.
    pub(super) place: usize,
}

/// What becomes of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It goes, with all that is part of it.
    Dropped,
    /// It stays, and what hangs on it is in the way.
    Changed,
    /// It no longer says what it says now.
    Replaced,
    /// It stays under another name, and what hangs on it follows.
    Renamed,
}

/// All that a contract does to objects.
#[derive(Default)]
pub(super) struct Taken {
    /// In the order of the statements.
    pub(super) all: Vec<Gone>,
    /// The statement that is looked at.
    place: usize,
    /// Whether a later statement makes good for it.
    made_good: bool,
}

/// The names that columns get, with their tables.
fn given(fact: &Fact) -> impl Iterator<Item = (Name, String)> {
    fact.analysis.parts.iter().filter_map(|part| match &part.effect {
        Effect::RenameColumn(rename) => Some((rename.table.name.clone(), rename.to.clone())),
        _ => None,
    })
}

/// The name that a column leaves when it gets another one.
fn left(effect: &Effect) -> Option<(Name, String)> {
    match effect {
        Effect::RenameColumn(rename) => Some((rename.table.name.clone(), rename.column.clone())),
        _ => None,
    }
}

impl Taken {
    /// What these statements do.
    pub(super) fn of(statements: &[Statement], facts: &[Fact]) -> Taken {
        let mut taken = Taken::default();
        let given: BTreeSet<(Name, String)> = facts.iter().flat_map(given).collect();
        for (place, statement) in statements.iter().enumerate() {
            let parts = facts.get(place).map_or(&[][..], |fact| &fact.analysis.parts[..]);
            taken.place = place;
            taken.made_good = parts.iter().any(|part| part.made_good);
            taken.say(&statement.body, parts);
            taken.made_good = false;
            for part in parts.iter().filter(|part| !part.made_good) {
                // Who names a column that another one takes the place of finds that.
                if !left(&part.effect).is_some_and(|column| given.contains(&column)) {
                    taken.add(&part.effect);
                }
            }
        }
        taken
    }

    /// What is known of a statement, with the names of objects as its file means them.
    fn add(&mut self, effect: &Effect) {
        match effect {
            Effect::DropTable(drop) => {
                self.take(What::Relation(drop.table.name.clone()), Way::Dropped, true);
            }
            Effect::RenameTable(rename) => {
                self.take(What::Relation(rename.table.name.clone()), Way::Renamed, true);
            }
            Effect::DropColumn(drop) => {
                self.take(What::column(&drop.table.name, &drop.column), Way::Dropped, true);
            }
            Effect::RenameColumn(rename) => {
                self.take(What::column(&rename.table.name, &rename.column), Way::Renamed, true);
            }
            Effect::ChangeType(change) => self.retype(&change.table.name, &change.column),
            Effect::DropConstraint(drop) => {
                let what = What::Constraint(drop.table.name.clone(), drop.constraint.clone());
                self.take(what, Way::Dropped, false);
            }
            Effect::DropIndex(drop) => {
                self.take(What::Relation(drop.index.clone()), Way::Dropped, false);
            }
            Effect::DropObject(change) if change.member.is_none() => {
                self.drop_object(&ObjectRef {
                    kind: change.kind,
                    name: change.name.clone(),
                    on: change.on.as_ref().map(|table| table.name.clone()),
                    arguments: change.shape.arguments.clone(),
                });
            }
            _ => {}
        }
    }

    /// What a statement says by itself, of objects too that nobody saw being made.
    fn say(&mut self, body: &Body, parts: &[Part]) {
        match body {
            Body::Drop(drop) => self.say_dropped(drop),
            Body::AlterRelation(alter) => self.say_altered(alter, parts),
            Body::AlterType(alter) => {
                for verb in &alter.verbs {
                    if let AlterTypeVerb::DropAttribute { attribute, .. } = verb {
                        self.take(What::column(&alter.name, attribute), Way::Dropped, true);
                    }
                }
            }
            Body::CreateFunction(create) if create.or_replace => {
                let what = What::Function(create.name.clone(), Some(create.arguments.clone()));
                self.take(what, Way::Replaced, false);
            }
            Body::CreateView(create) if create.or_replace => {
                self.take(What::Relation(create.name.clone()), Way::Replaced, false);
            }
            Body::Do(block) => {
                for inner in &block.inner {
                    self.say(&inner.statement.body, parts);
                }
            }
            _ => {}
        }
    }

    fn say_dropped(&mut self, drop: &DropObjects) {
        for object in &drop.objects {
            self.drop_object(&ObjectRef { kind: drop.kind, ..object.clone() });
        }
    }

    fn say_altered(&mut self, alter: &AlterRelation, parts: &[Part]) {
        let table = &alter.name;
        let renames = parts.iter().any(|part| left(&part.effect).is_some());
        for action in &alter.actions {
            match &action.verb {
                AlterVerb::DropColumn { column, .. } => {
                    self.take(What::column(table, column), Way::Dropped, true);
                }
                AlterVerb::RenameColumn { from, .. } if !renames => {
                    self.take(What::column(table, from), Way::Renamed, true);
                }
                AlterVerb::AlterType { column, .. } => self.retype(table, column),
                AlterVerb::DropConstraint { constraint, .. } => {
                    let what = What::Constraint(table.clone(), constraint.clone());
                    self.take(what, Way::Dropped, false);
                }
                AlterVerb::SetDefault { column, .. }
                | AlterVerb::DropDefault { column }
                | AlterVerb::DropExpression { column, .. } => {
                    let what = What::Default(table.clone(), column.clone());
                    self.take(what, Way::Replaced, false);
                }
                _ => {}
            }
        }
    }

    /// A column that gets another type no longer needs the one that it has.
    fn retype(&mut self, table: &Name, column: &str) {
        self.take(What::column(table, column), Way::Changed, false);
        self.take(What::column(table, column), Way::Replaced, false);
    }

    fn drop_object(&mut self, object: &ObjectRef) {
        let name = &object.name;
        let (what, named) = match object.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
            | ObjectKind::ForeignTable => (What::Relation(name.clone()), true),
            ObjectKind::Index => (What::Relation(name.clone()), false),
            ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Routine
            | ObjectKind::Aggregate => {
                (What::Function(name.clone(), object.arguments.clone()), true)
            }
            ObjectKind::Type | ObjectKind::Domain => (What::Type(name.clone()), true),
            ObjectKind::Schema => (What::Schema(name.name.clone()), true),
            kind => {
                let on = object.on.as_ref();
                let Some(what) = What::other(kind, &name.name, on) else { return };
                (what, false)
            }
        };
        self.take(what, Way::Dropped, named);
    }

    fn take(&mut self, what: What, way: Way, named: bool) {
        let (named, place) = (named && !self.made_good, self.place);
        self.all.push(Gone { what, way, named, place });
    }
}
