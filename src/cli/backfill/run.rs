//! `migrate backfill run`: the statements of a change's migrate.sql in their order, each with the
//! workers of this process, beside those of any other.

use super::metrics::Metrics;
use crate::backfill;
use crate::backfill::End;
use crate::cli::changes;
use crate::cli::changes::Changes;
use crate::cli::environment::Surroundings;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::expand::Patience;
use crate::cli::expand::span;
use crate::cli::progress::Form;
use crate::cli::progress::Shown;
use crate::cli::record;
use crate::cli::target::Place;
use crate::cli::target::Target;
use crate::cli::ui::Ui;
use crate::db::Environment;
use crate::effect::Phase;
use crate::job::Job;
use crate::job::Options;
use crate::job::Work;
use crate::ledger::ChangeState;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::plan;
use crate::plan::Change;
use crate::plan::Pending;
use crate::plan::Step;
use crate::plan::Tolerance;
use crate::report;
use crate::report::Bar;
use crate::runner;
use crate::runner::RunError;
use crate::runner::Runner;
use crate::store;
use crate::version::Major;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The change [default: all whose data is not filled in, in order]
    #[arg(long, value_name = "CHANGE")]
    change: Option<String>,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// How many workers this process has; a table takes no more in all than its change says
    #[arg(long, value_name = "N", default_value_t = 1)]
    workers: u32,
    /// Stop after the batch at which this time is over
    #[arg(long = "for", value_name = "SPAN", value_parser = span, conflicts_with = "until_done")]
    span: Option<Duration>,
    /// Go on until nothing is left, which is what happens without it
    #[arg(long)]
    until_done: bool,
    /// For how long a database that is gone is waited for; and for how long a statement that writes
    /// no rows waits for its turn, after which the run ends with 9
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
    outage: Duration,
    /// Run some batches twice and in two orders, take all of it back, and do no more
    #[arg(long)]
    prove: bool,
    /// Answer Prometheus at this address: /metrics, and /healthz
    #[arg(long, value_name = "HOST:PORT")]
    metrics_addr: Option<String>,
    /// What is said on the way
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,
    #[command(flatten)]
    target: Target,
    // The last one: a heading is for all that follows.
    #[command(flatten, next_help_heading = "Statements that write no rows, not batches")]
    patience: Patience,
}

/// Ends with 0 when all is done, 3 when rows are set aside, 4 when somebody wants it to pause or
/// the expand is not done, 8 when it was given up, 75 when it was stopped before its end and is to
/// be run again.
pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = super::open(&arguments.target)?;
    if let Some(why) = backfill::too_old(store::look(&place.session, false)?.version) {
        return Err(Error::Usage(why));
    }
    let until = arguments.span.map(|span| Instant::now() + span);
    let changes = changes::find(&place.here, &place.loaded, arguments.dir.as_deref())?;
    let named = match &arguments.change {
        Some(name) => vec![super::named(&changes, name)?],
        None => due(&changes, &store::read(&place.session)?.state),
    };
    match arguments.format {
        Form::Human if named.is_empty() => {
            writeln!(ui.out(), "no change has data that is to be filled in")?;
        }
        Form::Human | Form::Json => {}
    }
    let metrics = Metrics::default();
    if let Some(address) = &arguments.metrics_addr {
        metrics.serve(address)?;
    }
    let mut filling = Filling { arguments, place, changes: &changes, until, metrics };
    let mut exit = Exit::Done;
    for change in named {
        match filling.fill(change, ui)? {
            Exit::Done => {}
            // The other changes are filled in all the same.
            Exit::Findings => exit = Exit::Findings,
            other => return Ok(other),
        }
    }
    Ok(exit)
}

/// The changes whose data is not proven to be filled in, and whose contract has taken nothing away.
fn due<'a>(changes: &'a Changes, state: &State) -> Vec<&'a Change> {
    let open = |change: &&Change| {
        let known = state.changes.get(&change.name);
        let proven = known.and_then(|known| known.backfill.as_ref()?.verified).is_some();
        change.file(Phase::Migrate).is_some()
            && !proven
            && !known.is_some_and(ChangeState::contracted)
    };
    changes.all.iter().filter(open).collect()
}

struct Filling<'a> {
    arguments: &'a Arguments,
    place: Place,
    changes: &'a Changes,
    until: Option<Instant>,
    metrics: Metrics,
}

impl Filling<'_> {
    fn fill(&mut self, change: &Change, ui: &mut Ui) -> Result<Exit, Error> {
        let work = super::work(self.changes, change, &self.place)?;
        let options = self.changes.options(change)?;
        if self.arguments.prove {
            return self.prove(change, &work, &options, ui);
        }
        self.renew()?;
        if let Some(exit) = self.begin(change, ui)? {
            return Ok(exit);
        }
        for work in &work {
            self.renew()?;
            let state = store::read(&self.place.session)?.state;
            match work {
                Work::Batches(job) => {
                    if let Some(exit) = self.batches(change, job, &options, ui)? {
                        return Ok(exit);
                    }
                }
                Work::Whole(whole) => {
                    self.metrics.busy(true);
                    let done = self.whole(change, whole.place, &state);
                    self.metrics.busy(false);
                    done?;
                }
            }
        }
        let name = &change.name;
        let aside = self.aside(name)?;
        if aside > 0 {
            let rows = if aside == 1 { "1 row is".to_owned() } else { format!("{aside} rows are") };
            let says = format!(
                "{rows} set aside, all others are done; next: `migrate backfill status --change \
                 {name}` shows why, and once that is mended, `migrate backfill retry --change \
                 {name}`"
            );
            self.says(name, "set-aside", &says, ui)?;
            return Ok(Exit::Findings);
        }
        let says = format!("done; next: migrate backfill verify --change {name}");
        self.says(name, "done", &says, ui)?;
        Ok(Exit::Done)
    }

    /// Says what became of a change, or of one of its statements.
    fn says(&self, name: &str, outcome: &str, says: &str, ui: &mut Ui) -> Result<(), Error> {
        let json = self.arguments.format == Form::Json;
        Ok(report::backfill_ended(name, outcome, says, json, ui.out())?)
    }

    /// How many rows of a change are set aside. Workers may have outlived the session of their run.
    fn aside(&mut self, name: &str) -> Result<u64, Error> {
        let mut jobs = backfill::status(&self.place.session, Some(name));
        if jobs.is_err() {
            self.place.session = self.arguments.target.session()?;
            jobs = backfill::status(&self.place.session, Some(name));
        }
        Ok(jobs?.iter().map(|job| job.poison).sum())
    }

    /// Opens its own session anew where that was lost, as workers do with theirs.
    fn renew(&mut self) -> Result<(), Error> {
        if self.place.session.is_closed() {
            self.place.session = self.arguments.target.session()?;
        }
        Ok(())
    }

    /// Puts on record that it begins, if it may.
    fn begin(&self, change: &Change, ui: &mut Ui) -> Result<Option<Exit>, Error> {
        let place = &self.place;
        let state = store::read(&place.session)?.state;
        let known = state.changes.get(&change.name);
        let missing = known.is_none_or(|known| known.complete("expand").is_err());
        if change.file(Phase::Expand).is_some() && missing {
            let next = known.map_or("migrate expand", ChangeState::goes_on);
            let says = format!("its expand is not done; next: {next}");
            self.says(&change.name, "blocked", &says, ui)?;
            return Ok(Some(Exit::Blocked));
        }
        if let Some(why) = &state.frozen {
            return Err(RunError::Frozen(format!("everything is frozen: {why}")).into());
        }
        let tolerance = Tolerance { out_of_order: true };
        let due = plan::pending(&self.changes.all, &state, Phase::Migrate, tolerance)
            .map_err(RunError::from)?;
        let due: Vec<_> = due.into_iter().filter(|due| due.change.name == change.name).collect();
        for pending in due.iter().filter(|pending| pending.unregistered) {
            for deed in runner::registration(pending)? {
                record::record(place, &deed, None)?;
            }
        }
        let known = state.changes.get(&change.name);
        if !due.is_empty() && known.is_none_or(|known| known.backfill.is_none()) {
            record::record(place, &Deed::BackfillStarted { change: change.name.clone() }, None)?;
        }
        Ok(None)
    }

    fn batches(
        &self,
        change: &Change,
        job: &Job,
        options: &Options,
        ui: &mut Ui,
    ) -> Result<Option<Exit>, Error> {
        let step = step(change, job.place)?;
        let look = store::look(&self.place.session, false)?;
        let host = Surroundings::host();
        let run = backfill::Run {
            session: &self.place.session,
            role: self.arguments.target.role(),
            system: &look.system,
            change: &change.name,
            step: &step.at,
            job,
            options,
            who: &self.place.who,
            host: &host,
            pid: std::process::id(),
            workers: self.arguments.workers,
            until: self.until,
            outage: self.arguments.outage,
            alive: &|| self.metrics.alive(),
            variable: &|name| Surroundings.variable(name),
        };
        let form = self.arguments.format;
        let begun = Instant::now();
        let mut bar = (form == Form::Human).then(Bar::on_terminal).flatten();
        let mut last = None;
        let end = backfill::run(&run, &mut |status| {
            self.metrics.keep(status);
            let json = form == Form::Json;
            match report::backfill_progress(status, &mut last, json, begun.elapsed()) {
                Some(line) if json => Ui::line(&line),
                Some(_) if bar.is_some() => {}
                Some(line) => Ui::note(&line),
                None => {}
            }
            if let Some(bar) = &mut bar {
                bar.show(&report::backfill_drawn(status));
            }
        })?;
        drop(bar);
        self.ended(&change.name, &end, ui)
    }

    /// What the end of a job's workers means to the run, where that ends with it.
    fn ended(&self, name: &str, end: &End, ui: &mut Ui) -> Result<Option<Exit>, Error> {
        let (outcome, says, exit) = match end {
            End::Complete => return Ok(None),
            End::Stopped => {
                let says = "stopped before its end; run it again to go on".to_owned();
                ("stopped", says, Exit::Unreachable)
            }
            // Who comes next would begin anew: a person has to say so.
            End::GivenUp => {
                let says = format!(
                    "it was given up, and what was written stays; `migrate backfill run --change \
                     {name}` begins anew"
                );
                ("given-up", says, Exit::Refused)
            }
            End::Unwanted(why) => {
                let says = format!("{why}; next: migrate backfill resume --change {name}");
                ("paused", says, Exit::Blocked)
            }
        };
        self.says(name, outcome, &says, ui)?;
        Ok(Some(exit))
    }

    /// Sees that statements may run twice, by doing so.
    fn prove(
        &self,
        change: &Change,
        work: &[Work],
        options: &Options,
        ui: &mut Ui,
    ) -> Result<Exit, Error> {
        let mut exit = Exit::Done;
        for work in work {
            let Work::Batches(job) = work else { continue };
            let proven = backfill::prove(&self.place.session, job, options)?;
            let (name, place) = (&change.name, job.place);
            if proven.against.is_empty() {
                let rows = proven.rows;
                let says =
                    format!("statement {place}: {rows} rows are the same when it runs again");
                self.says(name, "proven", &says, ui)?;
            }
            for why in &proven.against {
                let says = format!("statement {place}: it must not run twice: {why}");
                self.says(name, "unproven", &says, ui)?;
                exit = Exit::Findings;
            }
        }
        Ok(exit)
    }

    /// Runs a statement that writes no rows, once, by whoever comes first.
    fn whole(&self, change: &Change, place: u32, state: &State) -> Result<(), Error> {
        let is_done = |state: &State| {
            let known = state.changes.get(&change.name);
            known.is_some_and(|known| known.done("migrate").any(|(done, _)| done == place))
        };
        if is_done(state) {
            return Ok(());
        }
        let mut shown = Shown::new(self.arguments.format);
        let session = &self.place.session;
        let patience = self.arguments.patience.pace();
        let mut runner = Runner::new(session, &self.place.who, patience, &mut shown);
        runner::take_turn(&mut runner, self.arguments.outage)?;
        let state = store::read(session)?.state;
        if !is_done(&state) {
            let step = step(change, place)?;
            let facts =
                self.changes.facts(self.place.loaded.config.postgres.unwrap_or(Major::DEFAULT));
            let due = [Pending { change, steps: vec![step], unregistered: false }];
            runner::run_steps(&mut runner, &due, Phase::Migrate, &state, &facts)?;
        }
        Ok(runner::give_turn(session)?)
    }
}

/// The step that a statement is.
fn step(change: &Change, place: u32) -> Result<Step, Error> {
    let step = plan::step_of(change, place).map_err(|cause| RunError::Drift(cause.into()))?;
    step.ok_or_else(|| Error::Usage(format!("{} has no statement {place} to fill in", change.name)))
}
