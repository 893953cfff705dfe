//! Queries and data changes, `COPY`, `TRUNCATE`, `LOCK`: the clauses are found here, what stands in
//! them is read by `sqlparser`.

use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::cursor::string_value;
use crate::sql::expr::Expr;
use crate::sql::lexer::TokenKind;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::query::Assignment;
use crate::sql::query::Clauses;
use crate::sql::query::Conflict;
use crate::sql::query::DataChange;
use crate::sql::query::DataVerb;
use crate::sql::query::OnConflict;
use crate::sql::query::Query;
use crate::sql::query::With;
use crate::sql::query::WithBody;
use crate::sql::span::Span;
use crate::sql::statement::Body;
use crate::sql::statement::CopyRows;
use crate::sql::statement::CreateTableAs;
use crate::sql::statement::LockTable;
use crate::sql::statement::Persistence;
use crate::sql::statement::Truncate;
use std::collections::HashSet;

mod select;

/// A statement that starts with `SELECT`, `WITH`, `INSERT` and so on.
pub(super) fn data(c: &mut Cursor) -> Read<Body> {
    let mut with = Query { understood: true, ..Query::default() };
    let start = c.mark();
    if c.eat("WITH") {
        with_queries(c, &mut with)?;
    }
    let text = (start < c.mark()).then(|| c.slice(c.since(start)).to_owned());
    if ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| c.word_at(0, word)) {
        let mut change = data_change(c)?;
        change.clauses.with = text;
        put_with(&mut change.source, with);
        return Ok(Body::Data(Box::new(change)));
    }
    let mut query = query(c)?;
    put_with(&mut query, with);
    match query.into.clone() {
        Some(name) => Ok(Body::CreateTableAs(Box::new(CreateTableAs {
            name,
            persistence: Persistence::Permanent,
            if_not_exists: false,
            columns: None,
            query,
            with_data: true,
        }))),
        None => Ok(Body::Query(Box::new(query))),
    }
}

/// `[RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (statement), …`.
fn with_queries(c: &mut Cursor, with: &mut Query) -> Read<()> {
    c.eat("RECURSIVE");
    c.list(|c| {
        let name = c.identifier()?;
        if c.symbol_at(0, "(") {
            c.brackets()?;
        }
        c.expect("AS")?;
        c.eat("NOT");
        c.eat("MATERIALIZED");
        let body = match super::statement(c.brackets()?.nested()).body {
            Body::Query(query) => WithBody::Query(query),
            Body::Data(change) => WithBody::Change(change),
            Body::Unreadable(misread) => return Err(misread),
            _ => return Err(c.unexpected("a query")),
        };
        with.with.push(With { name, body });
        if c.eat("SEARCH DEPTH FIRST BY") || c.eat("SEARCH BREADTH FIRST BY") {
            c.list(Cursor::label)?;
            c.expect("SET")?;
            c.label()?;
        }
        if c.eat("CYCLE") {
            c.list(Cursor::label)?;
            c.take_until(|c| c.word_at(0, "USING"));
            c.expect("USING")?;
            c.label()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Adds what stands before a statement in `WITH`, whose names are no relations in it.
fn put_with(query: &mut Query, with: Query) {
    let names: HashSet<String> = with.with.iter().map(|with| with.name.clone()).collect();
    let forget = |query: &mut Query| {
        query
            .relations
            .retain(|used| used.name.schema.is_some() || !names.contains(used.name.name.as_str()));
    };
    let mut all = with.with;
    for with in &mut all {
        match &mut with.body {
            WithBody::Query(inner) => merge(query, (**inner).clone()),
            WithBody::Change(change) => forget(&mut change.source),
        }
    }
    forget(query);
    all.append(&mut query.with);
    query.with = all;
}

/// Adds what `other` reads to `query`; what describes the outermost query stays as it is.
pub(super) fn merge(query: &mut Query, other: Query) {
    query.relations.extend(other.relations);
    query.columns.extend(other.columns);
    query.calls.extend(other.calls);
    query.unordered.extend(other.unordered);
    query.settings.extend(other.settings);
    query.derives |= other.derives;
    query.nameless |= other.nameless;
    query.understood &= other.understood;
}

/// Adds what an expression mentions.
pub(super) fn add_expression(query: &mut Query, expr: &Expr) {
    expr.walk(&mut |expr| match expr {
        Expr::Column(parts) => query.columns.push(parts.clone()),
        Expr::Call { name, .. } => query.calls.push(name.clone()),
        Expr::Subquery(inner) => merge(query, (**inner).clone()),
        _ => {}
    });
}

/// The query of a view or of `CREATE TABLE AS`, and whether it fills the object: all that is left.
pub(super) fn created_query(c: &mut Cursor) -> Read<(Query, bool)> {
    let left = c.rest().len();
    let ends = |words: &[&str]| {
        words.len() < left
            && words.iter().enumerate().all(|(at, word)| c.word_at(left - words.len() + at, word))
    };
    let (tail, with_data) = if ends(&["WITH", "NO", "DATA"]) {
        (3, false)
    } else if ends(&["WITH", "DATA"]) {
        (2, true)
    } else if ends(&["WITH", "CHECK", "OPTION"]) {
        (3, true)
    } else if ends(&["WITH", "CASCADED", "CHECK", "OPTION"])
        || ends(&["WITH", "LOCAL", "CHECK", "OPTION"])
    {
        (4, true)
    } else {
        (0, true)
    };
    if c.word_at(0, "EXECUTE") {
        c.take(usize::MAX);
        return Ok((Query::default(), with_data));
    }
    let inner = c.take(left - tail);
    c.take(tail);
    match super::statement(inner.nested()).body {
        Body::Query(query) => Ok((*query, with_data)),
        Body::Unreadable(misread) => Err(misread),
        _ => Err(c.unexpected("a query")),
    }
}

/// The relations of the `FROM` list that is all that is left.
pub(super) fn from_items(c: &mut Cursor) -> Read<Query> {
    let items = c.take(usize::MAX);
    if items.is_done() { Err(items.unexpected("a table")) } else { Ok(lower::from_list(&items)) }
}

fn query(c: &mut Cursor) -> Read<Query> {
    let rest = c.take(usize::MAX);
    if rest.is_done() {
        return Err(rest.unexpected("a query"));
    }
    if rest.word_at(0, "VALUES") {
        return Ok(values(&rest));
    }
    if rest.word_at(0, "SELECT") && rest.rest().len() == 1 {
        return Ok(Query { constant_rows: Some(1), understood: true, ..Query::default() });
    }
    if rest.word_at(0, "TABLE") {
        return Ok(lower::table_query(&rest));
    }
    Ok(lower::query(&rest))
}

/// Of so many rows of `VALUES` the constants are kept.
const ROWS_MAX: usize = 16;

/// `VALUES` is counted, and but for a few rows not read, unless queries stand in it: seed data can
/// be long.
fn values(c: &Cursor) -> Query {
    let queries = (0..c.rest().len()).any(|at| c.word_at(at, "SELECT"));
    let simple = |c: &Cursor| c.symbol_at(0, ",") || c.symbol_at(0, "(");
    let mut rows = c.clone();
    rows.advance();
    let (mut count, mut first) = (0, Vec::new());
    while rows.symbol_at(0, "(")
        && let Ok(row) = rows.brackets()
    {
        count += 1;
        if count <= ROWS_MAX {
            first.push(constants(row));
        }
        rows.eat_symbol(",");
    }
    if queries || !(rows.is_done() || simple(&rows)) {
        let mut query = lower::query(c);
        query.constant_rows = Some(count);
        query.rows = first;
        return query;
    }
    Query { constant_rows: Some(count), rows: first, understood: true, ..Query::default() }
}

/// The items of a row that are a constant each.
fn constants(mut row: Cursor) -> Vec<Expr> {
    let mut items = Vec::new();
    while !row.is_done() {
        let item = row.take_until(|c| c.symbol_at(0, ","));
        let kind = item.kind_at(0).filter(|_| item.rest().len() == 1);
        items.push(match (kind, item.peek()) {
            (Some(TokenKind::String), Some(token)) => {
                Expr::String(string_value(item.text_of(token)))
            }
            (Some(TokenKind::Number), Some(token)) => Expr::Number(item.text_of(token).to_owned()),
            _ => Expr::Opaque(Vec::new()),
        });
        row.eat_symbol(",");
    }
    items
}

fn data_change(c: &mut Cursor) -> Read<DataChange> {
    let mut change = DataChange {
        verb: DataVerb::Insert,
        table: Name::default(),
        only: false,
        alias: None,
        target: Span::default(),
        columns: None,
        assignments: Vec::new(),
        predicate: None,
        source: Query { understood: true, ..Query::default() },
        on_conflict: None,
        merges: Vec::new(),
        by_source: false,
        clauses: Clauses::default(),
        returning: None,
        tail: None,
        select: None,
        conflict: None,
    };
    if c.eat("INSERT INTO") {
        insert(c, &mut change)?;
    } else if c.eat("UPDATE") {
        change.verb = DataVerb::Update;
        update(c, &mut change)?;
    } else if c.eat("DELETE FROM") {
        change.verb = DataVerb::Delete;
        delete(c, &mut change)?;
    } else if c.eat("MERGE INTO") {
        change.verb = DataVerb::Merge;
        merge_into(c, &mut change)?;
    } else {
        return Err(c.unexpected("a data change"));
    }
    if c.word_at(0, "RETURNING") {
        change.returning = Some(c.rest_span());
        c.take(usize::MAX);
    }
    for assignment in &change.assignments {
        add_expression(&mut change.source, &assignment.value.tree);
        change.source.understood &= !assignment.value.tree.is_opaque();
    }
    if let Some(predicate) = &change.predicate {
        add_expression(&mut change.source, &predicate.tree);
        change.source.understood &= !predicate.tree.is_opaque();
    }
    Ok(change)
}

/// `[ONLY] table [*] [[AS] alias]`.
fn target(c: &mut Cursor, change: &mut DataChange) -> Read<()> {
    let start = c.mark();
    change.only = c.eat("ONLY");
    change.table = c.name()?;
    c.eat_symbol("*");
    if c.eat("AS") {
        change.alias = Some(c.identifier()?);
    } else if !["SET", "VALUES", "OVERRIDING"].iter().any(|word| c.word_at(0, word)) {
        change.alias = c.identifier_at(0);
        c.take(usize::from(change.alias.is_some()));
    }
    change.target = c.since(start);
    Ok(())
}

fn insert(c: &mut Cursor, change: &mut DataChange) -> Read<()> {
    target(c, change)?;
    let query = ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| c.word_at(1, word));
    if c.symbol_at(0, "(") && !query && !c.symbol_at(1, "(") {
        let mut inside = c.brackets()?;
        let mut columns = Vec::new();
        while !inside.is_done() {
            columns.push(inside.take_item().identifier()?);
            inside.eat_symbol(",");
        }
        change.columns = Some(columns);
    }
    let _ = c.eat("OVERRIDING SYSTEM VALUE") || c.eat("OVERRIDING USER VALUE");
    if c.eat("DEFAULT VALUES") {
        change.source.constant_rows = Some(1);
    } else {
        let source = c.take_until(|c| c.looking_at("ON CONFLICT") || c.word_at(0, "RETURNING"));
        if source.is_done() {
            return Err(c.unexpected("`VALUES` or a query"));
        }
        change.select = select::clauses(&source).map(Box::new);
        match super::statement(source.nested()).body {
            Body::Query(query) => change.source = *query,
            Body::Unreadable(misread) => return Err(misread),
            _ => return Err(c.unexpected("`VALUES` or a query")),
        }
    }
    let start = c.mark();
    if c.eat("ON CONFLICT") {
        let mut conflict = on_conflict(c, change)?;
        conflict.span = c.since(start);
        change.conflict = Some(conflict);
    }
    Ok(())
}

fn on_conflict(c: &mut Cursor, change: &mut DataChange) -> Read<Conflict> {
    let mut target = c.take_until(|c| c.looking_at("DO NOTHING") || c.looking_at("DO UPDATE"));
    let conflict = conflict_target(&mut target)?;
    if c.eat("DO NOTHING") {
        change.on_conflict = Some(OnConflict::Nothing);
        return Ok(conflict);
    }
    c.expect("DO UPDATE SET")?;
    change.on_conflict = Some(OnConflict::Update);
    change.assignments = assignments(c, &["WHERE", "RETURNING"])?;
    if c.eat("WHERE") {
        c.take_until(|c| c.word_at(0, "RETURNING"));
    }
    Ok(conflict)
}

/// `(key, …) [WHERE condition]` or `ON CONSTRAINT name`.
fn conflict_target(c: &mut Cursor) -> Read<Conflict> {
    let mut conflict = Conflict::default();
    if c.eat("ON CONSTRAINT") {
        conflict.constraint = Some(c.identifier()?);
    } else if c.symbol_at(0, "(") {
        let mut inside = c.brackets()?;
        let mut columns = Vec::new();
        while !inside.is_done() {
            let item = inside.take_item();
            columns.push(item.identifier_at(0).filter(|_| item.rest().len() == 1));
            inside.eat_symbol(",");
        }
        conflict.columns = Some(columns);
        conflict.partial = !c.is_done();
    }
    Ok(conflict)
}

/// `column = value, …` up to one of these words.
fn assignments(c: &mut Cursor, ends: &[&str]) -> Read<Vec<Assignment>> {
    let distinct = |c: &Cursor| c.word_at(0, "FROM") && c.follows_word("DISTINCT");
    let ends = |c: &Cursor| ends.iter().any(|word| c.word_at(0, word)) && !distinct(c);
    let mut all = c.take_until(ends);
    let mut assignments = Vec::new();
    while !all.is_done() {
        let mut item = all.take_item();
        let mut left = item.clone();
        let target = left.take_until(|c| c.symbol_at(0, "="));
        let target = target.slice(target.rest_span());
        let columns = if item.symbol_at(0, "(") {
            item.brackets()?.list(|c| {
                let column = c.identifier()?;
                c.take_until(|c| c.symbol_at(0, ","));
                Ok(column)
            })?
        } else {
            let column = item.identifier()?;
            item.take_until(|c| c.symbol_at(0, "="));
            vec![column]
        };
        item.expect_symbol("=")?;
        if item.is_done() {
            return Err(item.unexpected("a value"));
        }
        let value = lower::expression(&item);
        assignments.extend(columns.into_iter().map(|column| Assignment {
            column,
            target: target.to_owned(),
            value: value.clone(),
        }));
        all.eat_symbol(",");
    }
    if assignments.is_empty() { Err(c.unexpected("an assignment")) } else { Ok(assignments) }
}

fn update(c: &mut Cursor, change: &mut DataChange) -> Read<()> {
    target(c, change)?;
    c.expect("SET")?;
    let start = c.mark();
    change.assignments = assignments(c, &["FROM", "WHERE", "RETURNING"])?;
    c.slice(c.since(start)).clone_into(&mut change.clauses.set);
    sources(c, change, "FROM")
}

fn delete(c: &mut Cursor, change: &mut DataChange) -> Read<()> {
    target(c, change)?;
    sources(c, change, "USING")
}

/// `FROM|USING tables`, `WHERE condition`.
fn sources(c: &mut Cursor, change: &mut DataChange, word: &str) -> Read<()> {
    let start = c.mark();
    if c.eat(word) {
        let tables = c.take_until(|c| c.word_at(0, "WHERE") || c.word_at(0, "RETURNING"));
        let read = lower::from_list(&tables);
        change.source.from.clone_from(&read.from);
        merge(&mut change.source, read);
        change.clauses.from = Some(c.slice(c.since(start)).to_owned());
    }
    if c.eat("WHERE") {
        let predicate = c.take_until(|c| c.word_at(0, "RETURNING"));
        if predicate.is_done() {
            return Err(c.unexpected("a condition"));
        }
        let mut tail = predicate.clone();
        tail.take_until(|c| c.word_at(0, "LIMIT") || c.looking_at("ORDER BY"));
        change.tail = (!tail.is_done()).then(|| tail.rest_span());
        change.predicate = Some(lower::condition(&predicate));
    }
    Ok(())
}

fn merge_into(c: &mut Cursor, change: &mut DataChange) -> Read<()> {
    target(c, change)?;
    c.expect("USING")?;
    // The last `ON` is that of the merge; any before it joins its sources.
    let mut joined = c.take_until(|c| c.word_at(0, "WHEN"));
    let on = (0..joined.rest().len()).rev().find(|&at| joined.word_at(at, "ON"));
    let source = joined.take(on.ok_or_else(|| c.unexpected("`ON`"))?);
    let read = lower::from_list(&source);
    change.source.from.clone_from(&read.from);
    merge(&mut change.source, read);
    joined.expect("ON")?;
    change.predicate = Some(lower::expression(&joined));
    while c.eat("WHEN") {
        let mut branch = c.take_until(|c| c.word_at(0, "WHEN") || c.word_at(0, "RETURNING"));
        let when = branch.take_until(|c| c.word_at(0, "THEN"));
        change.by_source |= (0..when.rest().len())
            .any(|at| when.word_at(at, "BY") && when.word_at(at + 1, "SOURCE"));
        branch.expect("THEN")?;
        if branch.eat("UPDATE SET") {
            change.merges.push(DataVerb::Update);
            change.assignments.extend(assignments(&mut branch, &["WHEN"])?);
        } else if branch.eat("DELETE") {
            change.merges.push(DataVerb::Delete);
        } else if branch.eat("INSERT") {
            change.merges.push(DataVerb::Insert);
        } else {
            branch.expect("DO NOTHING")?;
        }
    }
    Ok(())
}

/// `COPY`.
pub(super) fn copy(c: &mut Cursor) -> Read<Body> {
    c.expect("COPY")?;
    let binary = c.eat("BINARY");
    if c.symbol_at(0, "(") {
        let query = match super::statement(c.brackets()?.nested()).body {
            Body::Query(query) => *query,
            _ => Query::default(),
        };
        c.expect("TO")?;
        c.take(usize::MAX);
        return Ok(Body::Copy(CopyRows { query: Some(query), ..CopyRows::default() }));
    }
    let table = Some(c.name()?);
    let named = c.symbol_at(0, "(");
    let columns = if named { Some(c.brackets()?.list(Cursor::identifier)?) } else { None };
    let into_table = c.eat("FROM");
    if !into_table {
        c.expect("TO")?;
    }
    let plain = into_table && !binary && c.eat("STDIN") && c.is_done();
    c.take(usize::MAX);
    Ok(Body::Copy(CopyRows { table, columns, into_table, plain, ..CopyRows::default() }))
}

fn tables(c: &mut Cursor) -> Read<Vec<(Name, bool)>> {
    c.list(|c| {
        let only = c.eat("ONLY");
        let name = c.name()?;
        c.eat_symbol("*");
        Ok((name, only))
    })
}

/// `TRUNCATE`.
pub(super) fn truncate(c: &mut Cursor) -> Read<Body> {
    c.expect("TRUNCATE")?;
    c.eat("TABLE");
    let tables = tables(c)?;
    let restart_identity = c.eat("RESTART IDENTITY");
    c.eat("CONTINUE IDENTITY");
    let cascade = c.eat("CASCADE");
    c.eat("RESTRICT");
    Ok(Body::Truncate(Truncate { tables, cascade, restart_identity }))
}

/// `LOCK`.
pub(super) fn lock(c: &mut Cursor) -> Read<Body> {
    const MODES: &[&str] = &[
        "ACCESS SHARE",
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE ROW EXCLUSIVE",
        "SHARE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    ];
    c.expect("LOCK")?;
    c.eat("TABLE");
    let tables = tables(c)?;
    let mut mode = "ACCESS EXCLUSIVE";
    if c.eat("IN") {
        mode = c.eat_one(MODES).ok_or_else(|| c.unexpected("a lock mode"))?;
        c.expect("MODE")?;
    }
    let nowait = c.eat("NOWAIT");
    Ok(Body::Lock(LockTable { tables, mode: mode.to_owned(), nowait }))
}
