//! `CREATE INDEX`, and what rebuilds or tidies tables: `REINDEX`, `CLUSTER`, `VACUUM`, `ANALYZE`.

use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::statement::Body;
use crate::sql::statement::Cluster;
use crate::sql::statement::CreateIndex;
use crate::sql::statement::IndexKey;
use crate::sql::statement::Reindex;
use crate::sql::statement::Vacuum;

/// From `[UNIQUE] INDEX` on.
pub(super) fn create_index(c: &mut Cursor) -> Read<Body> {
    let unique = c.eat("UNIQUE");
    c.expect("INDEX")?;
    let concurrently = c.eat("CONCURRENTLY");
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = if c.word_at(0, "ON") { None } else { Some(c.name()?.name) };
    c.expect("ON")?;
    let only = c.eat("ONLY");
    let definition = c.mark();
    let table = c.name()?;
    c.eat_symbol("*");
    let shape = c.mark();
    let method = if c.eat("USING") { c.identifier()? } else { "btree".to_owned() };
    let mut index = CreateIndex {
        name,
        if_not_exists,
        unique,
        concurrently,
        only,
        table,
        method,
        keys: keys(c)?,
        include: Vec::new(),
        nulls_not_distinct: false,
        tablespace: None,
        predicate: None,
        definition: String::new(),
        shape: String::new(),
    };
    if c.eat("INCLUDE") {
        index.include = c.parenthesised(Cursor::identifier)?;
    }
    index.nulls_not_distinct = c.eat("NULLS NOT DISTINCT");
    c.eat("NULLS DISTINCT");
    if c.eat("WITH") {
        object::options(c)?;
    }
    if c.eat("TABLESPACE") {
        index.tablespace = Some(c.identifier()?);
    }
    if c.eat("WHERE") {
        index.predicate = Some(lower::expression(&c.take(usize::MAX)));
    }
    c.slice(c.since(definition)).clone_into(&mut index.definition);
    c.slice(c.since(shape)).clone_into(&mut index.shape);
    Ok(Body::CreateIndex(Box::new(index)))
}

fn keys(c: &mut Cursor) -> Read<Vec<IndexKey>> {
    let mut inside = c.brackets()?;
    let mut keys = Vec::new();
    while !inside.is_done() {
        keys.push(key(&mut inside.take_item())?);
        inside.eat_symbol(",");
    }
    if keys.is_empty() {
        return Err(inside.unexpected("a column or an expression"));
    }
    Ok(keys)
}

fn key(c: &mut Cursor) -> Read<IndexKey> {
    let mark = c.mark();
    let mut key = IndexKey { column: None, expression: None, special: false, reordered: false };
    if c.symbol_at(0, "(") {
        key.expression = Some(lower::expression(&c.brackets()?));
    } else {
        let parts = c.parts();
        if c.symbol_at(0, "(") || parts.is_err() {
            // A function call, whose name may be reserved; what follows the call is not part of it.
            c.reset(mark);
            let length = c.balanced_until(0, |c| c.symbol_at(0, "(")) + 1;
            let call = length + c.balanced_until(length, |_| false) + 1;
            key.expression = Some(lower::expression(&c.take(call)));
        } else {
            key.column = parts?.pop();
        }
    }
    if c.eat("COLLATE") {
        c.name()?;
        key.special = true;
    }
    if !c.is_done() && !["ASC", "DESC", "NULLS"].iter().any(|word| c.word_at(0, word)) {
        c.name()?;
        key.special = true;
        if c.symbol_at(0, "(") {
            object::options(c)?;
        }
    }
    let descending = c.eat_one(&["ASC", "DESC"]) == Some("DESC");
    let nulls = c.eat_one(&["NULLS FIRST", "NULLS LAST"]);
    key.reordered = descending || nulls == Some("NULLS FIRST");
    c.expect_end()?;
    Ok(key)
}

/// A list of options in parentheses, as names in lower case with `false`, `off` and `0` left out.
fn flags(c: &mut Cursor) -> Read<Vec<(String, String)>> {
    if !c.symbol_at(0, "(") {
        return Ok(Vec::new());
    }
    let options = object::options(c)?;
    let on = options.into_iter().filter_map(|(option, _)| {
        let (name, value) = option.split_once(' ').unwrap_or((&option, ""));
        (!["false", "off", "0", "no"].contains(&value)).then(|| (name.to_owned(), value.to_owned()))
    });
    Ok(on.collect())
}

fn has(flags: &[(String, String)], name: &str) -> bool {
    flags.iter().any(|(flag, _)| flag == name || (name == "analyze" && flag == "analyse"))
}

/// `REINDEX`.
pub(super) fn reindex(c: &mut Cursor) -> Read<Body> {
    c.expect("REINDEX")?;
    let mut inside = if c.symbol_at(0, "(") { Some(c.clone().brackets()?) } else { None };
    let flags = flags(c)?;
    let mut options = Vec::new();
    while let Some(inside) = inside.as_mut().filter(|inside| !inside.is_done()) {
        let item = inside.take_item();
        if !item.word_at(0, "CONCURRENTLY") {
            options.push(item.slice(item.rest_span()).to_owned());
        }
        inside.eat_symbol(",");
    }
    let kind = object::kind(c)?;
    let concurrently = c.eat("CONCURRENTLY") || has(&flags, "concurrently");
    let name = if c.is_done() { None } else { Some(c.name()?) };
    Ok(Body::Reindex(Reindex { kind, name, concurrently, options }))
}

/// `CLUSTER`, in both its orders of words.
pub(super) fn cluster(c: &mut Cursor) -> Read<Body> {
    c.expect("CLUSTER")?;
    flags(c)?;
    c.eat("VERBOSE");
    if c.is_done() {
        return Ok(Body::Cluster(Cluster { table: None, index: None }));
    }
    let first = c.name()?;
    if c.eat("ON") {
        let table = c.name()?;
        return Ok(Body::Cluster(Cluster { table: Some(table), index: Some(first.name) }));
    }
    let index = if c.eat("USING") { Some(c.identifier()?) } else { None };
    Ok(Body::Cluster(Cluster { table: Some(first), index }))
}

/// `VACUUM`.
pub(super) fn vacuum(c: &mut Cursor) -> Read<Body> {
    c.expect("VACUUM")?;
    let flags = flags(c)?;
    let full = c.eat("FULL") || has(&flags, "full");
    c.eat("FREEZE");
    c.eat("VERBOSE");
    let analyze = c.eat("ANALYZE") || c.eat("ANALYSE") || has(&flags, "analyze");
    c.eat("VERBOSE");
    let (tables, columns) = tables(c)?;
    Ok(Body::Vacuum(Vacuum { vacuum: true, full, analyze, tables, columns }))
}

/// `ANALYZE`.
pub(super) fn analyze(c: &mut Cursor) -> Read<Body> {
    c.advance();
    flags(c)?;
    c.eat("VERBOSE");
    let (tables, columns) = tables(c)?;
    Ok(Body::Vacuum(Vacuum { vacuum: false, full: false, analyze: true, tables, columns }))
}

/// Tables, and whether columns of any are named.
fn tables(c: &mut Cursor) -> Read<(Vec<(Name, bool)>, bool)> {
    if c.is_done() {
        return Ok((Vec::new(), false));
    }
    let mut columns = false;
    let tables = c.list(|c| {
        let only = c.eat("ONLY");
        let name = c.name()?;
        if c.symbol_at(0, "(") {
            c.brackets()?;
            columns = true;
        }
        Ok((name, only))
    })?;
    Ok((tables, columns))
}
