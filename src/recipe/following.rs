//! A column that follows another one: the function and the trigger by which it does, made and found
//! again.

use super::facts::Facts;
use super::names;
use super::names::is_form;
use super::names::quoted;
use crate::schema::Trigger;
use crate::sql::Name;
use crate::sql::TypeName;

/// A value as it is once a column of a type has it.
pub(super) fn typed(value: &str, ty: &TypeName) -> String {
    let cast = format!("::{ty}");
    if value.ends_with(&cast) { value.to_owned() } else { format!("({value}){cast}") }
}

/// The statement that makes a function by which a column gets a value.
pub(super) fn following(function: &str, target: &str, value: &str, replace: bool) -> String {
    let or_replace = if replace { "OR REPLACE " } else { "" };
    format!(
        "CREATE {or_replace}FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.{target} := {value};
  RETURN NEW;
END $$"
    )
}

/// The statement that makes a trigger which calls it.
pub(super) fn triggered(name: &str, table: &str, when: &str, function: &str) -> String {
    let name = quoted(name);
    format!(
        "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table}
  FOR EACH ROW WHEN ({when})
  EXECUTE FUNCTION {function}()"
    )
}

/// What fills the old column in.
pub(super) struct Follows {
    pub(super) trigger: String,
    pub(super) function: Name,
    /// Its value, over the row that the trigger sees.
    pub(super) value: String,
}

impl Follows {
    /// Finds it; of a trigger that anybody else made, or of a column that does not only follow,
    /// there is none.
    pub(super) fn find(facts: &Facts) -> Option<Follows> {
        let set = format!("NEW.{} := ", quoted(&facts.column.name));
        facts.table.triggers.iter().find_map(|trigger| {
            let functions = facts.schema.functions(&trigger.function);
            let body = functions.iter().find_map(|function| function.body.as_deref())?;
            let (_, rest) = body.split_once(&set).filter(|_| is_cut_over(facts, trigger))?;
            let (value, _) = rest.split_once(";\n  RETURN NEW;")?;
            Some(Follows {
                trigger: trigger.name.clone(),
                function: facts.schema.resolve_function(&trigger.function),
                value: value.to_owned(),
            })
        })
    }
}

/// Whether a trigger is that of a change of type whose old column this is: the trigger has the name
/// of the column that is now in its place.
fn is_cut_over(facts: &Facts, trigger: &Trigger) -> bool {
    let past = facts.column.name.as_str();
    let current = facts.table.columns.iter().map(|column| column.name.as_str());
    current
        .filter(|name| names::trigger(name, "type") == trigger.name)
        .any(|name| is_form(past, &format!("{name}_old")))
}
