//! Objects that a contract names, and how the catalog finds them.

use crate::db::literal;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::TypeName;

/// An object, as a contract names it.
pub(super) enum What {
    /// A table, a view, an index, a sequence.
    Relation(Name),
    /// A column, with its table.
    Column(Name, String),
    /// What a column is filled with, with its table.
    Default(Name, String),
    /// A constraint, with its table.
    Constraint(Name, String),
    /// A function, with the types of its arguments where they are written.
    Function(Name, Option<Vec<TypeName>>),
    /// A type.
    Type(Name),
    /// A schema.
    Schema(String),
    /// An object that its name alone finds: where it is listed, and under which name.
    Plain(Listed, String),
    /// What hangs on a table: where it is listed, its table, and its name.
    Attached(Listed, Name, String),
}

/// A list of the catalog, with its columns for names and for the table.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    list: &'static str,
    name: &'static str,
    table: &'static str,
}

impl What {
    /// A column.
    pub(super) fn column(table: &Name, column: &str) -> What {
        What::Column(table.clone(), column.to_owned())
    }

    /// An object of one of the other kinds, on its table if it has one; none of a kind on which
    /// nothing hangs.
    pub(super) fn other(kind: ObjectKind, name: &str, on: Option<&Name>) -> Option<What> {
        let listed = |list, name, table| Listed { list, name, table };
        let listed = match kind {
            ObjectKind::Trigger => listed("pg_trigger", "tgname", "tgrelid"),
            ObjectKind::Policy => listed("pg_policy", "polname", "polrelid"),
            ObjectKind::Rule => listed("pg_rewrite", "rulename", "ev_class"),
            ObjectKind::Extension => listed("pg_extension", "extname", ""),
            ObjectKind::Publication => listed("pg_publication", "pubname", ""),
            ObjectKind::Language => listed("pg_language", "lanname", ""),
            ObjectKind::Server => listed("pg_foreign_server", "srvname", ""),
            ObjectKind::ForeignDataWrapper => listed("pg_foreign_data_wrapper", "fdwname", ""),
            ObjectKind::AccessMethod => listed("pg_am", "amname", ""),
            _ => return None,
        };
        let name = name.to_owned();
        Some(match on {
            Some(table) if !listed.table.is_empty() => What::Attached(listed, table.clone(), name),
            _ if listed.table.is_empty() => What::Plain(listed, name),
            _ => return None,
        })
    }

    /// Asks for it: its class, its number and, of a column, its place.
    pub(super) fn query(&self) -> String {
        match self {
            What::Relation(name) => {
                format!("SELECT 'pg_class'::regclass::oid, {}, 0", relation(name))
            }
            What::Column(table, column) => format!(
                "SELECT 'pg_class'::regclass::oid, attrelid, attnum::int FROM pg_attribute
                 WHERE attname = {} AND NOT attisdropped AND (attrelid = {1} OR NOT attislocal
                    AND attrelid IN (SELECT oid FROM ({2}) AS below))",
                literal(column),
                relation(table),
                below(table)
            ),
            What::Default(table, column) => format!(
                "SELECT 'pg_attrdef'::regclass::oid, d.oid, 0
                 FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid
                    AND a.attnum = d.adnum
                 WHERE a.attrelid = {} AND a.attname = {}",
                relation(table),
                literal(column)
            ),
            What::Constraint(table, constraint) => format!(
                "SELECT 'pg_constraint'::regclass::oid, oid, 0 FROM pg_constraint
                 WHERE conrelid = {} AND conname = {}",
                relation(table),
                literal(constraint)
            ),
            What::Function(name, arguments) => function(name, arguments.as_deref()),
            What::Type(name) => format!(
                "SELECT 'pg_type'::regclass::oid, to_regtype({})::oid, 0",
                literal(&name.to_sql())
            ),
            What::Schema(name) => format!(
                "SELECT 'pg_namespace'::regclass::oid, oid, 0 FROM pg_namespace WHERE nspname = {}",
                literal(name)
            ),
            What::Plain(Listed { list, name, .. }, called) => format!(
                "SELECT '{list}'::regclass::oid, oid, 0 FROM {list} WHERE {name} = {}",
                literal(called)
            ),
            What::Attached(Listed { list, name, table }, on, called) => format!(
                "SELECT '{list}'::regclass::oid, oid, 0 FROM {list}
                 WHERE {table} = {} AND {name} = {}",
                relation(on),
                literal(called)
            ),
        }
    }

    /// The name that a text has which names it.
    pub(super) fn word(&self) -> &str {
        match self {
            What::Relation(name) | What::Function(name, _) | What::Type(name) => &name.name,
            What::Column(_, name)
            | What::Default(_, name)
            | What::Constraint(_, name)
            | What::Schema(name)
            | What::Plain(_, name)
            | What::Attached(_, _, name) => name,
        }
    }
}

/// The number of a relation.
pub(super) fn relation(name: &Name) -> String {
    format!("to_regclass({})::oid", literal(&name.to_sql()))
}

/// Asks for a table with all that inherit from it, partitions included.
pub(super) fn below(table: &Name) -> String {
    format!(
        "WITH RECURSIVE line (oid) AS (
            SELECT {} UNION
            SELECT i.inhrelid FROM pg_inherits i JOIN line ON i.inhparent = line.oid)
         SELECT oid FROM line",
        relation(table)
    )
}

/// Asks for a function. Of several by one name, where it is not told which is meant, the server
/// will say so.
fn function(name: &Name, arguments: Option<&[TypeName]>) -> String {
    let place = match &name.schema {
        Some(schema) => format!("n.nspname = {}", literal(schema)),
        None => "pg_function_is_visible(p.oid)".to_owned(),
    };
    let types: Vec<String> = arguments
        .into_iter()
        .flatten()
        .map(|ty| format!("coalesce(to_regtype({})::oid::text, '-')", literal(&ty.to_string())))
        .collect();
    let meant = match arguments {
        Some(_) if types.is_empty() => "p.pronargs = 0".to_owned(),
        Some(_) => format!("p.proargtypes::text = concat_ws(' ', {})", types.join(", ")),
        None => "false".to_owned(),
    };
    format!(
        "SELECT 'pg_proc'::regclass::oid, known.oid, 0 FROM (
            SELECT p.oid, {meant} AS meant, count(*) OVER () AS count
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.proname = {} AND {place}) AS known
         WHERE meant OR count = 1",
        literal(&name.name)
    )
}
