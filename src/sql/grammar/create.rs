//! `CREATE`: which object, and the readers of those that need few words.

use super::data;
use super::function;
use super::index;
use super::object;
use super::table;
use super::type_;
use super::view;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::query::Query;
use crate::sql::query::RelationUse;
use crate::sql::statement::Body;
use crate::sql::statement::CreateOther;
use crate::sql::statement::CreateSchema;
use crate::sql::statement::CreateSequence;
use crate::sql::statement::Listed;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::statement::Owner;
use crate::sql::statement::Persistence;

/// A statement that starts with `CREATE`.
pub(super) fn create(c: &mut Cursor) -> Read<Body> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    let persistence = persistence(c);
    if c.eat("TABLE") {
        return table::create_table(c, persistence, false);
    }
    if c.eat("FOREIGN TABLE") {
        return table::create_table(c, persistence, true);
    }
    if c.looking_at("INDEX") || c.looking_at("UNIQUE INDEX") {
        return index::create_index(c);
    }
    if ["VIEW", "RECURSIVE VIEW", "MATERIALIZED VIEW"].iter().any(|words| c.looking_at(words)) {
        return view::create_view(c, or_replace, persistence == Persistence::Temporary);
    }
    if c.eat("SEQUENCE") {
        return sequence(c, persistence);
    }
    if c.eat("FUNCTION") {
        return function::create_function(c, or_replace, false);
    }
    if c.eat("PROCEDURE") {
        return function::create_function(c, or_replace, true);
    }
    if c.looking_at("TRIGGER") || c.looking_at("CONSTRAINT TRIGGER") {
        return function::create_trigger(c, or_replace);
    }
    if c.eat("RULE") {
        return function::create_rule(c, or_replace);
    }
    if c.eat("POLICY") {
        return function::create_policy(c);
    }
    if c.eat("TYPE") {
        return type_::create_type(c);
    }
    if c.eat("DOMAIN") {
        return type_::create_domain(c);
    }
    if c.eat("SCHEMA") {
        return schema(c);
    }
    other(c, or_replace)
}

fn persistence(c: &mut Cursor) -> Persistence {
    if c.eat("UNLOGGED") {
        return Persistence::Unlogged;
    }
    let scoped = c.looking_at("GLOBAL") || c.looking_at("LOCAL");
    let ahead = usize::from(scoped);
    if c.word_at(ahead, "TEMP") || c.word_at(ahead, "TEMPORARY") {
        c.take(ahead + 1);
        return Persistence::Temporary;
    }
    Persistence::Permanent
}

fn sequence(c: &mut Cursor, persistence: Persistence) -> Read<Body> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = c.name()?;
    let owned_by = match owner_of_sequence(&mut c.clone()) {
        Some(Owner::Column(table, column)) => Some((table, column)),
        Some(Owner::Nobody) | None => None,
    };
    c.take(usize::MAX);
    Ok(Body::CreateSequence(CreateSequence { name, if_not_exists, persistence, owned_by }))
}

/// `OWNED BY` somewhere in the options of a sequence.
pub(super) fn owner_of_sequence(c: &mut Cursor) -> Option<Owner> {
    while !c.is_done() {
        if c.eat("OWNED BY") {
            let mut parts = c.parts().ok()?;
            let column = parts.pop()?;
            let table = parts.pop();
            return Some(match table {
                Some(name) => Owner::Column(Name { schema: parts.pop(), name }, column),
                None => Owner::Nobody,
            });
        }
        c.advance();
    }
    None
}

fn schema(c: &mut Cursor) -> Read<Body> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let mut name = String::new();
    if !c.word_at(0, "AUTHORIZATION") {
        name = c.identifier()?;
    }
    if c.eat("AUTHORIZATION") {
        let role = c.label()?;
        if name.is_empty() {
            name = role;
        }
    }
    let mut inner = Vec::new();
    let starts = |c: &Cursor| c.word_at(0, "CREATE") || c.word_at(0, "GRANT");
    while !c.is_done() {
        if !starts(c) {
            return Err(c.unexpected("`CREATE` or `GRANT`"));
        }
        let length = 1 + c.balanced_until(1, starts);
        inner.push(super::statement(c.take(length).nested()));
    }
    Ok(Body::CreateSchema(CreateSchema { name, if_not_exists, inner }))
}

/// Objects that need no more than their name, and those on tables that need these too.
fn other(c: &mut Cursor, or_replace: bool) -> Read<Body> {
    if c.eat("DEFAULT CONVERSION") {
        return unmodelled(c, ObjectKind::Conversion, or_replace);
    }
    let kind = object::kind(c)?;
    match kind {
        ObjectKind::Publication => publication(c),
        ObjectKind::Statistics => statistics(c),
        ObjectKind::Subscription => subscription(c),
        _ => unmodelled(c, kind, or_replace),
    }
}

fn unmodelled(c: &mut Cursor, kind: ObjectKind, or_replace: bool) -> Read<Body> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let object = match kind {
        ObjectKind::OperatorClass => ObjectRef::new(kind, c.name()?),
        _ => object::reference(c, kind)?,
    };
    c.take(usize::MAX);
    Ok(Body::CreateOther(CreateOther {
        object,
        or_replace,
        if_not_exists,
        tables: Vec::new(),
        all_tables: false,
        options: Vec::new(),
    }))
}

fn publication(c: &mut Cursor) -> Read<Body> {
    let name = Name::bare(c.identifier()?);
    // Without `FOR` there is none, until one is added.
    let told = c.eat("FOR");
    let tables = if told { publication_tables(c)? } else { Vec::new() };
    let options = if c.eat("WITH") { object::options(c)? } else { Vec::new() };
    Ok(Body::CreateOther(CreateOther {
        object: ObjectRef::new(ObjectKind::Publication, name),
        or_replace: false,
        if_not_exists: false,
        all_tables: told && tables.is_empty(),
        tables,
        options,
    }))
}

/// `TABLE a (columns) WHERE (…), b, TABLES IN SCHEMA s`: the tables named.
pub(super) fn publication_tables(c: &mut Cursor) -> Read<Vec<Listed>> {
    let mut tables = Vec::new();
    if c.eat("ALL TABLES") || c.eat("ALL SEQUENCES") {
        c.take_until(|c| c.word_at(0, "WITH"));
        return Ok(tables);
    }
    loop {
        if c.eat("TABLES IN SCHEMA") || c.eat("ALL TABLES IN SCHEMA") {
            c.label()?;
        } else {
            c.eat("TABLE");
            let only = c.eat("ONLY");
            let table = c.name()?;
            c.eat_symbol("*");
            let mut columns = Vec::new();
            if c.symbol_at(0, "(") {
                columns = c.brackets()?.list(Cursor::identifier)?;
            }
            if c.eat("WHERE") {
                let condition = lower::expression(&c.brackets()?);
                columns.extend(condition.tree.columns().into_iter().map(str::to_owned));
            }
            tables.push(Listed { table, only, columns });
        }
        if !c.eat_symbol(",") {
            return Ok(tables);
        }
    }
}

fn statistics(c: &mut Cursor) -> Read<Body> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let unnamed = c.word_at(0, "ON") || c.symbol_at(0, "(");
    let name = if unnamed { Name::default() } else { c.name()? };
    c.take_until(|c| c.word_at(0, "FROM"));
    c.expect("FROM")?;
    let query: Query = data::from_items(c)?;
    let listed =
        |relation: RelationUse| Listed { table: relation.name, only: true, columns: Vec::new() };
    let tables = query.relations.into_iter().map(listed).collect();
    let object = ObjectRef::new(ObjectKind::Statistics, name);
    let options = Vec::new();
    Ok(Body::CreateOther(CreateOther {
        object,
        or_replace: false,
        if_not_exists,
        tables,
        all_tables: false,
        options,
    }))
}

fn subscription(c: &mut Cursor) -> Read<Body> {
    let name = Name::bare(c.identifier()?);
    c.take_until(|c| c.word_at(0, "WITH"));
    let options = if c.eat("WITH") { object::options(c)? } else { Vec::new() };
    Ok(Body::CreateOther(CreateOther {
        object: ObjectRef::new(ObjectKind::Subscription, name),
        or_replace: false,
        if_not_exists: false,
        tables: Vec::new(),
        all_tables: false,
        options,
    }))
}
