//! `CREATE TABLE`: columns, constraints, partitions.

use super::data;
use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Misread;
use crate::sql::cursor::Read;
use crate::sql::expr::Expression;
use crate::sql::lexer::TokenKind;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::name::quote_identifier;
use crate::sql::statement::Body;
use crate::sql::statement::Bound;
use crate::sql::statement::ColumnDef;
use crate::sql::statement::Constraint;
use crate::sql::statement::ConstraintKind;
use crate::sql::statement::CreateTable;
use crate::sql::statement::CreateTableAs;
use crate::sql::statement::ForeignKey;
use crate::sql::statement::Generated;
use crate::sql::statement::Identity;
use crate::sql::statement::Key;
use crate::sql::statement::Like;
use crate::sql::statement::PartitionBy;
use crate::sql::statement::Persistence;
use crate::sql::types;

/// After `CREATE … TABLE`.
pub(super) fn create_table(c: &mut Cursor, persistence: Persistence, foreign: bool) -> Read<Body> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = c.name()?;
    if let Some(body) = create_table_as(c, &name, persistence, if_not_exists)? {
        return Ok(body);
    }
    let mut table = CreateTable { name, persistence, if_not_exists, foreign, ..Default::default() };
    if c.eat("PARTITION OF") {
        let parent = c.name()?;
        if c.symbol_at(0, "(") {
            let inside = c.clone().brackets()?;
            inside.slice(inside.rest_span()).clone_into(&mut table.partition_text.0);
            elements(c, &mut table)?;
        }
        table.partition_of = Some((parent, bound(c)?));
        c.slice(c.rest_span()).clone_into(&mut table.partition_text.1);
    } else if c.eat("OF") {
        table.of_type = Some(c.name()?);
        if c.symbol_at(0, "(") {
            elements(c, &mut table)?;
        }
    } else {
        elements(c, &mut table)?;
    }
    if c.eat("INHERITS") {
        table.inherits = c.parenthesised(Cursor::name)?;
    }
    if c.eat("PARTITION BY") {
        table.partition_by = Some(partition_by(c)?);
    }
    if foreign {
        c.expect("SERVER")?;
        c.identifier()?;
        if c.eat("OPTIONS") {
            c.brackets()?;
        }
    }
    let storage = storage(c)?;
    (table.options, table.access_method) = (storage.options, storage.method);
    Ok(Body::CreateTable(Box::new(table)))
}

/// `[(columns)] [storage] AS query`, if that is what follows.
fn create_table_as(
    c: &mut Cursor,
    name: &Name,
    persistence: Persistence,
    if_not_exists: bool,
) -> Read<Option<Body>> {
    let mark = c.mark();
    let columns = if c.symbol_at(0, "(") { Some(c.brackets()?) } else { None };
    if storage(c).is_err() || !c.eat("AS") {
        c.reset(mark);
        return Ok(None);
    }
    let columns = columns.map(|mut columns| columns.list(Cursor::identifier)).transpose()?;
    let (query, with_data) = data::created_query(c)?;
    let name = name.clone();
    let create = CreateTableAs { name, persistence, if_not_exists, columns, query, with_data };
    Ok(Some(Body::CreateTableAs(Box::new(create))))
}

/// How a table is stored.
#[derive(Default)]
struct Storage {
    options: Vec<(String, String)>,
    method: Option<String>,
}

/// `USING method`, `WITH (…)`, `ON COMMIT …`, `TABLESPACE …`, in any order.
fn storage(c: &mut Cursor) -> Read<Storage> {
    let mut storage = Storage::default();
    loop {
        if c.eat("WITHOUT OIDS") {
        } else if c.eat("WITH") {
            storage.options = object::options(c)?;
        } else if c.eat("USING") {
            storage.method = Some(c.identifier()?);
        } else if c.eat("TABLESPACE") {
            c.identifier()?;
        } else if c.eat("ON COMMIT") {
            if c.eat_one(&["DROP", "DELETE ROWS", "PRESERVE ROWS"]).is_none() {
                return Err(c.unexpected("what happens at commit"));
            }
        } else {
            return Ok(storage);
        }
    }
}

fn partition_by(c: &mut Cursor) -> Read<PartitionBy> {
    let strategy = c.identifier()?;
    let mut inside = c.brackets()?;
    let (mut columns, mut computed_from) = (Vec::new(), Vec::new());
    while !inside.is_done() {
        let mut key = inside.take_item();
        let alone = key.rest().len() == 1 || key.word_at(1, "COLLATE") || !key.symbol_at(1, "(");
        let whole = key.clone();
        let column = key.identifier().ok().filter(|_| alone);
        if column.is_none() {
            let expression = lower::expression(&whole);
            computed_from.extend(expression.tree.columns().into_iter().map(str::to_owned));
        }
        columns.push(column);
        inside.eat_symbol(",");
    }
    Ok(PartitionBy { strategy, columns, computed_from })
}

/// `DEFAULT` or `FOR VALUES …`.
pub(super) fn bound(c: &mut Cursor) -> Read<Bound> {
    if c.eat("DEFAULT") {
        return Ok(Bound::Default);
    }
    c.expect("FOR VALUES")?;
    if c.eat("IN") {
        return Ok(Bound::In(values(c)?));
    }
    if c.eat("FROM") {
        let from = values(c)?;
        c.expect("TO")?;
        return Ok(Bound::Range(from, values(c)?));
    }
    c.expect("WITH")?;
    let options = object::options(c)?;
    let number = |name: &str| {
        let value = options.iter().find(|(option, _)| {
            option == name || option.split_once(' ').is_some_and(|(option, _)| option == name)
        });
        value.and_then(|(option, value)| {
            let number = if value.is_empty() { option.rsplit(' ').next()? } else { value };
            number.parse().ok()
        })
    };
    match (number("modulus"), number("remainder")) {
        (Some(modulus), Some(remainder)) => Ok(Bound::Hash(modulus, remainder)),
        _ => Err(c.unexpected("`MODULUS` and `REMAINDER`")),
    }
}

fn values(c: &mut Cursor) -> Read<Vec<Expression>> {
    let mut inside = c.brackets()?;
    let mut values = Vec::new();
    while !inside.is_done() {
        values.push(lower::expression(&inside.take_item()));
        inside.eat_symbol(",");
    }
    Ok(values)
}

fn elements(c: &mut Cursor, table: &mut CreateTable) -> Read<()> {
    let mut inside = c.brackets()?;
    while !inside.is_done() {
        let mut item = inside.take_item();
        if item.is_done() {
            return Err(inside.unexpected("a column or a constraint"));
        }
        if item.eat("LIKE") {
            table.likes.push(like(&mut item)?);
        } else if starts_constraint(&item) {
            table.constraints.push(constraint(&mut item)?);
        } else {
            table.columns.push(column(&mut item)?);
        }
        item.expect_end()?;
        if !inside.eat_symbol(",") {
            inside.expect_end()?;
        } else if inside.is_done() {
            return Err(inside.unexpected("a column or a constraint"));
        }
    }
    Ok(())
}

/// What `INCLUDING ALL` includes (`TableLikeOption` in gram.y).
const LIKE_OPTIONS: [&str; 9] = [
    "COMMENTS",
    "COMPRESSION",
    "CONSTRAINTS",
    "DEFAULTS",
    "GENERATED",
    "IDENTITY",
    "INDEXES",
    "STATISTICS",
    "STORAGE",
];

fn like(c: &mut Cursor) -> Read<Like> {
    let source = c.name()?;
    let mut including: Vec<String> = Vec::new();
    loop {
        if c.eat("INCLUDING") {
            let included = c.label()?.to_ascii_uppercase();
            match included.as_str() {
                "ALL" => including.extend(LIKE_OPTIONS.map(str::to_owned)),
                _ => including.push(included),
            }
        } else if c.eat("EXCLUDING") {
            let excluded = c.label()?.to_ascii_uppercase();
            including.retain(|option| *option != excluded && excluded != "ALL");
        } else {
            return Ok(Like { source, including });
        }
    }
}

/// Whether a table constraint comes next. `EXCLUDE` alone may name a column.
pub(super) fn starts_constraint(c: &Cursor) -> bool {
    ["CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY KEY", "FOREIGN KEY", "NOT NULL"]
        .iter()
        .any(|words| c.looking_at(words))
        || (c.word_at(0, "EXCLUDE") && (c.word_at(1, "USING") || c.symbol_at(1, "(")))
}

/// A column with its constraints, to the end of `c` or a comma.
pub(super) fn column(c: &mut Cursor) -> Read<ColumnDef> {
    let mark = c.mark();
    let mut column = ColumnDef::new(c.identifier()?);
    if !c.eat("WITH OPTIONS") && !starts_column_constraint(c) && !c.is_done() {
        column.ty = Some(types::type_name(c)?);
    }
    let mut plain = vec![c.slice(c.since(mark))];
    while !c.is_done() && !c.symbol_at(0, ",") {
        let (mark, before) = (c.mark(), column.constraints.len());
        column_constraint(c, &mut column)?;
        if column.constraints.len() == before {
            plain.push(c.slice(c.since(mark)));
        }
    }
    column.plain = plain.join(" ");
    column.span = c.since(mark);
    match column.constraints.iter().find(|constraint| constraint.not_valid) {
        Some(constraint) => Err(Misread {
            reason: "PostgreSQL takes `NOT VALID` only in `ADD CONSTRAINT`".into(),
            span: constraint.span,
        }),
        None => Ok(column),
    }
}

/// The constraints of a domain, written as those of a column are, to the end of `c`.
pub(super) fn domain_constraints(c: &mut Cursor, domain: &str) -> Read<ColumnDef> {
    let mut column = ColumnDef::new(domain.to_owned());
    while !c.is_done() {
        column_constraint(c, &mut column)?;
    }
    Ok(column)
}

impl ColumnDef {
    fn new(name: String) -> ColumnDef {
        ColumnDef {
            span: crate::sql::Span::default(),
            name,
            ty: None,
            collation: None,
            default: None,
            generated: None,
            not_null: false,
            not_null_name: None,
            constraints: Vec::new(),
            plain: String::new(),
        }
    }
}

fn starts_column_constraint(c: &Cursor) -> bool {
    const STARTS: &[&str] =
        &["CONSTRAINT", "NOT NULL", "NULL", "CHECK", "UNIQUE", "PRIMARY KEY", "DEFAULT", "COLLATE"];
    STARTS.iter().any(|words| c.looking_at(words)) || c.looking_at("GENERATED ALWAYS AS")
}

fn column_constraint(c: &mut Cursor, column: &mut ColumnDef) -> Read<()> {
    let mark = c.mark();
    let name = if c.eat("CONSTRAINT") { Some(c.identifier()?) } else { None };
    let start = c.mark();
    let kind = if c.eat("NOT NULL") {
        column.not_null = true;
        column.not_null_name = name;
        c.eat("NO INHERIT");
        return Ok(());
    } else if c.eat("NULL") {
        return Ok(());
    } else if c.eat("DEFAULT") {
        column.default = Some(restricted_expression(c)?);
        return Ok(());
    } else if c.eat("GENERATED") {
        column.generated = Some(generated(c)?);
        return Ok(());
    } else if c.eat("CHECK") {
        ConstraintKind::Check(lower::expression(&c.brackets()?))
    } else if c.eat("UNIQUE") {
        inline_key(c, column, false)?
    } else if c.eat("PRIMARY KEY") {
        inline_key(c, column, true)?
    } else if c.looking_at("REFERENCES") {
        ConstraintKind::ForeignKey(references(c, vec![column.name.clone()])?)
    } else {
        return column_attribute(c, column);
    };
    let written = c.slice(c.since(start));
    let definition = match &kind {
        ConstraintKind::Key(key) => key.definition(),
        ConstraintKind::ForeignKey(_) => {
            format!("FOREIGN KEY ({}) {written}", quote_identifier(&column.name))
        }
        _ => written.to_owned(),
    };
    let mut constraint = Constraint { inline: true, ..Constraint::new(name, kind, definition) };
    attributes(c, &mut constraint)?;
    constraint.span = c.since(mark);
    column.constraints.push(constraint);
    Ok(())
}

fn inline_key(c: &mut Cursor, column: &ColumnDef, primary: bool) -> Read<ConstraintKind> {
    let nulls_not_distinct = nulls_not_distinct(c);
    let (include, storage) = index_parameters(c)?;
    Ok(ConstraintKind::Key(Key {
        primary,
        columns: vec![column.name.clone()],
        include,
        nulls_not_distinct,
        storage,
        using_index: None,
    }))
}

impl Key {
    /// The constraint in SQL.
    fn definition(&self) -> String {
        let columns: Vec<String> =
            self.columns.iter().map(|column| quote_identifier(column)).collect();
        let word = if self.primary { "PRIMARY KEY" } else { "UNIQUE" };
        let nulls = if self.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
        format!("{word}{nulls} ({})", columns.join(", "))
    }
}

fn column_attribute(c: &mut Cursor, column: &mut ColumnDef) -> Read<()> {
    if c.eat("COLLATE") {
        column.collation = Some(c.name()?);
    } else if c.eat("STORAGE") || c.eat("COMPRESSION") {
        c.label()?;
    } else if c.eat("OPTIONS") {
        c.brackets()?;
    } else {
        return Err(c.unexpected("a column constraint"));
    }
    Ok(())
}

/// The expression of a column's `DEFAULT`: it ends where the next constraint starts, and may hold
/// none of `NOT`, `AND`, `OR`, `LIKE` outside of parentheses (`b_expr` in gram.y).
fn restricted_expression(c: &mut Cursor) -> Read<Expression> {
    const ENDS: &[&str] = &[
        "CONSTRAINT",
        "NOT",
        "NULL",
        "DEFAULT",
        "CHECK",
        "UNIQUE",
        "PRIMARY",
        "REFERENCES",
        "COLLATE",
        "GENERATED",
        "DEFERRABLE",
        "INITIALLY",
        "STORAGE",
        "COMPRESSION",
        "OPTIONS",
        "ENFORCED",
    ];
    if c.word_at(0, "NOT") {
        return Err(Misread {
            reason: "`DEFAULT` takes a restricted expression: write `DEFAULT (NOT …)`".into(),
            span: c.here(),
        });
    }
    let start = c.rest().len();
    let expression = c.take_until(|c| {
        let first = c.rest().len() == start;
        let operand = first || c.follows_operator() || c.follows_word("IS");
        c.symbol_at(0, ",") || (!operand && ENDS.iter().any(|word| c.word_at(0, word)))
    });
    if expression.is_done() {
        return Err(c.unexpected("an expression"));
    }
    Ok(lower::expression(&expression))
}

/// The name that the options of an identity column give its sequence.
pub(super) fn sequence_name(options: &Cursor) -> Option<Name> {
    let mut options = options.clone();
    options.take_until(|rest| rest.looking_at("SEQUENCE NAME"));
    let named = options.eat("SEQUENCE NAME");
    named.then(|| options.name().ok()).flatten()
}

/// After `GENERATED`.
fn generated(c: &mut Cursor) -> Read<Generated> {
    let always = c.eat("ALWAYS");
    if !always {
        c.expect("BY DEFAULT")?;
    }
    c.expect("AS")?;
    if c.eat("IDENTITY") {
        let options = if c.symbol_at(0, "(") { Some(c.brackets()?) } else { None };
        let options = options.filter(|options| !options.is_done());
        let sequence = options.as_ref().and_then(sequence_name);
        let options = options.map(|options| options.slice(options.rest_span()).to_owned());
        let options = options.unwrap_or_default();
        return Ok(Generated::Identity(Identity { always, options, sequence }));
    }
    let expression = lower::expression(&c.brackets()?);
    if c.eat("STORED") {
        return Ok(Generated::Stored(expression));
    }
    c.eat("VIRTUAL");
    Ok(Generated::Virtual(expression))
}

/// A table constraint.
pub(super) fn constraint(c: &mut Cursor) -> Read<Constraint> {
    let mark = c.mark();
    let name = if c.eat("CONSTRAINT") { Some(c.identifier()?) } else { None };
    let start = c.mark();
    let kind = if c.eat("CHECK") {
        ConstraintKind::Check(lower::expression(&c.brackets()?))
    } else if c.eat("NOT NULL") {
        ConstraintKind::NotNull(c.identifier()?)
    } else if c.eat("UNIQUE") {
        key(c, false)?
    } else if c.eat("PRIMARY KEY") {
        key(c, true)?
    } else if c.eat("FOREIGN KEY") {
        let columns = key_columns(c)?;
        ConstraintKind::ForeignKey(references(c, columns)?)
    } else if c.eat("EXCLUDE") {
        exclude(c)?
    } else {
        return Err(c.unexpected("a constraint"));
    };
    let definition = c.slice(c.since(start)).to_owned();
    let mut constraint = Constraint::new(name, kind, definition);
    attributes(c, &mut constraint)?;
    constraint.span = c.since(mark);
    Ok(constraint)
}

impl Constraint {
    fn new(name: Option<String>, kind: ConstraintKind, definition: String) -> Constraint {
        Constraint {
            span: crate::sql::Span::default(),
            name,
            kind,
            definition,
            attributes: String::new(),
            not_valid: false,
            not_enforced: false,
            no_inherit: false,
            deferrable: false,
            inline: false,
        }
    }
}

/// Whether `NULLS NOT DISTINCT` comes next, which is then behind.
fn nulls_not_distinct(c: &mut Cursor) -> bool {
    let found = c.eat("NULLS NOT DISTINCT");
    c.eat("NULLS DISTINCT");
    found
}

fn key(c: &mut Cursor, primary: bool) -> Read<ConstraintKind> {
    let nulls_not_distinct = nulls_not_distinct(c);
    let mut key = Key {
        primary,
        columns: vec![],
        include: vec![],
        nulls_not_distinct,
        storage: String::new(),
        using_index: None,
    };
    if c.eat("USING INDEX") {
        key.using_index = Some(c.identifier()?);
    } else {
        key.columns = key_columns(c)?;
        (key.include, key.storage) = index_parameters(c)?;
    }
    Ok(ConstraintKind::Key(key))
}

/// `(column, …)`, where the last may be `PERIOD column` or `column WITHOUT OVERLAPS`.
fn key_columns(c: &mut Cursor) -> Read<Vec<String>> {
    c.parenthesised(|c| {
        if c.word_at(0, "PERIOD") && c.kind_at(1).is_some_and(|kind| kind != TokenKind::Punctuation)
        {
            c.advance();
        }
        let column = c.identifier()?;
        c.eat("WITHOUT OVERLAPS");
        Ok(column)
    })
}

/// `INCLUDE (…)`, `WITH (…)`, `USING INDEX TABLESPACE …`; gives the included columns, and the
/// rest as `CREATE INDEX` takes it.
fn index_parameters(c: &mut Cursor) -> Read<(Vec<String>, String)> {
    let include = if c.eat("INCLUDE") { c.parenthesised(Cursor::identifier)? } else { Vec::new() };
    let mut storage = Vec::new();
    let mark = c.mark();
    if c.eat("WITH") {
        object::options(c)?;
        storage.push(c.slice(c.since(mark)).to_owned());
    }
    if c.eat("USING INDEX TABLESPACE") {
        storage.push(format!("TABLESPACE {}", quote_identifier(&c.identifier()?)));
    }
    Ok((include, storage.join(" ")))
}

/// `REFERENCES table [(columns)] [MATCH …] [ON …]`.
fn references(c: &mut Cursor, columns: Vec<String>) -> Read<ForeignKey> {
    c.expect("REFERENCES")?;
    let mut key = ForeignKey {
        columns,
        references: c.name()?,
        referenced_columns: Vec::new(),
        on_delete: None,
        on_update: None,
        match_full: false,
    };
    if c.symbol_at(0, "(") {
        key.referenced_columns = key_columns(c)?;
    }
    loop {
        if c.eat("MATCH") {
            key.match_full = c.label()? == "full";
        } else if c.eat("ON DELETE") {
            key.on_delete = Some(action(c)?);
        } else if c.eat("ON UPDATE") {
            key.on_update = Some(action(c)?);
        } else {
            return Ok(key);
        }
    }
}

fn action(c: &mut Cursor) -> Read<String> {
    const ACTIONS: &[&str] = &["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"];
    let action = c.eat_one(ACTIONS).ok_or_else(|| c.unexpected("a referential action"))?;
    if c.symbol_at(0, "(") {
        c.parenthesised(Cursor::identifier)?;
    }
    Ok(action.to_owned())
}

fn exclude(c: &mut Cursor) -> Read<ConstraintKind> {
    if c.eat("USING") {
        c.identifier()?;
    }
    let mut inside = c.brackets()?;
    let mut columns = Vec::new();
    while !inside.is_done() {
        let mut item = inside.take_item();
        let call = item.symbol_at(1, "(");
        columns.extend(item.identifier().ok().filter(|_| !call));
        inside.eat_symbol(",");
    }
    index_parameters(c)?;
    if c.eat("WHERE") {
        c.brackets()?;
    }
    Ok(ConstraintKind::Patterns { columns })
}

/// What may follow any constraint.
fn attributes(c: &mut Cursor, constraint: &mut Constraint) -> Read<()> {
    let mut written = Vec::new();
    loop {
        let mark = c.mark();
        if c.eat("NOT VALID") {
            constraint.not_valid = true;
            continue;
        } else if c.eat("NO INHERIT") {
            constraint.no_inherit = true;
        } else if c.eat("NOT DEFERRABLE") || c.eat("ENFORCED") {
        } else if c.eat("NOT ENFORCED") {
            constraint.not_enforced = true;
        } else if c.eat("DEFERRABLE") {
            constraint.deferrable = true;
        } else if c.eat("INITIALLY") {
            if c.eat_one(&["DEFERRED", "IMMEDIATE"]).is_none() {
                return Err(c.unexpected("`DEFERRED` or `IMMEDIATE`"));
            }
        } else {
            constraint.attributes = written.join(" ");
            return Ok(());
        }
        written.push(c.slice(c.since(mark)));
    }
}
