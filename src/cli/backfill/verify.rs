//! `migrate backfill verify`: the proof that no row is left goes on record.

use super::Which;
use crate::backfill;
use crate::cli::changes;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::record;
use crate::cli::release::said;
use crate::cli::target::Place;
use crate::cli::target::Target;
use crate::cli::ui::Ui;
use crate::job::Job;
use crate::job::Work;
use crate::ledger::Deed;
use crate::ledger::Refusal;
use crate::ledger::Refused;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// The query that counts the rows that are left [default: that of change.toml, else the
    /// condition of each statement]
    #[arg(long, value_name = "SQL")]
    query: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = super::open(&arguments.target)?;
    let changes = changes::find(&place.here, &place.loaded, arguments.which.dir.as_deref())?;
    let change = super::named(&changes, &arguments.which.change)?;
    let name = &change.name;
    let options = changes.options(change)?;
    let query = arguments.query.as_ref().or(options.verify.as_ref());
    let mut left = match query {
        Some(query) => count(&place, query)?,
        None => 0,
    };
    for work in super::work(&changes, change, &place)? {
        if let Work::Batches(job) = work {
            left += of_job(&place, name, &job, query.is_some())?;
        }
    }
    let deed = Deed::BackfillVerified { change: name.clone(), rows: left, mismatches: left };
    let done = record::record(&place, &deed, None)?;
    if left > 0 {
        said(&format!("{left} rows of {name} are left"), done, ui.out())?;
        backfill::reopen(&place.session, name)?;
        writeln!(ui.out(), "next: migrate backfill run --change {name}")?;
        return Ok(Exit::Blocked);
    }
    said(&format!("no row of {name} is left"), done, ui.out())?;
    Ok(Exit::Done)
}

/// How many rows of a job are left, or set aside; where a query counts all that are left, only the
/// latter.
fn of_job(place: &Place, change: &str, job: &Job, counted: bool) -> Result<u64, Error> {
    let not_yet = |why: &str| {
        Error::Refused(Refusal {
            class: Refused::Blocked,
            why: format!("statement {} of {change} {why}", job.place),
            next: format!("next: migrate backfill run --change {change}"),
        })
    };
    let left = backfill::left(&place.session, change, job)?;
    let left = left.ok_or_else(|| not_yet("was never begun"))?;
    if !left.complete {
        return Err(not_yet("is not at its end"));
    }
    if counted {
        return Ok(left.aside);
    }
    let rows = left.rows.or((left.aside > 0).then_some(0)).ok_or_else(|| {
        Error::Usage(format!(
            "rows of statement {} do not show that they are done: say how those that are left are \
             counted, with --query, or with `verify` in [backfill] of change.toml",
            job.place
        ))
    })?;
    Ok(rows.max(left.aside))
}

/// What a query counts, in a transaction that can only read.
fn count(place: &Place, query: &str) -> Result<u64, Error> {
    place.session.rows("BEGIN READ ONLY")?;
    let asked = place.session.rows(query);
    place.session.rows("ROLLBACK")?;
    let rows = asked?;
    let count = match rows.as_slice() {
        [only] if only.len() == 1 => only.get(0).and_then(|text| text.parse().ok()),
        _ => None,
    };
    let why = "the query that verifies gives one number: SELECT count(*) …";
    count.ok_or_else(|| Error::Usage(why.to_owned()))
}
