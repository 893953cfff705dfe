//! What depends on the objects that a contract takes away: from the catalog, as `DROP … CASCADE`
//! would find it, and from the texts of functions, of which the catalog knows nothing.

mod catalog;
mod taken;
mod target;
mod text;

use super::error::RunError;
use crate::db::Session;
use crate::effect::Fact;
use crate::sql::Statement;
use std::collections::BTreeSet;
use taken::Taken;

/// What depends on what a contract takes away, in words; what it drops first itself is none.
pub(super) fn dependents(
    session: &Session,
    statements: &[Statement],
    facts: &[Fact],
) -> Result<Vec<String>, RunError> {
    let taken = Taken::of(statements, facts);
    if taken.all.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = BTreeSet::new();
    for row in session.rows(&catalog::hanging(&taken.all))? {
        found.extend(row.get(0).map(str::to_owned));
    }
    let Some(query) = catalog::naming(&taken.all) else { return Ok(found.into_iter().collect()) };
    for row in session.rows(&query)? {
        let (Some(place), Some(function)) = (row.get(0), row.get(1)) else { continue };
        let (Some(language), Some(body)) = (row.get(2), row.get(3)) else { continue };
        let of = place.parse().ok().and_then(|place: usize| taken.all.get(place));
        let gets_rows = row.get(4) == Some("t");
        if of.is_some_and(|gone| text::names(&gone.what, language, body, gets_rows)) {
            found.insert(format!("function {function}, which names it in its text"));
        }
    }
    Ok(found.into_iter().collect())
}
