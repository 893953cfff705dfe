//! `VALIDATE CONSTRAINT` while a lock that keeps others out is held.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Blocks;
use crate::effect::Effect;
use crate::effect::LockMode;
use crate::effect::ValidateConstraint;
use crate::sql::Name;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ValidateConstraint(validate) = &at.part.effect else { continue };
        if !validate.scans || !validate.table.in_use() {
            continue;
        }
        let Some((who, relation, mode)) = held(at, validate) else { continue };
        let (table, locked) = (table_name(&validate.table.name), table_name(relation));
        let of = if *relation == validate.table.name { "it" } else { &format!("`{locked}`") };
        let waits = if mode.blocks() == Blocks::Everything { "reads and writes" } else { "writes" };
        let lost =
            if validate.added_in_transaction { ", and the point of NOT VALID is lost" } else { "" };
        let message = format!(
            "validating reads all of `{table}` while {who} holds the {mode} lock on {of}: {waits} \
            of `{locked}` wait until it is done{lost}"
        );
        sink.report(at, message)
            .on(&validate.table)
            .help("validate in a later transaction, where it blocks neither reads nor writes")
            .safe(format!(
                "ALTER TABLE {} VALIDATE CONSTRAINT {};",
                table_sql(&validate.table.name),
                quote_identifier(&validate.constraint)
            ));
    }
}

/// Who holds a lock meanwhile, on what, and which; that on the table itself before others.
fn held<'a>(at: At<'a>, validate: &'a ValidateConstraint) -> Option<(String, &'a Name, LockMode)> {
    if let Some(mode) = validate.in_stronger_command {
        return Some(("this command".to_owned(), &validate.table.name, mode));
    }
    let own = at.fact.held.iter().find(|held| held.relation == validate.table.name);
    let strongest = || at.fact.held.iter().rev().max_by_key(|held| held.mode);
    let held = own.or_else(strongest)?;
    Some((format!("statement {} of this file", held.since + 1), &held.relation, held.mode))
}
