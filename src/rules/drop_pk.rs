//! A primary key that is dropped.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::DropConstraint;
use crate::effect::Effect;
use crate::effect::Target;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            Effect::DropConstraint(drop)
                if drop.class == Some(ConstraintClass::PrimaryKey)
                    && !drop.new
                    && is_lost(scene, at, &drop.table) =>
            {
                report(sink, at, drop);
            }
            Effect::DropColumn(drop) if !drop.new => {
                let Some(key) = &drop.primary_key else { continue };
                if is_lost(scene, at, &drop.table) {
                    let has = format!("the primary key `{key}` goes with `{}`: ", drop.column);
                    sink.report(at, has + &loss(&drop.table)).on(&drop.table).help(
                        "give the table another primary key first, by a command that swaps the two",
                    );
                }
            }
            _ => {}
        }
    }
}

/// Whether a table in use is left without a primary key: none is added by the same command, or
/// later in the same transaction.
fn is_lost(scene: &Scene, at: At, table: &Target) -> bool {
    let together = |other: &At| other.index == at.index || other.follows_in_transaction(&at);
    let mut others = scene.parts_from(at.index).filter(together);
    let regained = others.any(|other| match &other.part.effect {
        Effect::AddConstraint(add) => {
            add.class == ConstraintClass::PrimaryKey && add.table.name == table.name
        }
        _ => false,
    });
    table.in_use() && !at.part.made_good && !regained
}

fn loss(table: &Target) -> String {
    format!(
        "`{}` has no primary key after this: its rows lose their replica identity, so UPDATE and \
        DELETE fail where it is published, and duplicates get in",
        table_name(&table.name)
    )
}

fn report(sink: &mut Sink, at: At, drop: &DropConstraint) {
    let keys: Vec<String> = drop
        .dependents
        .iter()
        .map(|(key, table)| format!("`{key}` of `{}`", table_name(table)))
        .collect();
    let keys = keys.join(", ");
    let gone = match (keys.as_str(), drop.cascade) {
        ("", _) | (_, false) => String::new(),
        (keys, true) => format!(". CASCADE drops foreign keys with it: {keys}"),
    };
    let hit = sink.report(at, loss(&drop.table) + &gone);
    hit.on(&drop.table);
    if !keys.is_empty() {
        hit.help(format!(
            "foreign keys need this key ({keys}): without CASCADE the server refuses to drop it, \
            a swap too (2BP01); give them another unique key to reference first"
        ));
        return;
    }
    hit.help("swap the key in one command, for one whose index was built concurrently").safe(
        format!(
            "ALTER TABLE {} DROP CONSTRAINT {}, ADD PRIMARY KEY USING INDEX <new_index>;",
            table_sql(&drop.table.name),
            quote_identifier(&drop.constraint)
        ),
    );
}
