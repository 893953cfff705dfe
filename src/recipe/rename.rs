//! A column gets another name: a second column, kept like the first until nobody uses that.

use super::Recipe;
use super::domains;
use super::error::Unfit;
use super::facts::Facts;
use super::keep::Kept;
use super::marks::Mark;
use super::marks::marks;
use super::names::fit;
use super::names::quoted;
use super::place::Place;
use super::sheet::Sheet;
use super::sheet::allowed;
use super::steps;
use super::steps::BRIEFLY;
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
    let base = schema.base_type(facts.ty);
    let instead = format!(
        "give the column the type under it first, and the table the domain's conditions as CHECKs: \
         `migrate new --change-type {} {base}`",
        facts.argument(&facts.column.name)
    );
    domains::must_be_loose(schema, facts.ty, &instead)?;
    let kept = Kept::of(&facts)?;
    kept.must_fit_an_empty_column()?;
    let twins = kept.over(&facts, to);
    let renaming = Renaming {
        sync: Sync::of(&facts, to),
        marks: marks(&facts, &kept, &twins),
        twins,
        kept,
        default: facts.default()?,
        ty: format!("{}{}", facts.type_sql(), domains::left_empty(schema, facts.ty)),
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
        trials: Vec::new(),
    })
}

struct Renaming<'a> {
    facts: &'a Facts<'a>,
    sync: Sync,
    kept: Kept,
    twins: Kept,
    marks: Vec<Mark>,
    default: Option<String>,
    /// The type of either, and what keeps a new column of it empty.
    ty: String,
    sequence: Option<Name>,
    old: String,
    new: String,
}

/// Why a new default surprises nobody.
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
        steps::keep(&mut sheet, table, &self.twins, true);
        sheet.text()
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
        sheet.say(&sync.fill());
        sheet.text()
    }

    fn contract(&self) -> String {
        let Renaming { old, new, sync, .. } = self;
        let table = &sync.table;
        let mut sheet = Sheet::new(&format!("Takes {old} away: no running code uses it any more."));
        steps::tighten(&mut sheet, table, &self.twins);
        if self.facts.column.not_null {
            steps::require(&mut sheet, table, new, &self.facts.filled());
        }
        for sql in self.kept.demands.iter().filter_map(|demand| demand.drop_key(table)) {
            sheet.allow("drop-fk-locks-both", BRIEFLY, &sql);
        }
        let mut together = sync.drop_triggers().to_vec();
        if let Some(set) = self.set_default() {
            let sql = format!("ALTER TABLE {table} ALTER COLUMN {new} {set}");
            let own = self.default.is_some();
            together.push(if own { allowed("change-default", DEFAULT, &sql) } else { sql });
        }
        together.extend(self.own_sequence(new));
        together.extend(self.marks.iter().map(|mark| mark.forward(table)));
        together.push(self.kept.drop_column(table, old));
        let why = "Together: as long as both are there, the triggers have to be.";
        sheet.together(why, &together);
        sheet.say(&sync.drop_function());
        sheet.text()
    }

    /// What gives a column of the type the default that the old one has; `None` where it has none.
    fn set_default(&self) -> Option<String> {
        let column = &self.facts.column;
        let of_domain = || domains::default(self.facts.schema, self.facts.ty);
        match &self.default {
            Some(default) => Some(format!("SET DEFAULT {default}")),
            None if column.default.is_none() => of_domain().map(|_| "DROP DEFAULT".to_owned()),
            None => None,
        }
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
        steps::keep(&mut sheet, table, &self.kept, false);
        steps::validate(&mut sheet, table, &self.kept);
        let mut together = Vec::new();
        if let Some(set) = self.set_default() {
            let clear = domains::no_default(self.facts.schema, self.facts.ty);
            together.push(format!("ALTER TABLE {table} ALTER COLUMN {new} {clear}"));
            together.push(format!("ALTER TABLE {table} ALTER COLUMN {old} {set}"));
        }
        together.extend(self.own_sequence(old));
        together.push(sync.function(true));
        sheet.together(&format!("From here on {new} follows {old} again."), &together);
        if self.facts.column.not_null {
            steps::require(&mut sheet, table, old, &self.facts.filled());
        }
        self.marks.iter().for_each(|mark| sheet.say(&mark.back(table)));
        if self.facts.column.not_null {
            sheet.say(&format!("ALTER TABLE {table} ALTER COLUMN {new} DROP NOT NULL"));
        }
        steps::doubt(&mut sheet, table, &self.twins);
        sheet.text()
    }
}
