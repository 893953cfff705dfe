//! A column gets another name: a second column, kept like the first until nobody uses that.

use super::Recipe;
use super::error::Unfit;
use super::facts::Facts;
use super::keep::Kept;
use super::names::fit;
use super::names::quoted;
use super::place::Place;
use super::sheet::Sheet;
use super::sync::Sync;
use crate::schema::Schema;
use crate::sql::Name;

/// The files of a change that renames a column.
pub fn rename(schema: &Schema, place: &Place, to: &str) -> Result<Recipe, Unfit> {
    let facts = Facts::find(schema, place)?;
    if facts.has(to) {
        let what = format!("`{}` has a column `{to}` already", facts.table.name);
        return Err(Unfit::unable(what, "choose another name"));
    }
    if fit(to.to_owned()) != to {
        return Err(Unfit::unable(format!("`{to}`"), "the server cuts names after 63 bytes"));
    }
    let kept = Kept::of(&facts)?;
    let renaming = Renaming {
        sync: Sync::of(&facts, to),
        twins: kept.over(&facts, to),
        kept,
        default: facts.default()?,
        ty: type_of(&facts),
        sequence: facts.sequence().map(|sequence| sequence.name.clone()),
        old: quoted(&facts.column.name),
        new: quoted(to),
        facts: &facts,
    };
    let warnings = renaming.warnings();
    let files = vec![
        ("expand.sql", renaming.expand(&warnings)),
        ("expand.undo.sql", renaming.expand_undo()),
        ("migrate.sql", renaming.migrate()),
        ("contract.sql", renaming.contract()),
        ("contract.undo.sql", renaming.contract_undo()),
    ];
    let (table, column) = (&facts.table.name.name, &facts.column.name);
    Ok(Recipe {
        name: format!("rename {table} {column} to {to}"),
        files,
        verify: Some(renaming.sync.count()),
        warnings,
    })
}

/// The type of a column, with its collation.
fn type_of(facts: &Facts) -> String {
    let collation = facts.column.collation.as_ref().map(Name::to_sql);
    let collation = collation.map_or(String::new(), |name| format!(" COLLATE {name}"));
    format!("{}{collation}", facts.ty)
}

struct Renaming<'a> {
    facts: &'a Facts<'a>,
    sync: Sync,
    kept: Kept,
    twins: Kept,
    default: Option<String>,
    ty: String,
    sequence: Option<Name>,
    old: String,
    new: String,
}

/// Why a rule is allowed that asks for what the runner does.
const BRIEFLY: &str = "migrate waits briefly for its lock, again and again";
const RESUMES: &str = "a run goes on where one before it stopped";
const BATCHES: &str = "migrate backfill cuts it into batches";
const DEFAULT: &str = "no release that writes the old column is left";

impl Renaming<'_> {
    fn warnings(&self) -> Vec<String> {
        let Renaming { old, new, facts, .. } = self;
        let mut warnings = Vec::new();
        for what in facts.dependents() {
            warnings.push(format!(
                "{what} uses {old}: it has to use {new} before the contract can run"
            ));
        }
        for trigger in facts.triggers_after(&self.sync.first_trigger) {
            warnings.push(format!(
                "the trigger `{trigger}` comes after those that keep both columns alike: what it \
                 writes into one of them does not reach the other"
            ));
        }
        warnings
    }

    fn expand(&self, warnings: &[String]) -> String {
        let Renaming { old, new, ty, sync, .. } = self;
        let table = &sync.table;
        let mut sheet = Sheet::new(&format!(
            "Adds {new} to {table} beside {old}, and keeps them alike whichever of them is \
             written: where both are, {new} wins. Code may read {new} once the backfill is \
             verified, and no sooner."
        ));
        for warning in warnings {
            sheet.note(&format!("Look: {warning}."));
        }
        sheet.say(&format!("ALTER TABLE {table} ADD COLUMN {new} {ty}"));
        sheet.say(&sync.function(false));
        for trigger in sync.triggers() {
            sheet.allow("create-trigger-blocking", BRIEFLY, &trigger);
        }
        self.keep(&mut sheet, &self.twins, true);
        sheet.text()
    }

    /// Builds indexes and makes constraints; those that have to look at all rows do so later.
    fn keep(&self, sheet: &mut Sheet, kept: &Kept, forward: bool) {
        let table = &self.sync.table;
        for (number, build) in kept.builds.iter().enumerate() {
            let sql = build.create(table);
            if number == 0 && forward {
                sheet.allow("non-transactional-mixed-file", RESUMES, &sql);
            } else {
                sheet.say(&sql);
            }
            if let Some(sql) = build.attach(table) {
                sheet.say(&sql);
            }
        }
        for demand in &kept.demands {
            sheet.say(&demand.add(table));
        }
    }

    fn expand_undo(&self) -> String {
        let (table, new) = (&self.sync.table, &self.new);
        let mut sheet = Sheet::new(&format!("Takes {new} back, with what is over it."));
        let mut together = self.sync.drop_triggers().to_vec();
        together.push(format!("ALTER TABLE {table} DROP COLUMN {new}"));
        sheet.together("Together, for rows are written all the time.", &together);
        sheet.say(&self.sync.drop_function());
        sheet.text()
    }

    fn migrate(&self) -> String {
        let Renaming { old, new, sync, .. } = self;
        let mut sheet = Sheet::new(&format!("Fills {new} in the rows that were there before it."));
        if !self.twins.builds.is_empty() {
            sheet.note(&format!(
                "The indexes over {new} are built before, and not after it, which would be \
                 cheaper: code that reads {new} must find them."
            ));
        }
        sheet.note(&format!("Nothing but {new} is written, and {old} stays as it is."));
        sheet.allow("update-without-batches", BATCHES, &sync.fill());
        sheet.text()
    }

    /// Sees that a column is `NOT NULL`, by a check that looks at the rows while they are written.
    fn require(&self, sheet: &mut Sheet, column: &str, name: &str) {
        let table = &self.sync.table;
        let check = quoted(&fit(format!("migrate_{name}_filled")));
        sheet.say(&format!(
            "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
        ));
        sheet.say(&format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}"));
        sheet.say(&format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"));
        sheet.say(&format!("ALTER TABLE {table} DROP CONSTRAINT {check}"));
    }

    fn contract(&self) -> String {
        let Renaming { old, new, sync, .. } = self;
        let table = &sync.table;
        let mut sheet = Sheet::new(&format!("Takes {old} away: no running code uses it any more."));
        for sql in self.twins.demands.iter().filter_map(|demand| demand.validate(table)) {
            sheet.say(&sql);
        }
        if self.facts.column.not_null {
            self.require(&mut sheet, new, &self.facts.column.name);
        }
        for sql in self.kept.demands.iter().filter_map(|demand| demand.drop_key(table)) {
            sheet.allow("drop-fk-locks-both", BRIEFLY, &sql);
        }
        let mut together = sync.drop_triggers().to_vec();
        if let Some(default) = &self.default {
            together.push(format!(
                "-- migrate: allow change-default because {DEFAULT}\n\
                 ALTER TABLE {table} ALTER COLUMN {new} SET DEFAULT {default}"
            ));
        }
        together.extend(self.own_sequence(new));
        together.push(self.kept.drop_column(table, old));
        let why = "Together: without the triggers no row can be written as long as both are there.";
        sheet.together(why, &together);
        sheet.say(&sync.drop_function());
        sheet.text()
    }

    fn own_sequence(&self, column: &str) -> Option<String> {
        let (sequence, table) = (self.sequence.as_ref()?, &self.sync.table);
        Some(format!("ALTER SEQUENCE {} OWNED BY {table}.{column}", sequence.to_sql()))
    }

    fn contract_undo(&self) -> String {
        let Renaming { old, new, ty, sync, .. } = self;
        let (table, back) = (&sync.table, sync.mirrored());
        let mut sheet = Sheet::new(&format!(
            "Brings {old} back beside {new}, as it was after the expand. Run it by hand; fill a \
             large table in batches. Until {old} is filled it follows {new}."
        ));
        sheet.say(&format!("ALTER TABLE {table} ADD COLUMN {old} {ty}"));
        sheet.say(&back.function(false));
        sync.triggers().iter().for_each(|trigger| sheet.say(trigger));
        sheet.say(&back.fill());
        self.keep(&mut sheet, &self.kept, false);
        for sql in self.kept.demands.iter().filter_map(|demand| demand.validate(table)) {
            sheet.say(&sql);
        }
        let mut together = Vec::new();
        if let Some(default) = &self.default {
            together.push(format!("ALTER TABLE {table} ALTER COLUMN {new} DROP DEFAULT"));
            let set = format!("ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default}");
            together.push(set);
        }
        together.extend(self.own_sequence(old));
        together.push(sync.function(true));
        sheet.together(&format!("From here on {new} follows {old} again."), &together);
        if self.facts.column.not_null {
            self.require(&mut sheet, old, &self.facts.column.name);
            sheet.say(&format!("ALTER TABLE {table} ALTER COLUMN {new} DROP NOT NULL"));
        }
        for sql in self.twins.demands.iter().filter_map(|demand| demand.doubt(table)) {
            sheet.say(&sql);
        }
        sheet.text()
    }
}
