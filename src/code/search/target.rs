//! One object that is looked for, with the names by which code may know it.

use crate::code::Declarations;
use crate::code::Kind;
use crate::code::Wanted;
use crate::code::spelling;
use crate::sql::Name;

/// One object that is looked for.
pub(super) struct Target {
    pub(super) wanted: Wanted,
    /// The keys of its name in code; for a column those of the fields that stand for it too.
    pub(super) keys: Vec<String>,
    /// The words of each of these names.
    pub(super) words: Vec<Vec<String>>,
    /// The relation, or the type, that it is or belongs to.
    pub(super) table: String,
    /// The keys of the relation: singular and plural, and the models that stand for it.
    pub(super) tables: Vec<String>,
    /// Models that stand for the relation, by their place among the declarations.
    pub(super) models: Vec<usize>,
    /// Its name says something where it stands alone.
    pub(super) telling: bool,
    /// Words for people: `users.email`.
    pub(super) shown: String,
}

impl Target {
    pub(super) fn new(wanted: &Wanted, declarations: &Declarations) -> Target {
        let part = matches!(wanted.kind, Kind::Column | Kind::EnumValue);
        let table = wanted.table.clone().filter(|_| part).unwrap_or_else(|| wanted.name.clone());
        let mut names = vec![wanted.name.clone()];
        let mut tables = spelling::both(&table).to_vec();
        tables.push(spelling::key(&table));
        let mut models = Vec::new();
        let mut others = false;
        for (at, model) in declarations.models.iter().enumerate() {
            let maps = model.maps(&table);
            if maps {
                models.push(at);
                tables.push(spelling::key(&model.name));
            }
            if wanted.kind == Kind::Column {
                let key = spelling::key(&wanted.name);
                if maps {
                    names.extend(model.names_of(&wanted.name).map(str::to_owned));
                } else {
                    others |= model.names_of(&wanted.name).next().is_some();
                    others |= model.members.binary_search(&key).is_ok();
                }
            }
        }
        for list in [&mut names, &mut tables] {
            list.sort_unstable();
            list.dedup();
        }
        let keys = names.iter().map(|name| spelling::key(name)).collect();
        let words = names.iter().map(|name| spelling::words(name)).collect();
        let shown = match &wanted.table {
            Some(table) if part => format!("{table}.{}", wanted.name),
            _ => wanted.name.clone(),
        };
        let telling = spelling::is_telling(&wanted.name) && !others;
        Target { wanted: wanted.clone(), keys, words, table, tables, models, telling, shown }
    }

    /// Whether SQL that names this relation, type or function means this one.
    pub(super) fn is_table(&self, name: &Name) -> bool {
        let schema = |known: &String, said: &String| known == said;
        let same = match (&self.wanted.schema, &name.schema) {
            (Some(known), Some(said)) => schema(known, said),
            _ => true,
        };
        name.name == self.table && same
    }

    /// Spellings of which a file that uses it has one, whatever the case: for a column and for the
    /// value of a type those of what it belongs to, unless its own name is telling.
    pub(super) fn needed(&self) -> Vec<String> {
        let part = matches!(self.wanted.kind, Kind::Column | Kind::EnumValue);
        let mut found = if self.telling || !part { self.names() } else { Vec::new() };
        if part {
            add(&self.table, &mut found);
            for key in &self.tables {
                add(key, &mut found);
            }
            for word in spelling::both_snake(&self.table) {
                add(&word, &mut found);
            }
        }
        found
    }

    /// Spellings of its own name.
    pub(super) fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        add(&self.wanted.name, &mut found);
        for key in &self.keys {
            add(key, &mut found);
        }
        if !matches!(self.wanted.kind, Kind::Column | Kind::EnumValue) {
            for key in &self.tables {
                add(key, &mut found);
            }
            for word in spelling::both_snake(&self.table) {
                add(&word, &mut found);
            }
        }
        found
    }
}

/// The spellings of a name.
fn add(name: &str, found: &mut Vec<String>) {
    let snake = spelling::snake(name);
    if !snake.is_empty() {
        found.extend([snake.replace('_', ""), snake, name.to_lowercase()]);
    }
}
