//! Where the database is: told as an argument, by a variable that it names, or by the environment.

use super::environment::Surroundings;
use super::error::Error;
use super::ui::Ui;
use crate::db::Address;

/// The address that an argument gives: a URL, words, or `env:NAME` for a variable that holds them.
pub(super) fn told(argument: &str) -> Result<Address, Error> {
    let variable = argument.strip_prefix("env:");
    let text = match variable {
        Some(name) => std::env::var(name).map_err(|_| {
            let why = "is not set, or is no text: set it, or give the URL itself";
            Error::Usage(format!("--database-url: the variable `{name}` {why}"))
        })?,
        None => argument.to_owned(),
    };
    let address = Address::resolve(Some(&text), &Surroundings)?;
    warn(&address);
    if variable.is_none() && address.shows_password() {
        Ui::note(
            "warning: a password in an argument is seen by all who list the processes of this \
             machine: keep it in ~/.pgpass, or name a variable with env:NAME",
        );
    }
    Ok(address)
}

/// The same; where nothing is told it is that of `DATABASE_URL`, or what libpq would take.
pub(super) fn told_or_found(argument: Option<&str>) -> Result<Address, Error> {
    if let Some(argument) = argument {
        return told(argument);
    }
    let address = Address::resolve(None, &Surroundings)?;
    warn(&address);
    Ok(address)
}

fn warn(address: &Address) {
    for warning in address.warnings() {
        Ui::note(&format!("warning: {warning}"));
    }
}
