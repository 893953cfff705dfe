//! `migrate lint`: what migrations would do to a live database and to the code that runs beside it.

use super::error::Error;
use super::exit::Exit;
use super::fixing;
use super::fixing::Fixing;
use super::judging;
use super::judging::Judging;
use super::judging::Wishes;
use super::sources::Found;
use super::sources::Sources;
use super::ui::Ui;
use crate::examine::Unread;
use crate::lint;
use crate::lint::Baseline;
use crate::lint::Counts;
use crate::lint::Linted;
use crate::report;
use crate::report::Report;
use crate::workspace;
use std::path::Path;

/// Say what migrations would do to a live database, and to the code that runs beside it
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    wishes: Wishes,
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
    let wishes = &arguments.wishes;
    let severities = wishes.severities(&found);
    let small = wishes.small(&found)?;
    let judging = Judging { severities: &severities, small: small.as_ref() };
    let path = wishes.baseline_path(&found);
    let path = path.as_deref();
    if arguments.write_baseline {
        let (files, unread) = lint_all(judging, &found);
        judging::note_unread(&unread);
        return write_baseline(path, &files, ui);
    }
    let baseline = path.map(judging::read_baseline).transpose()?;
    let baseline = baseline.as_ref();
    let fixing = Fixing { found: &found, judging, baseline };
    let (mut files, unread) =
        if arguments.fix { fixing.write()? } else { lint_all(judging, &found) };
    judging::note_unread(&unread);
    let known = files.iter_mut().filter_map(|file| Some(baseline?.filter(&mut file.findings)));
    let known = known.sum();
    if arguments.diff {
        fixing.show(ui)?;
        return Ok(wishes.exit(&found, &files, &unread));
    }
    let report = Report {
        postgres: found.postgres,
        files: &files,
        known,
        skipped: &found.gathering.skipped,
        change: None,
    };
    let style = ui.style();
    report::write(&report, wishes.format, style, ui.out())?;
    Ok(wishes.exit(&found, &files, &unread))
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
