//! The end of a change of type: the column that only follows goes, with its trigger.

use super::Recipe;
use super::domains::is_constrained;
use super::error::Unfit;
use super::facts::FUNCTION;
use super::facts::Facts;
use super::following::Follows;
use super::following::following;
use super::following::triggered;
use super::following::typed;
use super::keep::Kept;
use super::names::quoted;
use super::place::Place;
use super::sheet::Sheet;
use super::steps;
use crate::effect::differ;
use crate::schema::Schema;

/// The files of a change that drops the old column after a cut-over.
pub fn drop_old(schema: &Schema, place: &Place) -> Result<Recipe, Unfit> {
    let facts = Facts::find(schema, place)?;
    let (table, column) = (facts.sql(), quoted(&facts.column.name));
    let Some(follows) = Follows::find(&facts) else {
        let why = "no trigger that a change of type made fills it in: it is not the old column of \
                   one whose cut-over has run";
        return Err(Unfit::unable(format!("`{}`", facts.shown()), why));
    };
    let kept = Kept::of(&facts)?;
    if let Some(index) = &facts.table.replica_identity
        && kept.builds.iter().any(|build| build.name == *index)
    {
        let why = "subscribers find rows by it: name another one with ALTER TABLE … REPLICA \
                   IDENTITY first";
        return Err(Unfit::unable(format!("the index `{index}` over the column"), why));
    }
    let mut contract = Sheet::new(&format!("Takes {column} away: from here on no way leads back."));
    for sql in kept.demands.iter().filter_map(|demand| demand.drop_key(&table)) {
        contract.allow("drop-fk-locks-both", steps::BRIEFLY, &sql);
    }
    let drop_trigger = format!("DROP TRIGGER {} ON {table}", quoted(&follows.trigger));
    let together = [drop_trigger, kept.drop_column(&table, &column)];
    contract.together("Together, for the trigger writes into the column.", &together);
    contract.say(&format!("DROP FUNCTION {}()", follows.function.to_sql()));
    let warnings = facts.dependents();
    let own =
        [format!("the trigger `{}`", follows.trigger), format!("{FUNCTION}`{}`", follows.function)];
    let warnings = warnings.iter().filter(|what| !own.contains(what));
    let warnings =
        warnings.map(|what| format!("{what} uses {column}: see to it before the contract runs"));
    Ok(Recipe {
        name: format!("drop {} {}", facts.table.name.name, facts.column.name),
        files: vec![
            ("contract.sql", contract.text()),
            ("contract.undo.sql", undo(&facts, &follows, &kept)),
        ],
        verify: None,
        warnings: warnings.collect(),
        trials: Vec::new(),
    })
}

fn undo(facts: &Facts, follows: &Follows, kept: &Kept) -> String {
    let (table, column) = (facts.sql(), quoted(&facts.column.name));
    let mut sheet = Sheet::new(&format!(
        "Brings {column} back, which follows the column that took its name. Run it by hand; fill a \
         large table in batches."
    ));
    // Of a domain with constraints no column can be added beside what is written.
    let ty = if is_constrained(facts.schema, facts.ty) {
        facts.schema.base_type(facts.ty).to_string()
    } else {
        facts.type_sql()
    };
    sheet.say(&format!("ALTER TABLE {table} ADD COLUMN {column} {ty}"));
    let function = follows.function.to_sql();
    sheet.say(&following(&function, &column, &follows.value, false));
    let image = facts.image(facts.ty);
    let differs = differ(&format!("NEW.{column}"), &typed(&follows.value, facts.ty), image);
    sheet.say(&triggered(&follows.trigger, &table, &differs, &function));
    let value = facts.table.columns.iter().fold(follows.value.clone(), |value, column| {
        let name = quoted(&column.name);
        value.replace(&format!("NEW.{name}"), &name)
    });
    let left = differ(&column, &typed(&value, facts.ty), image);
    sheet.say(&format!("UPDATE {table} SET {column} = {value} WHERE {left}"));
    steps::keep(&mut sheet, &table, kept, false);
    steps::validate(&mut sheet, &table, kept);
    if facts.column.not_null {
        steps::require(&mut sheet, &table, &column, &facts.filled());
    }
    sheet.text()
}
