//! `migrate backfill`: runs the migrate phase of a change as it is written, and records the proof
//! that no row is left.

use super::backfill_plan;
use super::changes;
use super::changes::Changes;
use super::error::Error;
use super::exit::Exit;
use super::expand::Patience;
use super::progress::Form;
use super::progress::Shown;
use super::record;
use super::release::said;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::effect::Phase;
use crate::ledger::Deed;
use crate::plan;
use crate::plan::Change;
use crate::plan::Tolerance;
use crate::report;
use crate::runner;
use crate::runner::RunError;
use crate::runner::Runner;
use crate::store;
use crate::version::Major;
use clap::Subcommand;
use std::path::PathBuf;

/// Fill in the data of a change, and prove that no row is left
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say how its migrate.sql is cut into batches, or what is in the way
    Plan(backfill_plan::Arguments),
    /// Run its migrate.sql, statement by statement
    Run(Run),
    /// Record that a query finds no row that is left
    Verify(Verify),
}

#[derive(clap::Args)]
struct Run {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Verify {
    #[command(flatten)]
    which: Which,
    /// The query that counts the rows that are left
    #[arg(long, value_name = "SQL")]
    query: String,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Which {
    /// The change
    #[arg(long, value_name = "CHANGE")]
    change: String,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Plan(plan) => backfill_plan::run(plan, ui),
        Command::Run(run) => self::fill(run, ui),
        Command::Verify(verify) => self::verify(verify, ui),
    }
}

/// A change that has data to fill in.
pub(super) fn named<'a>(changes: &'a Changes, name: &str) -> Result<&'a Change, Error> {
    let change = changes
        .named(name)
        .ok_or_else(|| Error::Usage(format!("there is no change `{name}` here")))?;
    if change.file(Phase::Migrate).is_none() {
        return Err(Error::Usage(format!("`{name}` has no migrate.sql that says something")));
    }
    Ok(change)
}

fn fill(run: &Run, ui: &mut Ui) -> Result<Exit, Error> {
    let place = run.target.open()?;
    record::open(&place)?;
    let changes = changes::find(&place.here, &place.loaded, run.which.dir.as_deref())?;
    let change = named(&changes, &run.which.change)?;
    let mut shown = Shown::new(Form::Human);
    let mut runner = Runner::new(&place.session, &place.who, run.patience.pace(), &mut shown);
    let longest = runner.pace.turn;
    runner::take_turn(&mut runner, longest)?;
    let state = store::read(&place.session)?.state;
    let expanded = state.changes.get(&change.name).map(|known| known.complete("expand"));
    if !matches!(expanded, Some(Ok(()))) {
        writeln!(ui.out(), "the expand of {} is not done; next: migrate expand", change.name)?;
        return Ok(Exit::Blocked);
    }
    if let Some(why) = &state.frozen {
        return Err(RunError::Frozen(format!("everything is frozen: {why}")).into());
    }
    let tolerance = Tolerance { out_of_order: true };
    let changes_due = std::slice::from_ref(change);
    let due =
        plan::pending(changes_due, &state, Phase::Migrate, tolerance).map_err(RunError::from)?;
    if !due.is_empty() {
        record::record(&place, &Deed::BackfillStarted { change: change.name.clone() }, None)?;
    }
    let facts = changes.facts(place.loaded.config.postgres.unwrap_or(Major::DEFAULT));
    let done = runner::run_steps(&mut runner, &due, Phase::Migrate, &state, &facts)?;
    report::expanded(done, false, ui.out())?;
    let name = &change.name;
    writeln!(
        ui.out(),
        "next: migrate backfill verify --change {name} --query 'SELECT count(*) …'"
    )?;
    Ok(Exit::Done)
}

fn verify(verify: &Verify, ui: &mut Ui) -> Result<Exit, Error> {
    let place = verify.target.open()?;
    record::open(&place)?;
    let changes = changes::find(&place.here, &place.loaded, verify.which.dir.as_deref())?;
    let name = named(&changes, &verify.which.change)?.name.clone();
    let left = count(&place, &verify.query)?;
    let deed = Deed::BackfillVerified { change: name.clone(), rows: left, mismatches: left };
    let done = record::record(&place, &deed, None)?;
    if left > 0 {
        said(&format!("{left} rows of {name} are left"), done, ui.out())?;
        return Ok(Exit::Blocked);
    }
    said(&format!("no row of {name} is left"), done, ui.out())?;
    Ok(Exit::Done)
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
    count.ok_or_else(|| Error::Usage("--query gives one number: SELECT count(*) …".to_owned()))
}
