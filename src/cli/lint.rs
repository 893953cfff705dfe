//! `migrate lint`: what migrations would do to a live database and to the code that runs beside it.

use super::error::Error;
use super::exit::Exit;
use super::explain;
use super::fixing;
use super::fixing::Fixing;
use super::judging::Judging;
use super::load;
use super::sources::Found;
use super::sources::Sources;
use super::ui::Ui;
use crate::config;
use crate::config::FailOn;
use crate::examine::Unread;
use crate::lint;
use crate::lint::Baseline;
use crate::lint::Counts;
use crate::lint::Linted;
use crate::lint::Severities;
use crate::lint::Small;
use crate::report;
use crate::report::Format;
use crate::report::Report;
use crate::rules::Severity;
use crate::workspace;
use std::path::Path;
use std::path::PathBuf;

/// Say what migrations would do to a live database, and to the code that runs beside it
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sources: Sources,
    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Fail from this severity on: error, warning, info or never [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    fail_on: Option<FailOn>,
    /// Judge a rule otherwise: ID=off, ID=info, ID=warning or ID=error
    #[arg(long, value_name = "ID=SEVERITY", value_parser = rule)]
    rule: Vec<(&'static str, Option<Severity>)>,
    /// On tables with fewer rows, take findings that only cost time down one severity; the sizes
    /// are those of --database-url, or told by --sizes
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    small_tables: Option<u64>,
    /// A file that says how large tables are: users = { rows = 12 }
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// A file that lists old findings, which are not reported again
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found into the baseline, and report nothing
    #[arg(long)]
    write_baseline: bool,
    /// Put right what can be put right with certainty in files that were not deployed, then report
    /// what is left
    #[arg(long, group = "instead", conflicts_with = "write_baseline")]
    fix: bool,
    /// Show how --fix would change the files, in place of a report; nothing is written
    #[arg(long, group = "instead", conflicts_with_all = ["write_baseline", "format"])]
    diff: bool,
    /// Say which tools the migrations are of, and why, in place of judging them
    #[arg(long, group = "instead")]
    explain_layout: bool,
    /// Say how much of the files was understood, in place of judging them
    #[arg(long, group = "instead")]
    stats: bool,
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    FailOn::from_word(text).ok_or_else(|| "say error, warning, info or never".to_owned())
}

fn rule(text: &str) -> Result<(&'static str, Option<Severity>), String> {
    let (id, word) = text.split_once('=').ok_or("say ID=SEVERITY")?;
    let rule = explain::find(id)?;
    let severity = config::severity_from_word(word);
    severity.map(|severity| (rule.id, severity)).ok_or("say off, info, warning or error".to_owned())
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    refuse_to_fix(arguments)?;
    let mut found = arguments.sources.find()?;
    if arguments.explain_layout {
        return explain_layout(&found, ui);
    }
    let faults = std::mem::take(&mut found.gathering.faults);
    for fault in &faults {
        Ui::note(&format!("warning: not looked into: {fault}"));
    }
    if arguments.stats {
        return stats(&found, ui);
    }
    let severities = severities(arguments, &found);
    let small = small(arguments, &found)?;
    let judging = Judging { severities: &severities, small: small.as_ref() };
    let path = baseline_path(arguments, &found);
    let path = path.as_deref();
    if arguments.write_baseline {
        let (files, unread) = lint_all(judging, &found);
        note_unread(&unread);
        return write_baseline(path, &files, ui);
    }
    let baseline = path.map(read_baseline).transpose()?;
    let baseline = baseline.as_ref();
    let fixing = Fixing { found: &found, judging, baseline };
    let (mut files, unread) =
        if arguments.fix { fixing.write()? } else { lint_all(judging, &found) };
    note_unread(&unread);
    let known = files.iter_mut().filter_map(|file| Some(baseline?.filter(&mut file.findings)));
    let known = known.sum();
    if arguments.diff {
        fixing.show(ui)?;
        return Ok(exit(arguments, &found, &files, &unread));
    }
    let report = Report {
        postgres: found.postgres,
        files: &files,
        known,
        skipped: &found.gathering.skipped,
    };
    let style = ui.style();
    report::write(&report, arguments.format, style, ui.out())?;
    Ok(exit(arguments, &found, &files, &unread))
}

/// Stops where it is not known what may be changed.
fn refuse_to_fix(arguments: &Arguments) -> Result<(), Error> {
    if (arguments.fix || arguments.diff) && !arguments.sources.say_what_is_new() {
        return Err(Error::Usage(fixing::UNTOLD.to_owned()));
    }
    if arguments.fix && arguments.sources.are_piped() {
        let message = "--fix changes files, and standard input is none; --diff shows the change";
        return Err(Error::Usage(message.to_owned()));
    }
    Ok(())
}

fn note_unread(unread: &[Unread]) {
    for unread in unread {
        Ui::note(&format!("error: {unread}"));
    }
}

fn exit(arguments: &Arguments, found: &Found, files: &[Linted], unread: &[Unread]) -> Exit {
    let fail_on = arguments.fail_on.unwrap_or(found.loaded.config.fail_on);
    let fails = files
        .iter()
        .any(|file| file.findings.iter().any(|finding| fail_on.fails(finding.severity)));
    match (unread.is_empty(), fails) {
        (false, _) => Exit::Unexpected,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Done,
    }
}

/// The tables that are small to the user.
fn small(arguments: &Arguments, found: &Found) -> Result<Option<Small>, Error> {
    let config = &found.loaded.config;
    let path = match (&arguments.sizes, &config.sizes) {
        (Some(path), _) => Some(workspace::absolute(&found.here, path)),
        (None, Some(path)) => Some(workspace::absolute(&found.loaded.folder, Path::new(path))),
        (None, None) => None,
    };
    let catalog = found.gathering.catalog.as_ref();
    let mut sizes = catalog.map(|catalog| catalog.sizes.clone()).unwrap_or_default();
    if let Some(path) = &path {
        sizes.extend(load::sizes(&found.here, path)?);
    }
    let Some(rows) = arguments.small_tables.or(config.small_tables) else {
        if arguments.sizes.is_some() {
            let message = "--sizes is for --small-tables: say how many rows a small table has";
            return Err(Error::Usage(message.to_owned()));
        }
        return Ok(None);
    };
    if path.is_none() && catalog.is_none() {
        let message = "how large tables are is not known: give --database-url, or --sizes FILE";
        if arguments.small_tables.is_some() {
            return Err(Error::Usage(message.to_owned()));
        }
        Ui::note(&format!("warning: small-tables is without effect, for {message}"));
        return Ok(None);
    }
    Ok(Some(Small { rows, sizes }))
}

fn severities(arguments: &Arguments, found: &Found) -> Severities {
    let mut severities = found.loaded.config.severities.clone();
    severities.extend(arguments.rule.iter().copied());
    severities
}

fn lint_all(judging: Judging, found: &Found) -> (Vec<Linted>, Vec<Unread>) {
    let mut files = Vec::new();
    let mut unread = Vec::new();
    for project in &found.gathering.projects {
        let first = files.len();
        let lint = |file| files.push(judging.lint(file, found.postgres));
        unread.extend(found.examine(project, lint));
        files[first..].sort_by_key(|file: &Linted| file.place);
    }
    (files, unread)
}

fn baseline_path(arguments: &Arguments, found: &Found) -> Option<PathBuf> {
    match (&arguments.baseline, &found.loaded.config.baseline) {
        (Some(path), _) => Some(workspace::absolute(&found.here, path)),
        (None, Some(path)) => Some(workspace::absolute(&found.loaded.folder, Path::new(path))),
        (None, None) => None,
    }
}

fn write_baseline(path: Option<&Path>, files: &[Linted], ui: &mut Ui) -> Result<Exit, Error> {
    let Some(path) = path else {
        let message = "--write-baseline needs a file: give --baseline FILE, or set `baseline` in \
                       migrate.toml";
        return Err(Error::Usage(message.to_owned()));
    };
    let baseline = Baseline::of(files.iter().flat_map(|file| &file.findings));
    std::fs::write(path, baseline.to_text()).map_err(Error::file(path))?;
    writeln!(ui.out(), "{}: {} findings", path.display(), baseline.len())?;
    Ok(Exit::Done)
}

/// What is known already.
fn read_baseline(path: &Path) -> Result<Baseline, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    Baseline::parse(&text).map_err(|cause| Error::Baseline { path: path.to_owned(), cause })
}

fn explain_layout(found: &Found, ui: &mut Ui) -> Result<Exit, Error> {
    for project in &found.gathering.projects {
        let folder = workspace::shown(&found.here, &project.root.join(&project.project.root));
        let id = project.project.layout.id();
        let files = project.project.entries.len();
        let files = report::plural(files, "file");
        writeln!(ui.out(), "{folder}: {id}: {}, {files}", project.project.why)?;
    }
    for (folder, why) in &found.gathering.skipped {
        writeln!(ui.out(), "{folder}: left out: {why}")?;
    }
    Ok(Exit::Done)
}

fn stats(found: &Found, ui: &mut Ui) -> Result<Exit, Error> {
    let mut all = Vec::new();
    let mut exit = Exit::Done;
    for project in &found.gathering.projects {
        let mut read = report::Read {
            folder: workspace::shown(&found.here, &project.root.join(&project.project.root)),
            layout: project.project.layout.id(),
            files: 0,
            counts: Counts::default(),
            misses: Vec::new(),
        };
        let unread = found.examine(project, |file| {
            let (counts, misses) = lint::survey(&file.script);
            read.files += 1;
            read.counts.add(counts);
            if !misses.is_empty() {
                read.misses.push((file.shown, file.text, misses));
            }
        });
        for unread in &unread {
            Ui::note(&format!("error: {unread}"));
            exit = Exit::Unexpected;
        }
        all.push(read);
    }
    report::stats(&all, ui.out())?;
    Ok(exit)
}
