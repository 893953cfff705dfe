//! Triggers that keep two columns alike by which of them changed, and not by who writes.

use super::facts::Facts;
use super::names;
use super::names::quoted;
use crate::effect::differ;

/// Two columns of a table; names as SQL writes them.
pub(super) struct Sync {
    pub(super) table: String,
    pub(super) function: String,
    insert: String,
    update: String,
    /// What comes after the triggers of users in the order of names.
    pub(super) first_trigger: String,
    old: String,
    new: String,
    image: &'static str,
}

impl Sync {
    /// Keeps `new` like the column that the facts are of.
    pub(super) fn of(facts: &Facts, new: &str) -> Sync {
        let trigger = |event: &str| names::trigger(new, event);
        Sync {
            table: facts.sql(),
            function: names::function(&facts.table.name, "sync", new).to_sql(),
            insert: quoted(&trigger("insert")),
            update: quoted(&trigger("update")),
            first_trigger: trigger("insert"),
            old: quoted(&facts.column.name),
            new: quoted(new),
            image: facts.image(facts.ty),
        }
    }

    /// The same with the columns in each other's place, under the same names of triggers.
    pub(super) fn mirrored(&self) -> Sync {
        Sync {
            table: self.table.clone(),
            function: self.function.clone(),
            insert: self.insert.clone(),
            update: self.update.clone(),
            first_trigger: self.first_trigger.clone(),
            old: self.new.clone(),
            new: self.old.clone(),
            image: self.image,
        }
    }

    fn differ(&self, one: &str, other: &str) -> String {
        differ(one, other, self.image)
    }

    /// The condition under which a row is not filled in, or is out of step.
    pub(super) fn left(&self) -> String {
        self.differ(&self.new, &self.old)
    }

    /// The statement that fills the new column in.
    pub(super) fn fill(&self) -> String {
        let Sync { table, old, new, .. } = self;
        format!("UPDATE {table} SET {new} = {old} WHERE {}", self.left())
    }

    /// The query that counts the rows that are left.
    pub(super) fn count(&self) -> String {
        format!("SELECT count(*) FROM {} WHERE {}", self.table, self.left())
    }

    /// The statement that makes the function, or one that takes the place of another.
    pub(super) fn function(&self, replace: bool) -> String {
        let Sync { function, old, new, .. } = self;
        let or_replace = if replace { "OR REPLACE " } else { "" };
        let changed = self.differ(&format!("NEW.{new}"), &format!("OLD.{new}"));
        format!(
            "CREATE {or_replace}FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.{new} IS NULL THEN
      NEW.{new} := NEW.{old};
    ELSE
      NEW.{old} := NEW.{new};
    END IF;
  ELSIF {changed} THEN
    NEW.{old} := NEW.{new};
  ELSE
    NEW.{new} := NEW.{old};
  END IF;
  RETURN NEW;
END $$"
        )
    }

    /// The statements that make the triggers. Their conditions keep the function from being called
    /// for rows where neither column changes and both are alike.
    pub(super) fn triggers(&self) -> [String; 2] {
        let Sync { table, function, insert, update, old, new, .. } = self;
        let differs = self.differ(&format!("NEW.{new}"), &format!("NEW.{old}"));
        let other_old = self.differ(&format!("NEW.{old}"), &format!("OLD.{old}"));
        let other_new = self.differ(&format!("NEW.{new}"), &format!("OLD.{new}"));
        [
            format!(
                "CREATE TRIGGER {insert} BEFORE INSERT ON {table}
  FOR EACH ROW WHEN ({differs})
  EXECUTE FUNCTION {function}()"
            ),
            format!(
                "CREATE TRIGGER {update} BEFORE UPDATE ON {table}
  FOR EACH ROW WHEN ({other_old}
    OR {other_new}
    OR {differs})
  EXECUTE FUNCTION {function}()"
            ),
        ]
    }

    /// The statements that drop the triggers.
    pub(super) fn drop_triggers(&self) -> [String; 2] {
        let Sync { table, insert, update, .. } = self;
        [insert, update].map(|name| format!("DROP TRIGGER {name} ON {table}"))
    }

    /// The statement that drops the function.
    pub(super) fn drop_function(&self) -> String {
        format!("DROP FUNCTION {}()", self.function)
    }
}
