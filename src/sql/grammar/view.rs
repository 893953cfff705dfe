//! Views: `CREATE VIEW`, `CREATE MATERIALIZED VIEW`, `REFRESH MATERIALIZED VIEW`.

use super::data;
use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::statement::Body;
use crate::sql::statement::CreateView;
use crate::sql::statement::Refresh;

/// From `[RECURSIVE] VIEW` or `MATERIALIZED VIEW` on.
pub(super) fn create_view(c: &mut Cursor, or_replace: bool, temporary: bool) -> Read<Body> {
    c.eat("RECURSIVE");
    let materialized = c.eat("MATERIALIZED");
    c.expect("VIEW")?;
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = c.name()?;
    let columns =
        if c.symbol_at(0, "(") { Some(c.parenthesised(Cursor::identifier)?) } else { None };
    loop {
        if c.eat("WITH") {
            object::options(c)?;
        } else if c.eat("USING") || c.eat("TABLESPACE") {
            c.identifier()?;
        } else {
            break;
        }
    }
    c.expect("AS")?;
    let (query, with_data) = data::created_query(c)?;
    Ok(Body::CreateView(Box::new(CreateView {
        name,
        materialized,
        or_replace,
        if_not_exists,
        temporary,
        columns,
        query,
        with_data,
    })))
}

/// `REFRESH MATERIALIZED VIEW`.
pub(super) fn refresh(c: &mut Cursor) -> Read<Body> {
    c.expect("REFRESH MATERIALIZED VIEW")?;
    let concurrently = c.eat("CONCURRENTLY");
    let name = c.name()?;
    let with_data = !c.eat("WITH NO DATA");
    c.eat("WITH DATA");
    Ok(Body::Refresh(Refresh { name, concurrently, with_data }))
}
