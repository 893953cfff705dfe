//! Which names of code stand for which tables and columns, as the declarations of object mappers
//! say it.

mod classes;
mod enums;
mod indented;
mod managed;
mod native;
mod script;

pub(super) use classes::Class;
pub(super) use classes::classes;

use super::Language;
use super::spelling;
use super::token::File;
use crate::sql::Span;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// A class, struct or variable that stands for a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Model {
    /// Its name in code.
    pub(super) name: String,
    /// The language it is declared in.
    pub(super) language: Option<Language>,
    /// The table, where it is told.
    pub(super) table: Option<String>,
    /// The table would have this before its name, where it is not told.
    pub(super) prefix: Option<String>,
    /// Its fields whose columns are told.
    pub(super) fields: Vec<Field>,
    /// The keys of all names that stand right in it.
    pub(super) members: Vec<String>,
    /// Columns it was told not to read.
    pub(super) ignored: Vec<String>,
    /// Its members are columns, not values of a row: `users.email` is `users.email`.
    pub(super) is_table: bool,
    /// The place where its table is named, or its own name.
    pub(super) at: Span,
    /// All of its declaration.
    pub(super) whole: Span,
}

/// A field of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in code.
    pub(super) name: String,
    /// The column it stands for.
    pub(super) column: String,
    /// The place of its name.
    pub(super) at: Span,
    /// The place where the column is told.
    pub(super) told: Span,
}

impl Field {
    /// A field by the tokens of its name and of its column.
    fn at(file: &File, name: usize, column: usize) -> Field {
        let (at, told) = (file.tokens[name].span, file.tokens[column].span);
        Field { name: file.at(name).to_owned(), column: file.at(column).to_owned(), at, told }
    }
}

/// An enumeration of code that stands for a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Enumeration {
    /// Its name in code.
    pub(super) name: String,
    /// The type, where it is told.
    pub(super) of: Option<String>,
    /// It was told that it is a type of the database.
    pub(super) told: bool,
    /// The place where its type is named, or its own name.
    pub(super) at: Span,
    /// All of its declaration.
    pub(super) whole: Span,
}

/// What the files of a project declare of its database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    pub(super) models: Vec<Model>,
    pub(super) enums: Vec<Enumeration>,
}

impl Declarations {
    /// Adds those of another file.
    pub fn merge(&mut self, other: Declarations) {
        self.models.extend(other.models);
        self.enums.extend(other.enums);
    }
}

impl Model {
    /// Whether it stands for this table.
    pub(super) fn maps(&self, table: &str) -> bool {
        if let Some(told) = &self.table {
            return told == table;
        }
        let prefix = self.prefix.as_ref();
        let rest = prefix.and_then(|prefix| table.strip_prefix(prefix.as_str()));
        let keys = spelling::both(rest.unwrap_or(table));
        keys.iter().any(|key| spelling::has_key(&self.name, key))
    }

    /// The names of code that were told to stand for a column.
    pub(super) fn names_of<'m>(&'m self, column: &'m str) -> impl Iterator<Item = &'m str> {
        let of = move |field: &&Field| field.column == column;
        self.fields.iter().filter(of).map(|field| field.name.as_str())
    }

    /// Whether a name in it was told to stand for another column than this.
    pub(super) fn is_other(&self, name: &str, column: &str) -> bool {
        let mut fields = self.fields.iter().filter(|field| field.name == name);
        fields.next().is_some_and(|field| field.column != column)
    }
}

impl Enumeration {
    /// Whether it stands for this type.
    pub(super) fn maps(&self, of: &str) -> bool {
        match &self.of {
            Some(told) => told == of,
            None => spelling::both(of).iter().any(|key| spelling::has_key(&self.name, key)),
        }
    }
}

/// Of these words a file that declares anything has one.
const MARKS: &[&str] = &[
    "@Entity",
    "@MappedEntity",
    "@Table",
    "pgTable",
    "pgView",
    "pgMaterializedView",
    "pgEnum",
    "pgSchema",
    ".define(",
    ".init(",
    "tableName",
    "EntitySchema",
    "extends Model",
    "extends BaseModel",
    "__tablename__",
    "Table(",
    "models.Model",
    "models.",
    "SQLModel",
    "Record",
    "Sequel::Model",
    "schema \"",
    "gorm:",
    "gorm.Model",
    "db:\"",
    "bun:",
    "table!",
    "diesel(",
    "sea_orm(",
    "FromRow",
    "sqlx(",
    "TableImpl",
    "Table[",
    "[Table",
    "ToTable",
    "DbSet<",
    "DbContext",
    "ORM\\",
    "Authenticatable",
    "extends Pivot",
    "enum ",
    "Enum",
];

static DECLARES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS).ok());

/// What a file declares.
pub fn declarations(path: &str, text: &str) -> Declarations {
    let Some(language) = Language::of(path) else { return Declarations::default() };
    let none = matches!(
        language,
        Language::Sql | Language::Data | Language::GraphQl | Language::Template(_)
    );
    let marked = || DECLARES.as_ref().is_none_or(|marks| marks.is_match(text));
    if none || (language != Language::Prisma && !marked()) {
        return Declarations::default();
    }
    of_file(path, &File::read(text, language))
}

/// What a file that was read declares.
pub(super) fn of_file(path: &str, file: &File) -> Declarations {
    use Language as L;
    let classes = classes(file);
    let mut models = match file.language {
        L::JavaScript | L::Prisma => script::models(file, &classes),
        L::Python | L::Ruby | L::Elixir => indented::models(path, file, &classes),
        L::Go | L::Rust => native::models(file, &classes),
        L::Java | L::Kotlin | L::Scala | L::CSharp | L::Php => managed::models(file, &classes),
        _ => Vec::new(),
    };
    for model in &mut models {
        model.language = Some(file.language);
        model.members.sort_unstable();
        model.members.dedup();
    }
    Declarations { models, enums: enums::enums(file, &classes) }
}
