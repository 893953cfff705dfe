//! Safe statements that put a new column in the place of an old one, or fill a new one.

use super::not_null_steps;
use super::table_sql;
use super::update_in_batches;
use super::validated_later;
use crate::effect::AddColumn;
use crate::effect::ChangeType;
use crate::effect::Filling;
use crate::effect::RenameColumn;
use crate::effect::Replaced;
use crate::effect::Restricted;
use crate::effect::Target;
use crate::sql::Name;
use crate::sql::quote_identifier;
use crate::version::Major;

/// How a column gets another type by way of a new column.
pub(super) fn retype_steps(change: &ChangeType, postgres: Major) -> Vec<String> {
    let domain = change.restricted.as_ref();
    let ty = domain.map_or(&change.to, |domain| &domain.base).to_string();
    let collation = change.collation.as_ref().map(|name| format!(" COLLATE {}", name.to_sql()));
    let added = format!("{}_new", change.column);
    let column = quote_identifier(&change.column);
    let value = match &change.using {
        Some(using) if !change.only_casts => Value::Computed(using.clone()),
        _ => Value::Cast(format!("::{ty}")),
    };
    // Only a plain cast is known to have a way back.
    let from = change.from.as_ref().filter(|_| change.only_casts);
    let beside = Beside {
        table: &change.table,
        old: column,
        new: quote_identifier(&added),
        sync: quote_identifier(&format!("{}_{added}_sync", change.table.name.name)),
        ty: ty + &collation.unwrap_or_default(),
        value,
        back: from.map(|from| format!("::{from}")),
        replaced: change.old,
        comparable: change.comparable,
    };
    let mut checks = Vec::new();
    if let Some(domain) = domain {
        checks.extend(domain_steps(&change.table.name, &added, domain));
        if domain.not_null {
            checks.extend(not_null_steps(&change.table.name, &added, postgres));
        }
    }
    beside.steps(checks)
}

/// How a column gets another name by way of a new column.
pub(super) fn rename_steps(rename: &RenameColumn) -> Vec<String> {
    let ty = rename.ty.as_ref().map_or_else(|| "<type>".to_owned(), ToString::to_string);
    let beside = Beside {
        table: &rename.table,
        old: quote_identifier(&rename.column),
        new: quote_identifier(&rename.to),
        sync: quote_identifier(&format!("{}_{}_sync", rename.table.name.name, rename.to)),
        ty,
        value: Value::Cast(String::new()),
        back: Some(String::new()),
        replaced: rename.old,
        comparable: rename.old.comparable,
    };
    beside.steps(Vec::new())
}

/// The change of a type itself.
pub(super) fn retype(change: &ChangeType) -> String {
    let collation = change.collation.as_ref().map(|name| format!(" COLLATE {}", name.to_sql()));
    let using = change.using.as_ref().map(|using| format!(" USING {using}"));
    format!(
        "ALTER TABLE {} ALTER COLUMN {} TYPE {}{}{};",
        table_sql(&change.table.name),
        quote_identifier(&change.column),
        change.to,
        collation.unwrap_or_default(),
        using.unwrap_or_default()
    )
}

/// What a new column holds, going by the old one.
enum Value {
    /// The same, with a cast to its type; none where the type is the same.
    Cast(String),
    /// An expression over the row.
    Computed(String),
}

/// A new column beside an old one, each as SQL.
struct Beside<'a> {
    table: &'a Target,
    old: String,
    new: String,
    /// The trigger and its function.
    sync: String,
    ty: String,
    value: Value,
    /// The cast back, where there is a way back.
    back: Option<String>,
    replaced: Replaced,
    /// Values of the new column can be told apart by `=`.
    comparable: bool,
}

impl Beside<'_> {
    /// Add, keep in step, fill, check, drop the old one when nobody names it.
    fn steps(&self, checks: Vec<String>) -> Vec<String> {
        let Beside { old, new, sync, ty, .. } = self;
        let sql = table_sql(&self.table.name);
        let mut steps = vec![format!("ALTER TABLE {sql} ADD COLUMN {new} {ty};")];
        let later = "-- later, in a contract phase, when no running release names the old column";
        let mut last = vec![later.to_owned()];
        if self.replaced.filling == Filling::Expression {
            let hint = "-- the old column is generated: before old rows are filled, a trigger has \
                        to make the\n-- new one from what the old one is made of";
            steps.push(hint.to_owned());
        } else {
            steps.push(self.function());
            steps.push(trigger(&sql, sync));
            last.push(format!("DROP TRIGGER {sync} ON {sql};\nDROP FUNCTION {sync}();"));
        }
        if self.replaced.filling == Filling::Default {
            let hint = "-- here the new column needs the default that the old one had";
            last.push(hint.to_owned());
        }
        last.push(format!("ALTER TABLE {sql} DROP COLUMN {old};"));
        let (value, there) = match &self.value {
            Value::Cast(cast) => (format!("{old}{cast}"), format!("{old} IS NOT NULL")),
            Value::Computed(value) => (value.clone(), format!("({value}) IS NOT NULL")),
        };
        // What was written to the new column meanwhile stays.
        let left = format!("{new} IS NULL AND {there}");
        steps.push(update_in_batches(self.table, &format!("{new} = {value}"), Some(&left)));
        steps.extend(checks);
        steps.push(last.join("\n"));
        steps
    }

    /// The function that carries what is written into one column over into the other.
    fn function(&self) -> String {
        let Beside { old, new, sync, .. } = self;
        let value = match &self.value {
            Value::Cast(cast) => format!("NEW.{old}{cast}"),
            Value::Computed(value) => computed(&self.table.name, value),
        };
        let (new_row, old_row) = (format!("NEW.{new}"), format!("OLD.{new}"));
        let (one, other) = (format!("NEW.{old}"), format!("OLD.{old}"));
        let changed = compared(self.replaced.comparable, &one, "DISTINCT FROM", &other);
        let compare = |is: &str, other: &str| compared(self.comparable, &new_row, is, other);
        let mut insert = format!("{new_row} := COALESCE({new_row}, {value});");
        let (mut alone, mut back) = (String::new(), String::new());
        if let Some(cast) = &self.back {
            if self.replaced.filling == Filling::Nothing {
                insert = format!("{insert}\n    {one} := COALESCE({one}, {new_row}{cast});");
            }
            // What only says the same in another type is not carried back.
            let more = match &self.value {
                Value::Cast(cast) if cast.is_empty() => String::new(),
                _ => format!("\n    AND {}", compare("DISTINCT FROM", &value)),
            };
            let written = compare("DISTINCT FROM", &old_row);
            back = format!("\n  ELSIF {written}{more} THEN\n    {one} := {new_row}{cast};");
        } else {
            alone = format!("\n    AND {}", compare("NOT DISTINCT FROM", &old_row));
        }
        format!(
            "{}CREATE FUNCTION {sync}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  \
             IF TG_OP = 'INSERT' THEN\n    {insert}\n  ELSIF {changed}{alone} THEN\n    \
             {new_row} := {value};{back}\n  END IF;\n  RETURN NEW;\nEND $$;",
            self.warning()
        )
    }

    /// What the trigger cannot do.
    fn warning(&self) -> &'static str {
        match (&self.back, self.replaced.filling) {
            (None, _) => {
                "-- the new release has to write both columns: only what is written to the old \
                 one is carried over\n"
            }
            (Some(_), Filling::Default) => {
                "-- the old column has a default: an INSERT of the new release has to write both \
                 columns\n"
            }
            (Some(_), Filling::Unknown) => {
                "-- if the old column has a default, an INSERT of the new release has to write \
                 both columns\n"
            }
            (Some(_), Filling::Nothing | Filling::Expression) => "",
        }
    }
}

/// A comparison of two values, as text where their type has no `=` that tells them apart.
fn compared(comparable: bool, one: &str, is: &str, other: &str) -> String {
    let text = if comparable { "" } else { "::text" };
    format!("{one}{text} IS {is} {other}{text}")
}

/// An expression over the row that a trigger sees: names in it mean the columns of that row.
fn computed(table: &Name, expression: &str) -> String {
    format!("(SELECT {expression} FROM (SELECT NEW.*) AS {})", quote_identifier(&table.name))
}

/// The trigger that calls a function of its own name for each row that is written.
fn trigger(sql: &str, name: &str) -> String {
    format!(
        "SET lock_timeout = '2s';\nCREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {sql}\n  \
         FOR EACH ROW EXECUTE FUNCTION {name}();"
    )
}

/// How a plain column does what a stored generated one does.
pub(super) fn computed_steps(add: &AddColumn, expression: &str, postgres: Major) -> Vec<String> {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let name = quote_identifier(&format!("{}_{}_fill", add.table.name.name, add.column));
    let left = format!("{column} IS NULL AND ({expression}) IS NOT NULL");
    let mut steps = vec![
        format!("ALTER TABLE {sql} ADD COLUMN {column} {};", add.ty),
        format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  \
             NEW.{column} := {};\n  RETURN NEW;\nEND $$;",
            computed(&add.table.name, expression)
        ),
        trigger(&sql, &name),
        update_in_batches(&add.table, &format!("{column} = {expression}"), Some(&left)),
    ];
    if add.not_null {
        steps.extend(not_null_steps(&add.table.name, &add.column, postgres));
    }
    steps
}

/// How a column numbers rows without a rewrite: new ones by a sequence, old ones in batches.
pub(super) fn numbered_steps(
    add: &AddColumn,
    ty: &str,
    options: &str,
    postgres: Major,
) -> Vec<String> {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let sequence = sequence_of(add);
    let next = format!("nextval('{}')", sequence.replace('\'', "''"));
    // A sequence counts in `bigint` unless it is told.
    let counts = if ty == "bigint" { String::new() } else { format!(" AS {ty}") };
    let options = if options.is_empty() { String::new() } else { format!(" {options}") };
    let left = format!("{column} IS NULL");
    let mut steps = vec![
        format!("ALTER TABLE {sql} ADD COLUMN {column} {ty};"),
        format!("CREATE SEQUENCE {sequence}{counts}{options} OWNED BY {sql}.{column};"),
        format!("ALTER TABLE {sql} ALTER COLUMN {column} SET DEFAULT {next};"),
        update_in_batches(&add.table, &format!("{column} = {next}"), Some(&left)),
    ];
    steps.extend(not_null_steps(&add.table.name, &add.column, postgres));
    steps
}

/// The sequence of a new column, in the schema of its table, as SQL.
pub(super) fn sequence_of(add: &AddColumn) -> String {
    let name = format!("{}_{}_seq", add.table.name.name, add.column);
    table_sql(&Name { schema: add.table.name.schema.clone(), name })
}

/// What a domain checks of its values, as a `CHECK` of a column that is added and then validated.
pub(super) fn domain_steps(table: &Name, column: &str, domain: &Restricted) -> Vec<String> {
    let value = quote_identifier(column);
    let conditions: Vec<String> =
        domain.conditions.iter().map(|condition| condition.with_value(&value)).collect();
    let condition = match conditions.as_slice() {
        [] => return Vec::new(),
        [only] => only.clone(),
        several => format!("({})", several.join(") AND (")),
    };
    let name = format!("{}_{column}_check", table.name);
    validated_later(table, &name, &format!("CHECK ({condition})"))
}
