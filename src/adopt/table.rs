//! The tables of a database that tools keep their lists in: looked for by name in all schemas, and
//! told apart by their columns.

use super::tool::Answer;

/// A table that may be a tool's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its columns and their types, in order.
    pub columns: Vec<(String, String)>,
    /// Whether the role may read it.
    pub readable: bool,
    /// Its place on the search path, if it is found by that.
    pub on_path: Option<usize>,
}

impl Table {
    /// It in a statement.
    pub fn sql(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// It in a message.
    pub fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// The type of a column.
    pub fn type_of(&self, column: &str) -> Option<&str> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map(|(_, type_name)| type_name.as_str())
    }

    /// Whether it has all of these columns.
    pub fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.type_of(column).is_some())
    }

    /// A column as text; null where older versions of a tool had none.
    pub(super) fn text(&self, column: &str) -> String {
        if self.has(&[column]) { format!("{}::text", quoted(column)) } else { "NULL".to_owned() }
    }

    /// A column that holds a time, as ISO 8601 has it. The session's zone is UTC.
    pub(super) fn time(&self, column: &str) -> String {
        let zone = match self.type_of(column) {
            Some("timestamp with time zone") => "\"Z\"",
            Some("timestamp without time zone") => "",
            _ => return self.text(column),
        };
        format!("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS{zone}')", quoted(column))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The question which of the tables that tools keep are there: a row a column.
///
/// The first answer is the search path; after it nothing is looked up by it any more.
pub fn look() -> String {
    let mut names: Vec<&str> =
        super::tools().iter().flat_map(|tool| tool.tables()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!(
        "SELECT unnest(pg_catalog.current_schemas(false))::text;
         SET LOCAL search_path = '';
         SELECT n.nspname::text, c.relname::text, a.attname::text,
             pg_catalog.format_type(a.atttypid, NULL),
             pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
         FROM pg_catalog.pg_class c
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_catalog.pg_attribute a
             ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relkind IN ('r', 'p') AND c.relname IN ({})
             AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)
         ORDER BY n.nspname, c.relname, a.attnum",
        names.join(", ")
    )
}

/// What the answers to [`look`] say: those on the search path first, in its order.
pub fn tables(answers: &[Answer]) -> Vec<Table> {
    let rows = |at: usize| answers.get(at).map(Vec::as_slice).unwrap_or_default();
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten();
    let path: Vec<String> = rows(0).iter().filter_map(|row| text(row, 0)).collect();
    let mut found: Vec<Table> = Vec::new();
    for row in rows(2) {
        let (Some(schema), Some(name)) = (text(row, 0), text(row, 1)) else { continue };
        let column = (text(row, 2).unwrap_or_default(), text(row, 3).unwrap_or_default());
        match found.last_mut().filter(|last| last.schema == schema && last.name == name) {
            Some(last) => last.columns.push(column),
            None => found.push(Table {
                on_path: path.iter().position(|known| *known == schema),
                readable: text(row, 4).as_deref() == Some("t"),
                columns: vec![column],
                schema,
                name,
            }),
        }
    }
    found.sort_by_key(|table| (table.on_path.is_none(), table.on_path));
    found
}
