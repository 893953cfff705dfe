//! `migrate backfill status`: where backfills stand.

use crate::backfill;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::progress::Form;
use crate::cli::target::Target;
use crate::cli::ui::Ui;
use crate::report;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The change [default: all]
    #[arg(long, value_name = "CHANGE")]
    change: Option<String>,
    /// The form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,
    #[command(flatten)]
    target: Target,
}

/// Ends with 0 if all is done, 3 if something failed or rows are set aside, 4 if something is under
/// way or waits, 6 if nothing was begun, or nothing of that name.
pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = super::open(&arguments.target)?;
    let change = arguments.change.as_ref().map(|name| {
        let which = super::Which { change: name.clone(), dir: None };
        super::full_name(&place, &which)
    });
    let all = backfill::status(&place.session, change.as_deref())?;
    let mut aside = Vec::new();
    for status in all.iter().filter(|status| status.poison > 0) {
        aside.push((status.id, backfill::poisoned(&place.session, status.id)?));
    }
    match arguments.format {
        Form::Human if all.is_empty() => {
            let of = arguments.change.as_ref().map(|name| format!(" of {name}"));
            writeln!(ui.out(), "no backfill{} was begun", of.unwrap_or_default())?;
        }
        Form::Human => report::backfills_human(&all, &aside, ui.out())?,
        Form::Json => report::backfills_json(&all, &aside, ui.out())?,
    }
    if all.is_empty() {
        return Ok(Exit::NoData);
    }
    if all.iter().any(|status| status.state == "failed" || status.poison > 0) {
        return Ok(Exit::Findings);
    }
    let open = all.iter().any(|status| status.state != "done");
    Ok(if open { Exit::Blocked } else { Exit::Done })
}
