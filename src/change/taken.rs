//! What the migrations of a change take away from code that runs.

use crate::code::Kind;
use crate::code::Wanted;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Member;
use crate::effect::ObjectChange;
use crate::effect::Part;
use crate::effect::Phase;
use crate::effect::is_named_by_code;
use crate::examine::Examined;
use crate::plan::statement_digest;
use crate::plan::statement_digests;
use crate::rules::Deed;
use crate::rules::Shipped;
use crate::rules::Taken;
use crate::rules::object_name;
use crate::rules::table_name;
use crate::sql::Name;
use crate::sql::ObjectKind;
use std::collections::HashSet;

/// Something that is taken away, and what code would call it.
pub(super) struct Found {
    pub(super) taken: Taken,
    /// What is looked for in code; nothing where no name goes.
    pub(super) wanted: Option<Wanted>,
}

/// A deed on an object.
struct Act {
    deed: Deed,
    /// "drops the column `users.email`".
    words: String,
    /// "the column `users.email`".
    object: String,
    wanted: Option<Wanted>,
    relation: Option<Name>,
}

/// All that migrations take away, in the order in which they run.
///
/// `before` tells the text of a migration before the change: what it did then was released already.
pub(super) fn find(
    migrations: &[Shipped],
    files: &[&Examined],
    before: impl Fn(&str) -> Option<String>,
) -> Vec<Found> {
    let added: Vec<Vec<Added>> = migrations.iter().map(|shipped| added(&shipped.facts)).collect();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (number, shipped) in migrations.iter().enumerate() {
        let beside = || {
            let kin = migrations.iter().zip(&added);
            kin.filter(|(other, _)| other.project == shipped.project).flat_map(|(_, added)| added)
        };
        let released = before(&shipped.path).map(|text| statement_digests(&text));
        let released: HashSet<String> = released.unwrap_or_default().into_iter().collect();
        for (statement, fact) in shipped.facts.iter().enumerate() {
            let text = fact.analysis.span.of(&files[number].text);
            let digest = statement_digest(text);
            if released.contains(&digest) {
                continue;
            }
            for part in fact.analysis.parts.iter().filter(|part| takes(part)) {
                let Some(mut act) = act(part) else { continue };
                if beside().any(|added| added.is_again(&act)) {
                    act.deed = Deed::Changes;
                    act.words = format!("puts another in the place of {}", act.object);
                    act.wanted = None;
                }
                if !seen.insert((number, statement, act.words.clone())) {
                    continue;
                }
                let expands = beside().filter(|added| added.replaces(&act));
                let expands = expands.map(|added| added.object.clone()).collect();
                found.push(Found {
                    taken: Taken {
                        migration: number,
                        statement,
                        span: part.span,
                        deed: act.deed,
                        words: act.words,
                        object: act.object,
                        relation: act.relation.map(|name| name.to_string()),
                        confidence: fact.analysis.confidence,
                        expands,
                        digest: digest.clone(),
                        uses: Vec::new(),
                        declared: Vec::new(),
                    },
                    wanted: act.wanted,
                });
            }
        }
    }
    found
}

/// Whether a part takes something away for good.
fn takes(part: &Part) -> bool {
    !part.made_good && part.phase() == Some(Phase::Contract)
}

fn act(part: &Part) -> Option<Act> {
    let named = |deed: Deed, verb: &str, object: String, wanted: Option<Wanted>, name: &Name| Act {
        deed,
        words: format!("{verb} {object}"),
        object,
        wanted,
        relation: Some(name.clone()),
    };
    let column =
        |table: &Name, column: &str| format!("the column `{}.{column}`", table_name(table));
    Some(match &part.effect {
        Effect::DropTable(drop) => {
            let name = &drop.table.name;
            let object = format!("the table `{}`", table_name(name));
            named(Deed::Drops, "drops", object, Some(wanted(Kind::Table, name)), name)
        }
        Effect::RenameTable(rename) => {
            let name = &rename.table.name;
            let object = format!("the table `{}`", table_name(name));
            let act =
                named(Deed::Renames, "renames", object, Some(wanted(Kind::Table, name)), name);
            to(act, &rename.to)
        }
        Effect::DropColumn(drop) => {
            let name = &drop.table.name;
            let wanted = of_column(name, &drop.column);
            named(Deed::Drops, "drops", column(name, &drop.column), Some(wanted), name)
        }
        Effect::RenameColumn(rename) => {
            let name = &rename.table.name;
            let wanted = of_column(name, &rename.column);
            let object = column(name, &rename.column);
            to(named(Deed::Renames, "renames", object, Some(wanted), name), &rename.to)
        }
        Effect::DropObject(change) if is_named_by_code(change.kind) => {
            let object = object_name(change);
            named(Deed::Drops, "drops", object, of_object(change), &change.name)
        }
        Effect::RenameObject(change) => {
            let object = object_name(change);
            let act = named(Deed::Renames, "renames", object, of_object(change), &change.name);
            to(act, change.to.as_deref().unwrap_or_default())
        }
        Effect::MoveObject(change) => {
            let object = object_name(change);
            let act = named(Deed::Renames, "moves", object, None, &change.name);
            to(act, &format!("the schema {}", change.to.as_deref().unwrap_or_default()))
        }
        Effect::ChangeType(change) => {
            let name = &change.table.name;
            let object = format!("the type of `{}.{}`", table_name(name), change.column);
            named(Deed::Changes, "changes", object, None, name)
        }
        _ => return tightened(part),
    })
}

/// What refuses from then on what running code may do, or lets through what it counts on being
/// refused.
fn tightened(part: &Part) -> Option<Act> {
    let act = |words: &str, object: String, table: &Name| Act {
        deed: Deed::Changes,
        words: format!("{words} {object}"),
        object,
        wanted: None,
        relation: Some(table.clone()),
    };
    let of = |table: &Name, name: &str| format!("`{}.{name}`", table_name(table));
    Some(match &part.effect {
        Effect::SetNotNull(set) => {
            let name = &set.table.name;
            act("takes `NULL` away from", of(name, &set.column), name)
        }
        Effect::DropDefault(drop) => {
            let name = &drop.table.name;
            let word = drop.filler.word();
            act(&format!("takes the {word} away from"), of(name, &drop.column), name)
        }
        Effect::AddColumn(add) => {
            let name = &add.table.name;
            let object = format!("{}, which every `INSERT` has to give", of(name, &add.column));
            act("adds", object, name)
        }
        Effect::AddConstraint(add) => {
            let name = &add.table.name;
            act("refuses rows by the constraint", of(name, &add.full_name), name)
        }
        Effect::BuildIndex(build) => {
            let name = &build.table.name;
            act("refuses rows by a unique index on", format!("`{}`", table_name(name)), name)
        }
        Effect::DropConstraint(drop) => {
            let name = &drop.table.name;
            act("drops the constraint", of(name, &drop.constraint), name)
        }
        _ => return broken(part),
    })
}

/// What breaks running code without taking a name away.
fn broken(part: &Part) -> Option<Act> {
    let first = part.breaks.first()?;
    let object = first.object.strip_prefix("public.").unwrap_or(&first.object);
    let object = format!("`{object}`");
    Some(Act {
        deed: Deed::Changes,
        words: format!("changes what running code may do with {object}"),
        object,
        wanted: None,
        relation: None,
    })
}

fn to(mut act: Act, name: &str) -> Act {
    act.words = format!("{} to `{name}`", act.words);
    act
}

fn wanted(kind: Kind, name: &Name) -> Wanted {
    Wanted { kind, schema: name.schema.clone(), table: None, name: name.name.clone() }
}

fn of_column(table: &Name, column: &str) -> Wanted {
    Wanted {
        kind: Kind::Column,
        schema: table.schema.clone(),
        table: Some(table.name.clone()),
        name: column.to_owned(),
    }
}

/// What code would call an object; `None` for what it never names.
fn of_object(change: &ObjectChange) -> Option<Wanted> {
    let kind = match (&change.member, change.kind) {
        (Some(Member::Value(value)), _) => {
            let ty = wanted(Kind::EnumValue, &change.name);
            return Some(Wanted { table: Some(ty.name), name: value.clone(), ..ty });
        }
        (None, ObjectKind::View | ObjectKind::MaterializedView) => Kind::View,
        (None, ObjectKind::ForeignTable) => Kind::Table,
        (None, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine) => {
            Kind::Function
        }
        (None, ObjectKind::Aggregate) => Kind::Function,
        (None, ObjectKind::Type | ObjectKind::Domain) => Kind::Type,
        (None, ObjectKind::Sequence) => Kind::Sequence,
        _ => return None,
    };
    Some(wanted(kind, &change.name))
}

/// Something that a change adds.
struct Added {
    /// "the column `users.mail`".
    object: String,
    kind: Kind,
    /// The table of a column.
    table: Option<Name>,
    /// Its own name.
    name: Name,
    /// It was there under another name.
    renamed: bool,
}

impl Added {
    /// Whether it has the name of what goes: code finds something there.
    fn is_again(&self, act: &Act) -> bool {
        let Some(wanted) = &act.wanted else { return false };
        let whole = !matches!(wanted.kind, Kind::Column | Kind::EnumValue);
        let schema = wanted.schema == self.name.schema;
        whole && schema && self.table.is_none() && self.name.name == wanted.name
    }

    /// Whether it may be there in the place of what goes.
    fn replaces(&self, act: &Act) -> bool {
        if self.renamed || act.deed != Deed::Drops {
            return false;
        }
        let Some(wanted) = &act.wanted else { return false };
        let relation = |kind: Kind| matches!(kind, Kind::Table | Kind::View);
        match (wanted.kind, self.kind) {
            (Kind::Column, Kind::Column) => self.table == act.relation,
            (Kind::Type, other) => other == Kind::Type,
            (Kind::Function | Kind::Sequence, _) => false,
            (kind, other) => relation(kind) && relation(other),
        }
    }
}

/// What statements add, and what they give another name.
fn added(facts: &[Fact]) -> Vec<Added> {
    let parts = facts.iter().flat_map(|fact| &fact.analysis.parts);
    let whole = |kind: ObjectKind, name: Name, renamed: bool| {
        let kind = match kind {
            ObjectKind::Table | ObjectKind::ForeignTable => Kind::Table,
            ObjectKind::View | ObjectKind::MaterializedView => Kind::View,
            ObjectKind::Type | ObjectKind::Domain => Kind::Type,
            ObjectKind::Function | ObjectKind::Procedure => Kind::Function,
            ObjectKind::Sequence => Kind::Sequence,
            _ => return None,
        };
        Some(Added { object: table_name(&name), kind, table: None, name, renamed })
    };
    let renamed = |name: &Name, to: &str| Name { name: to.to_owned(), ..name.clone() };
    let added = parts.filter(|part| !part.made_good).filter_map(|part| match &part.effect {
        Effect::AddColumn(add) if !add.exists => Some(Added {
            object: format!("{}.{}", table_name(&add.table.name), add.column),
            kind: Kind::Column,
            table: Some(add.table.name.clone()),
            name: add.table.name.clone(),
            renamed: false,
        }),
        Effect::Create(create) if !create.exists => whole(create.kind, create.name.clone(), false),
        Effect::RenameTable(rename) => {
            whole(ObjectKind::Table, renamed(&rename.table.name, &rename.to), true)
        }
        Effect::RenameObject(change) if change.member.is_none() => {
            whole(change.kind, renamed(&change.name, change.to.as_deref()?), true)
        }
        _ => None,
    });
    added.collect()
}
