//! `migrate explain`: a rule's page, or the list of all.

use super::error::Error;
use super::exit::Exit;
use super::ui::Ui;
use crate::nearest::did_you_mean;
use crate::report;
use crate::rules;
use crate::rules::Rule;

/// Explain a rule: what happens, why, and the safe way
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The rule's name; none lists all rules
    rule: Option<String>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let Some(id) = &arguments.rule else {
        report::explain_rules(ui.out())?;
        return Ok(Exit::Done);
    };
    report::explain_page(find(id).map_err(Error::Usage)?, ui.out())?;
    Ok(Exit::Done)
}

/// The rule of this name, or what to say of the name.
pub(super) fn find(id: &str) -> Result<&'static Rule, String> {
    let ids = rules::all().map(|rule| rule.id);
    let list = || "`migrate explain` lists them".to_owned();
    rules::find(id)
        .ok_or_else(|| format!("there is no rule `{id}`; {}", did_you_mean(id, ids, list)))
}
