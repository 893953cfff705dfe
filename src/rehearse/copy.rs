//! A catalog made anew on an empty server, without a row: as much of it as that server can make.

use super::error::RehearseError;
use crate::db::Address;
use crate::db::DbError;
use crate::db::Look;
use crate::db::Session;
use crate::db::Settings;
use crate::db::identifier;

/// What a database has that its catalog does not tell.
pub(super) struct World {
    /// All roles of its server.
    roles: Vec<String>,
    /// Where names without a schema are looked for.
    pub(super) search_path: String,
}

/// A statement of the catalog that the server does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmade {
    /// Its first line.
    pub statement: String,
    /// What the server says.
    pub why: String,
}

const ROLES: &str = "\
SELECT rolname FROM pg_catalog.pg_roles WHERE NOT starts_with(rolname, 'pg_') ORDER BY 1";

const PATH: &str = "SELECT current_setting('search_path'), current_user";

impl World {
    /// Reads it in the database whose catalog it is.
    pub(super) fn read(address: &Address) -> Result<World, RehearseError> {
        let session = Session::open(address, &Settings::default())?;
        let (look, answers) = Look::begin(&session, &[ROLES, PATH])?;
        look.end()?;
        let cells = |at: usize| answers.get(at).into_iter().flatten();
        let roles = cells(0).filter_map(|row| row.first().cloned().flatten()).collect();
        let path = cells(1).next().map(Vec::as_slice).unwrap_or_default();
        let search_path = match path {
            [Some(path), Some(user)] => path.replace("\"$user\"", &identifier(user)),
            _ => String::new(),
        };
        Ok(World { roles, search_path })
    }
}

/// How many statements are sent together.
const TOGETHER: usize = 200;

/// What a server says of what is there already: an extension brought it, or the empty database.
const THERE: [&str; 4] = ["42710", "42P06", "42P07", "42723"];

/// With an empty search path, as the catalog was read; bodies of functions may name what comes
/// after them.
const BEGIN: &str = "SET search_path = ''; SET check_function_bodies = off";

/// Makes it; gives what is left out.
pub(super) fn make(
    session: &Session,
    world: &World,
    statements: &[&str],
) -> Result<Vec<Unmade>, RehearseError> {
    for role in &world.roles {
        said(session, &format!("CREATE ROLE {}", identifier(role)))?;
    }
    session.rows(BEGIN)?;
    let mut open = statements.to_vec();
    let unmade = loop {
        let left = pass(session, &open)?;
        // What needs something that comes after it is made in the next pass.
        if left.is_empty() || left.len() == open.len() {
            break left;
        }
        open = left.into_iter().map(|(statement, _)| statement).collect();
    };
    session.rows("RESET ALL")?;
    let line = |statement: &str| statement.lines().next().unwrap_or_default().to_owned();
    let unmade = unmade.into_iter();
    Ok(unmade.map(|(statement, why)| Unmade { statement: line(statement), why }).collect())
}

/// Sends statements; gives those that the server does not take, with what it says.
fn pass<'a>(
    session: &Session,
    statements: &[&'a str],
) -> Result<Vec<(&'a str, String)>, RehearseError> {
    let mut left = Vec::new();
    for group in statements.chunks(TOGETHER) {
        if said(session, &group.join(";\n"))?.is_none() {
            continue;
        }
        for statement in group {
            if let Some((sqlstate, why)) = said(session, statement)?
                && !THERE.contains(&sqlstate.as_str())
            {
                left.push((*statement, why));
            }
        }
    }
    Ok(left)
}

/// Sends SQL; gives the server's no, if it says no: the SQLSTATE and the words.
pub(super) fn said(
    session: &Session,
    sql: &str,
) -> Result<Option<(String, String)>, RehearseError> {
    match session.rows(sql) {
        Ok(_) => Ok(None),
        Err(DbError::Server { said, .. }) => Ok(Some((said.sqlstate.clone(), said.to_string()))),
        Err(error) => Err(error.into()),
    }
}
