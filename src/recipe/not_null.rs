//! A column takes no `NULL` any more: what is missing is filled in as long as code may leave it
//! out.

use super::Recipe;
use super::Trial;
use super::error::Unfit;
use super::expression::Expression;
use super::facts::Facts;
use super::following::following;
use super::following::triggered;
use super::names;
use super::names::quoted;
use super::place::Place;
use super::sheet::Sheet;
use super::steps;
use super::steps::BRIEFLY;
use crate::schema::Schema;

const FILL: &str = "--fill";

/// The files of a change after which a column takes no `NULL`, with what is put in the place of it.
pub fn set_not_null(schema: &Schema, place: &Place, fill: Option<&str>) -> Result<Recipe, Unfit> {
    let facts = Facts::find(schema, place)?;
    if facts.column.not_null {
        let what = format!("`{}`", facts.shown());
        return Err(Unfit::unable(what, "it takes no NULL already"));
    }
    let read = |text| Expression::read(&facts, FILL, text, facts.ty, None);
    let fill = fill.map(read).transpose()?;
    let (table, column) = (&facts.table.name.name, &facts.column.name);
    let name = format!("set not null {table} {column}");
    let (sql, quoted) = (facts.sql(), quoted(column));
    let Some(fill) = fill else {
        let warning = format!(
            "nothing fills {quoted} in: the contract fails as long as a row has NULL there; --fill \
             gives the value"
        );
        let contract = contract(&facts, &sql, &quoted, None);
        let undo = format!(
            "-- Takes NULL again.\n\nALTER TABLE {sql} ALTER COLUMN {quoted} DROP NOT NULL;\n"
        );
        let files = vec![("contract.sql", contract), ("contract.undo.sql", undo)];
        return Ok(Recipe {
            name,
            files,
            verify: None,
            warnings: vec![warning],
            trials: Vec::new(),
        });
    };
    let trigger = Filling::new(&facts, &fill);
    let left = format!("{quoted} IS NULL");
    let update = format!("UPDATE {sql} SET {quoted} = {} WHERE {left}", fill.text());
    let mut migrate = Sheet::new(&format!("Fills {quoted} in the rows that have NULL there."));
    migrate.say(&update);
    let files = vec![
        ("expand.sql", trigger.expand(&quoted)),
        ("expand.undo.sql", trigger.expand_undo()),
        ("migrate.sql", migrate.text()),
        ("contract.sql", contract(&facts, &sql, &quoted, Some(&trigger))),
        ("contract.undo.sql", trigger.contract_undo(&quoted)),
    ];
    let verify = Some(format!("SELECT count(*) FROM {sql} WHERE {left}"));
    let warnings = facts.triggers_after(&trigger.name).into_iter().map(|known| {
        format!("the trigger `{known}` comes after the one that fills {quoted} in: it sees no NULL")
    });
    let trials = vec![Trial { of: FILL, sql: update }];
    Ok(Recipe { name, files, verify, warnings: warnings.collect(), trials })
}

fn contract(facts: &Facts, table: &str, column: &str, filling: Option<&Filling>) -> String {
    let mut sheet = Sheet::new(&format!(
        "{column} takes no NULL any more: no running code writes one, or reads one as such."
    ));
    steps::require(&mut sheet, table, column, &facts.filled());
    if let Some(filling) = filling {
        sheet.say(&filling.drop_trigger());
        sheet.say(&filling.drop_function());
    }
    sheet.text()
}

/// A trigger that fills in what is missing.
struct Filling {
    table: String,
    function: String,
    name: String,
    column: String,
    value: String,
}

impl Filling {
    fn new(facts: &Facts, fill: &Expression) -> Filling {
        let column = &facts.column.name;
        Filling {
            table: facts.sql(),
            function: names::function(&facts.table.name, "fill", column).to_sql(),
            name: names::trigger(column, "fill"),
            column: quoted(column),
            value: fill.of_row(facts),
        }
    }

    fn function(&self) -> String {
        following(&self.function, &self.column, &self.value, false)
    }

    fn trigger(&self) -> String {
        let missing = format!("NEW.{} IS NULL", self.column);
        triggered(&self.name, &self.table, &missing, &self.function)
    }

    fn drop_trigger(&self) -> String {
        format!("DROP TRIGGER {} ON {}", quoted(&self.name), self.table)
    }

    fn drop_function(&self) -> String {
        format!("DROP FUNCTION {}()", self.function)
    }

    fn expand(&self, column: &str) -> String {
        let mut sheet = Sheet::new(&format!(
            "Fills {column} in wherever code that runs now writes NULL or leaves it out."
        ));
        sheet.say(&self.function());
        sheet.allow("create-trigger-blocking", BRIEFLY, &self.trigger());
        sheet.text()
    }

    fn expand_undo(&self) -> String {
        let mut sheet = Sheet::new("Leaves NULL as it is written.");
        sheet.say(&self.drop_trigger());
        sheet.say(&self.drop_function());
        sheet.text()
    }

    fn contract_undo(&self, column: &str) -> String {
        let mut sheet = Sheet::new("Takes NULL again, and fills in where code writes it.");
        sheet.say(&self.function());
        sheet.say(&self.trigger());
        sheet.say(&format!("ALTER TABLE {} ALTER COLUMN {column} DROP NOT NULL", self.table));
        sheet.text()
    }
}
