//! `migrate explain`: a rule's page, or the list of all.

use super::error::Error;
use super::exit::Exit;
use super::ui::Ui;
use crate::nearest::nearest;
use crate::report;
use crate::rules;

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
    let Some(rule) = rules::find(id) else {
        return Err(Error::Usage(match nearest(id, rules::all().map(|rule| rule.id)) {
            Some(near) => format!("there is no rule `{id}`; did you mean `{near}`?"),
            None => format!("there is no rule `{id}`; `migrate explain` lists them"),
        }));
    };
    report::explain_page(rule, ui.out())?;
    Ok(Exit::Done)
}
