//! Batches that somebody made by hand: rows by their place, or the first of a query.

use crate::sql;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Query;
use crate::sql::Span;

/// What gives a hand-made batch away.
pub(super) enum ByHand {
    /// The place of a row.
    Places,
    /// The first rows of a query.
    First,
    /// Rows that nobody else has locked.
    Locked,
}

/// What shows that the condition of a change picks some of its rows by itself, if it does.
pub(super) fn sign(change: &DataChange) -> Option<ByHand> {
    let predicate = change.predicate.as_ref()?;
    let mut found = None;
    predicate.tree.walk(&mut |part| match part {
        Expr::Subquery(query) if picks(query, change) => {
            let locks = query.row_lock.is_some();
            found = Some(if locks { ByHand::Locked } else { ByHand::First });
        }
        Expr::Column(parts) if parts.last().is_some_and(|column| column == "ctid") => {
            found.get_or_insert(ByHand::Places);
        }
        _ => {}
    });
    found
}

/// Whether a query reads the table that is written, and gives the first of its rows.
fn picks(query: &Query, change: &DataChange) -> bool {
    let own = query.relations.iter().any(|used| used.name.name == change.table.name);
    own && (query.limited || query.row_lock.is_some())
}

/// The edits that leave of a change what it is about: the condition of the query that picks its
/// rows in the place of its own.
pub(super) fn without_batches(change: &DataChange) -> Vec<(Span, String)> {
    let Some(predicate) = &change.predicate else { return Vec::new() };
    if sign(change).is_none() {
        return Vec::new();
    }
    let at = predicate.span;
    vec![(at, picked(&predicate.sql).unwrap_or_else(|| "true".to_owned()))]
}

/// The condition of the last query in a text, up to what bounds it.
fn picked(sql: &str) -> Option<String> {
    let whole = Span::new(0, sql.len());
    let words: Vec<Span> = sql::words(sql, whole);
    let is = |at: usize, word: &str| words[at].of(sql).eq_ignore_ascii_case(word);
    let select = (0..words.len()).rev().find(|at| is(*at, "select"))?;
    let (mut depth, mut start) = (0_i32, None);
    for at in select..words.len() {
        match words[at].of(sql) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        let ends = ["limit", "order", "for", "fetch", "offset", "group"];
        match start {
            None if depth == 0 && is(at, "where") => start = Some(at + 1),
            Some(start) if depth < 0 || (depth == 0 && ends.iter().any(|end| is(at, end))) => {
                let last = words.get(at.checked_sub(1)?)?;
                return (start < at).then(|| words[start].to(*last).of(sql).to_owned());
            }
            _ if depth < 0 => return None,
            _ => {}
        }
    }
    None
}
