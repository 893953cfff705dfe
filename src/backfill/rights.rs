//! Rights to the tables that hold the rows: each is read and written under its own name, and what a
//! role may do with a partitioned table does not hold for that.

use super::error::BackfillError;
use super::survey::Survey;
use crate::db::Session;
use crate::job::Job;
use crate::sql::DataVerb;

/// Sees that the role may do with each part of the table what is to be done with it.
pub(super) fn must_suffice(
    session: &Session,
    job: &Job,
    survey: &Survey,
) -> Result<(), BackfillError> {
    let parts: Vec<String> = survey.leaves.iter().map(|leaf| leaf.oid.to_string()).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let wanted: &[&str] = match job.verb {
        DataVerb::Update => &["SELECT", "UPDATE"],
        DataVerb::Delete => &["SELECT", "DELETE"],
        _ => &["SELECT"],
    };
    let has = |right: &&str| {
        let of_table = format!("has_table_privilege(c.oid, '{right}')");
        // There is no DELETE of a column.
        if *right == "DELETE" {
            return of_table;
        }
        format!("({of_table} OR has_any_column_privilege(c.oid, '{right}'))")
    };
    let has_all = wanted.iter().map(has).collect::<Vec<_>>().join(" AND ");
    let rows = session.rows(&format!(
        "SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid), quote_ident(current_user)
         FROM pg_class c WHERE c.oid IN ({}) AND NOT ({has_all})",
        parts.join(", ")
    ))?;
    let Some((lacking, role)) = rows.first().and_then(|row| row.get(0).zip(row.get(1))) else {
        return Ok(());
    };
    let why = format!(
        "{role} lacks rights to what holds its rows, to which each batch goes by itself; its owner \
         can give them: GRANT {} ON {lacking} TO {role}",
        wanted.join(", ")
    );
    Err(BackfillError::unfit(job, &why))
}
