//! The clauses of a `SELECT` that gives the rows of an `INSERT`, each in its place.

use crate::sql::cursor::Cursor;
use crate::sql::expr::Expression;
use crate::sql::lower;
use crate::sql::query::Select;

/// Words that end the list of a `SELECT` or one of its clauses.
const CLAUSES: &[&str] = &[
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "INTO",
];

/// Words that join a table to those before it.
const JOINS: &[&str] = &["JOIN", "CROSS", "INNER", "LEFT", "RIGHT", "FULL", "NATURAL"];

/// The clauses of all of `c`; `None` where it does not begin with `SELECT`.
pub(super) fn clauses(c: &Cursor) -> Option<Select> {
    let mut c = c.clone();
    if !c.eat("SELECT") {
        return None;
    }
    let mut select = Select::default();
    let start = c.mark();
    if c.eat("DISTINCT") {
        if c.eat("ON") {
            c.brackets().ok()?;
        }
        select.distinct = Some(c.since(start));
    } else {
        c.eat("ALL");
    }
    let mut list = clause(&mut c);
    select.windowed = (0..list.rest().len()).any(|at| list.word_at(at, "OVER"));
    while !list.is_done() {
        let mut item = list.take_item();
        list.eat_symbol(",");
        let named = item.rest().len().checked_sub(2).filter(|at| item.word_at(*at, "AS"));
        let value = item.take(named.unwrap_or(usize::MAX));
        select.items.push(lower::expression(&value));
    }
    if c.eat("FROM") {
        let mut from = clause(&mut c);
        select.from = Some(from.rest_span());
        let joins = |c: &Cursor| c.symbol_at(0, ",") || JOINS.iter().any(|word| c.word_at(0, word));
        let first = from.mark();
        from.take_until(joins);
        select.first = Some(from.since(first));
    }
    if c.eat("WHERE") {
        select.filter = Some(lower::expression(&clause(&mut c)));
    }
    if c.eat("GROUP BY") {
        select.group = keys(&mut clause(&mut c));
    }
    if c.eat("HAVING") {
        clause(&mut c);
    }
    select.tail = (!c.is_done()).then(|| c.rest_span());
    Some(select)
}

/// What stands before the next clause.
fn clause<'a>(c: &mut Cursor<'a>) -> Cursor<'a> {
    c.take_until(|c| {
        let distinct = c.word_at(0, "FROM") && c.follows_word("DISTINCT");
        CLAUSES.iter().any(|word| c.word_at(0, word)) && !distinct
    })
}

fn keys(list: &mut Cursor) -> Vec<Expression> {
    let mut keys = Vec::new();
    while !list.is_done() {
        keys.push(lower::expression(&list.take_item()));
        list.eat_symbol(",");
    }
    keys
}
