//! The expressions of a recipe, shown to the server: it plans statements with them, and runs none.

use crate::cli::error::Error;
use crate::db::Address;
use crate::db::DbError;
use crate::db::Look;
use crate::db::Session;
use crate::db::Settings;
use crate::recipe::Recipe;
use crate::recipe::Unfit;

/// Asks the server about each expression; gives what could not be found out.
pub(super) fn try_out(recipe: &Recipe, address: &Address) -> Result<Vec<String>, Error> {
    let mut unknown = Vec::new();
    for trial in &recipe.trials {
        let explain = format!("EXPLAIN {}", trial.sql);
        let Err(error) = ask(address, &explain) else { continue };
        let Some(said) = error.said().filter(|_| is_of_expression(&error)) else {
            unknown.push(format!("whether {} fits could not be asked: {error}", trial.of));
            continue;
        };
        let why = format!("the server says: {}", said.message);
        return Err(Unfit::Unable { what: trial.of.to_owned(), why }.into());
    }
    Ok(unknown)
}

/// Asks in a session of its own, which an error ends.
fn ask(address: &Address, question: &str) -> Result<(), DbError> {
    let session = Session::open(address, &Settings::default())?;
    let (look, _) = Look::begin(&session, &[question])?;
    look.end()
}

/// Whether the server found fault with what is said: no right to the table (`42501`) is none.
fn is_of_expression(error: &DbError) -> bool {
    let state = error.sqlstate().unwrap_or_default();
    state != "42501" && (state.starts_with("42") || state.starts_with("22"))
}
