//! A column gets another type under the same name: a second column of that type, which takes the
//! name over once all rows have it and all code can do with it.

use super::Recipe;
use super::Trial;
use super::carry::must_carry;
use super::casts::fits;
use super::casts::is_integer;
use super::casts::unsaid;
use super::domains;
use super::error::Unfit;
use super::expression::Expression;
use super::expression::type_name;
use super::facts::FUNCTION;
use super::facts::Facts;
use super::following::following;
use super::following::triggered;
use super::following::typed;
use super::keep::Kept;
use super::marks::Mark;
use super::marks::marks;
use super::names;
use super::names::free;
use super::names::quoted;
use super::place::Place;
use super::sheet::Sheet;
use super::sheet::allowed;
use super::steps;
use super::steps::BRIEFLY;
use crate::effect::differ;
use crate::schema::Schema;
use crate::sql::Name;
use crate::sql::TypeName;

/// How values of one type become those of another.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'a> {
    /// The new type.
    pub to: &'a str,
    /// The new value, of the old one; else an assignment's cast makes it.
    pub using: Option<&'a str>,
    /// The old value, of the new one; else an assignment's cast makes it.
    pub back: Option<&'a str>,
}

/// The files of a change that gives a column another type.
pub fn change_type(
    schema: &Schema,
    place: &Place,
    conversion: Conversion,
) -> Result<Recipe, Unfit> {
    let facts = Facts::find(schema, place)?;
    let ty = type_name(conversion.to)?;
    let column = facts.column.name.as_str();
    if ty == *facts.ty {
        return Err(Unfit::unable(format!("`{}`", facts.shown()), format!("it is {ty} already")));
    }
    let spare = |suffix: &str| free(&format!("{column}_{suffix}"), |name| facts.has(name));
    let next = spare("new");
    let cast = |option: &str, from: &TypeName, to: &TypeName, told: Option<&str>| match told {
        // The new column goes by either name until it has that of the old one.
        Some(text) if option == BACK => Expression::read(&facts, option, text, to, Some(&next)),
        Some(text) => Expression::read(&facts, option, text, to, None),
        None => match unsaid(schema, from, to) {
            Some(why) => Err(Unfit::unable(format!("{from} to {to}"), format!("{why} {option}"))),
            None => Ok(Expression::cast(column, &to.to_string())),
        },
    };
    let instead = format!(
        "take `{}`, and give the table the domain's conditions as CHECKs",
        schema.base_type(&ty)
    );
    let up = cast("--using", facts.ty, &ty, conversion.using)?;
    let down = cast(BACK, &ty, facts.ty, conversion.back)?;
    domains::must_be_loose(schema, &ty, &instead)?;
    must_carry(&facts, &ty)?;
    let kept = Kept::of(&facts)?;
    kept.must_fit_an_empty_column()?;
    let twins = kept.over(&facts, &next);
    let own = facts.default()?;
    let back = own.as_ref().map_or("DROP DEFAULT".to_owned(), |text| format!("SET DEFAULT {text}"));
    let default = match own {
        None if facts.column.default.is_none() => domains::default(schema, facts.ty),
        told => told,
    };
    must_follow(&facts, default.is_some(), conversion.back)?;
    let retyping = Retyping {
        marks: marks(&facts, &kept, &twins),
        twins,
        default: default.map(|default| match conversion.using {
            Some(_) => (up.of(column, &default), back),
            None => (default, back),
        }),
        sequence: facts.sequence().map(|sequence| sequence.name.clone()),
        images: (facts.image(facts.ty), facts.image(&ty)),
        may_be_null: conversion.back.is_some() && facts.column.not_null,
        next,
        past: spare("old"),
        facts: &facts,
        ty,
        up,
        down,
    };
    let warnings = retyping.warnings(conversion);
    let files = vec![
        ("expand.sql", retyping.expand(&warnings)),
        ("expand.undo.sql", retyping.expand_undo()),
        ("migrate.sql", retyping.migrate()),
        ("contract.sql", retyping.contract()),
        ("contract.undo.sql", retyping.contract_undo()),
    ];
    let table = &facts.table.name.name;
    let name = format!("change type {table} {column}");
    let verify = Some(retyping.verify(conversion.using.is_some()));
    Ok(Recipe { name, files, verify, warnings, trials: retyping.trials() })
}

/// Sees that the old column can be left out by those who write the new one.
fn must_follow(facts: &Facts, has_default: bool, back: Option<&str>) -> Result<(), Unfit> {
    let gone = back.is_some_and(|text| text.trim().eq_ignore_ascii_case("null"));
    if domains::takes_null(facts.schema, facts.ty) || has_default && !gone {
        return Ok(());
    }
    let why = if gone {
        "its domain takes no NULL, which --back NULL would write there after the cut-over"
    } else {
        "its domain takes no NULL, and an INSERT after the cut-over leaves it out: give the column \
         a default first"
    };
    Err(Unfit::unable(format!("`{}`", facts.shown()), why))
}

const BACK: &str = "--back";

/// Why renaming breaks nobody.
const SAME_NAME: &str = "the name that code uses is there before and after it";

struct Retyping<'a> {
    facts: &'a Facts<'a>,
    ty: TypeName,
    up: Expression,
    down: Expression,
    /// The column that is to take over, and the name of the one that it takes over from.
    next: String,
    past: String,
    twins: Kept,
    marks: Vec<Mark>,
    /// The default of the new column, and what gives the old one back what it had.
    default: Option<(String, String)>,
    sequence: Option<Name>,
    /// What is compared of values of the old and of the new type.
    images: (&'static str, &'static str),
    /// The old column may be `NULL` once it only follows.
    may_be_null: bool,
}

impl Retyping<'_> {
    fn warnings(&self, conversion: Conversion) -> Vec<String> {
        let (column, past) = (&self.facts.column.name, &self.past);
        let (from, to) = (self.facts.ty, &self.ty);
        let mut warnings = Vec::new();
        if conversion.using.is_none() && !fits(from, to) {
            warnings.push(format!(
                "from the expand on a write fails whose {from} cannot become {to}: look for such \
                 values first, or say with --using what becomes of them"
            ));
        }
        if conversion.back.is_none() && !fits(to, from) {
            warnings.push(format!(
                "from the cut-over to the drop of {past} a write fails whose {to} cannot become \
                 {from}: --back NULL gives up the way back instead"
            ));
        }
        for what in self.facts.dependents().iter().filter(|what| !what.starts_with(FUNCTION)) {
            warnings.push(format!(
                "{what} stays with the old column, which is called {past} after the cut-over: make \
                 it anew before that is dropped"
            ));
        }
        for trigger in self.facts.triggers_after(&self.trigger_name()) {
            warnings.push(format!(
                "the trigger `{trigger}` comes after the one that fills the other column: what it \
                 writes into {column} does not reach that"
            ));
        }
        warnings
    }

    fn trigger_name(&self) -> String {
        names::trigger(&self.facts.column.name, "type")
    }

    fn table(&self) -> String {
        self.facts.sql()
    }

    fn function_name(&self) -> String {
        names::function(&self.facts.table.name, "sync", &self.facts.column.name).to_sql()
    }

    /// The condition under which a row is not filled in.
    fn left(&self) -> String {
        differ(&quoted(&self.next), &typed(&self.up_of_table(), &self.ty), self.images.1)
    }

    /// The query that counts the rows which are not filled in. An expression may give `NULL` where
    /// the column is to take none.
    fn verify(&self, told: bool) -> String {
        let (left, next) = (self.left(), quoted(&self.next));
        let missing = told && self.facts.column.not_null;
        let missing = if missing { format!(" OR {next} IS NULL") } else { String::new() };
        format!("SELECT count(*) FROM {} WHERE {left}{missing}", self.table())
    }

    /// What a server can be asked of the expressions.
    fn trials(&self) -> Vec<Trial> {
        let (table, column) = (self.table(), &self.facts.column.name);
        let up = typed(&self.up_of_table(), &self.ty);
        let down = typed(&self.down.over(column, column), self.facts.ty);
        let others = self.facts.table.columns.iter().filter(|other| other.name != *column);
        let columns = others.map(|other| quoted(&other.name)).chain([format!(
            "NULL::{} AS {}",
            self.ty,
            quoted(column)
        )]);
        let columns = columns.collect::<Vec<_>>().join(", ");
        vec![
            Trial { of: "--using", sql: format!("SELECT {up} FROM {table}") },
            Trial {
                of: BACK,
                sql: format!("SELECT {down} FROM (SELECT {columns} FROM {table}) t"),
            },
        ]
    }

    fn up_of_table(&self) -> String {
        let column = &self.facts.column.name;
        self.up.over(column, column)
    }

    /// The statement that makes the function: one column follows another.
    fn function(&self, replace: bool, forward: bool) -> String {
        let (target, value) = self.direction(forward);
        following(&self.function_name(), &target, &value, replace)
    }

    fn direction(&self, forward: bool) -> (String, String) {
        if forward {
            return (quoted(&self.next), self.up.of_row(self.facts));
        }
        (quoted(&self.past), self.down.of_row(self.facts))
    }

    fn trigger(&self, forward: bool) -> String {
        let (target, value) = self.direction(forward);
        let (ty, image) =
            if forward { (&self.ty, self.images.1) } else { (self.facts.ty, self.images.0) };
        let differs = differ(&format!("NEW.{target}"), &typed(&value, ty), image);
        let (name, function) = (self.trigger_name(), self.function_name());
        triggered(&name, &self.table(), &differs, &function)
    }

    fn drop_trigger(&self) -> String {
        format!("DROP TRIGGER {} ON {}", quoted(&self.trigger_name()), self.table())
    }

    fn expand(&self, warnings: &[String]) -> String {
        let (table, next, ty) = (self.table(), quoted(&self.next), &self.ty);
        let column = quoted(&self.facts.column.name);
        let mut sheet = Sheet::new(&format!(
            "Adds {next} to {table}, which follows {column} as {ty}. The contract gives it that \
             name; code only ever uses {column}."
        ));
        for warning in warnings {
            sheet.note(&format!("Look: {warning}."));
        }
        let blank = domains::left_empty(self.facts.schema, ty);
        sheet.say(&format!("ALTER TABLE {table} ADD COLUMN {next} {ty}{blank}"));
        sheet.say(&self.function(false, true));
        sheet.allow("create-trigger-blocking", BRIEFLY, &self.trigger(true));
        steps::keep(&mut sheet, &table, &self.twins, true);
        sheet.text()
    }

    fn expand_undo(&self) -> String {
        let next = quoted(&self.next);
        let mut sheet = Sheet::new(&format!("Takes {next} back, with what is over it."));
        let drop = format!("ALTER TABLE {} DROP COLUMN {next}", self.table());
        let together = [self.drop_trigger(), drop];
        sheet.together("Together, for rows are written all the time.", &together);
        sheet.say(&format!("DROP FUNCTION {}()", self.function_name()));
        sheet.text()
    }

    fn migrate(&self) -> String {
        let (table, next) = (self.table(), quoted(&self.next));
        let mut sheet = Sheet::new(&format!("Fills {next} in the rows that were there before it."));
        let (up, left) = (self.up_of_table(), self.left());
        let fill = format!("UPDATE {table} SET {next} = {up} WHERE {left}");
        sheet.say(&fill);
        sheet.text()
    }

    fn contract(&self) -> String {
        let (table, next, past) = (self.table(), quoted(&self.next), quoted(&self.past));
        let column = quoted(&self.facts.column.name);
        let dropped = self.facts.argument(&self.past);
        let mut sheet = Sheet::new(&format!(
            "The cut-over: from here on {column} is the new column, and the old one follows it as \
             {past}. It waits for code that can do with either type. Sessions with prepared \
             statements may see `cached plan must not change result type` once. When the \
             way back is no longer \
             needed, `migrate new --drop-old {dropped}` writes the change that drops {past}."
        ));
        steps::tighten(&mut sheet, &table, &self.twins);
        if self.facts.column.not_null {
            steps::require(&mut sheet, &table, &next, &self.facts.filled());
        }
        let mut together = vec![self.drop_trigger()];
        for (from, to) in [(&column, &past), (&next, &column)] {
            let sql = format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}");
            together.push(allowed("rename-column", SAME_NAME, &sql));
        }
        together.extend(self.move_default(&past, &column, true));
        together.extend(self.marks.iter().map(|mark| mark.forward(&table)));
        if self.may_be_null {
            let sql = format!("ALTER TABLE {table} ALTER COLUMN {past} DROP NOT NULL");
            together.push(allowed("drop-not-null", "no code reads the old column", &sql));
        }
        together.push(self.function(true, false));
        together.push(allowed("create-trigger-blocking", BRIEFLY, &self.trigger(false)));
        sheet.together(
            "All of it, or nothing: what a function says is read when it runs.",
            &together,
        );
        sheet.text()
    }

    /// Moves the default and the sequence from one column to another.
    fn move_default(&self, from: &str, to: &str, forward: bool) -> Vec<String> {
        let table = self.table();
        let mut moves = Vec::new();
        if let Some((new, back)) = &self.default {
            let ty = if forward { self.facts.ty } else { &self.ty };
            let clear = domains::no_default(self.facts.schema, ty);
            // What takes no NULL has to have something before the trigger fills it in.
            if domains::takes_null(self.facts.schema, ty) {
                moves.push(format!("ALTER TABLE {table} ALTER COLUMN {from} {clear}"));
            }
            let set = if forward { format!("SET DEFAULT {new}") } else { back.clone() };
            let set = format!("ALTER TABLE {table} ALTER COLUMN {to} {set}");
            let because = "it is the default that the old column had";
            moves.push(if forward { allowed("change-default", because, &set) } else { set });
        } else if let Some(change) = self.default_of_domain(forward) {
            let column = if forward { to } else { from };
            moves.push(format!("ALTER TABLE {table} ALTER COLUMN {column} {change}"));
        }
        if let Some(sequence) = &self.sequence {
            let sequence = sequence.to_sql();
            moves.push(format!("ALTER SEQUENCE {sequence} OWNED BY {table}.{to}"));
            let ty = if forward { &self.ty } else { self.facts.ty };
            if is_integer(ty) {
                moves.push(format!("ALTER SEQUENCE {sequence} AS {ty}"));
            }
        }
        moves
    }

    /// What gives the new column the default of its domain once it has taken over, where the old
    /// one has none; and what takes it away again.
    fn default_of_domain(&self, forward: bool) -> Option<&'static str> {
        let (schema, ty) = (self.facts.schema, &self.ty);
        let due = self.facts.column.default.is_none() && domains::default(schema, ty).is_some();
        due.then(|| if forward { "DROP DEFAULT" } else { domains::no_default(schema, ty) })
    }

    fn contract_undo(&self) -> String {
        let (table, next, past) = (self.table(), quoted(&self.next), quoted(&self.past));
        let column = quoted(&self.facts.column.name);
        let mut sheet = Sheet::new(&format!(
            "Gives {column} back to the old column, as long as {past} is there: the new one \
             follows it again as {next}. Run it by hand."
        ));
        let mut together = vec![self.drop_trigger()];
        for (from, to) in [(&column, &next), (&past, &column)] {
            together.push(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"));
        }
        together.extend(self.move_default(&next, &column, false));
        // An index that subscribers find rows by has no column that may be NULL.
        let mut known = self.marks.iter().map(|mark| mark.back(&table)).collect::<Vec<_>>();
        if self.facts.column.not_null {
            known.push(format!("ALTER TABLE {table} ALTER COLUMN {next} DROP NOT NULL"));
        }
        let later = self.may_be_null && !self.marks.is_empty();
        if !later {
            together.append(&mut known);
        }
        together.push(self.function(true, true));
        together.push(self.trigger(true));
        sheet.together("All of it, or nothing.", &together);
        if self.may_be_null {
            steps::require(&mut sheet, &table, &column, &self.facts.filled());
        }
        for sql in &known {
            sheet.say(sql);
        }
        steps::doubt(&mut sheet, &table, &self.twins);
        sheet.text()
    }
}
