//! `migrate check`: a change set as a whole, migrations and application code.

use super::clock;
use super::error::Error;
use super::exit::Exit;
use super::judging;
use super::judging::Judging;
use super::judging::Wishes;
use super::sources::Found;
use super::sources::Ground;
use super::ui::Ui;
use crate::change;
use crate::change::Belonging;
use crate::change::Change;
use crate::change::Judged;
use crate::change::Part;
use crate::examine::Examined;
use crate::examine::Unread;
use crate::gather::Changed;
use crate::gather::Whole;
use crate::lint;
use crate::lint::Linted;
use crate::lint::Severities;
use crate::migration::Tree;
use crate::report;
use crate::report::Report;
use crate::report::Ships;
use crate::rules::Hit;
use crate::rules::Rule;
use crate::schema::Schema;
use crate::workspace;
use crate::workspace::Range;
use std::collections::BTreeMap;

/// Say what a change set must not ship together, and which code still uses what it takes away
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("change").required(true)))]
pub(super) struct Arguments {
    /// Judge what the branch changes since it left this revision: a pull request
    #[arg(long, value_name = "REF", group = "change")]
    base: Option<String>,
    /// Judge what is staged for the next commit: for a pre-commit hook
    #[arg(long, group = "change")]
    staged: bool,
    /// Judge what changes from one commit to another, A..B, or since B left A, A...B: a release
    #[arg(long, value_name = "A..B", group = "change")]
    range: Option<String>,
    #[command(flatten)]
    ground: Ground,
    #[command(flatten)]
    wishes: Wishes,
    /// Say what each changed file is taken for, and why, in place of judging them
    #[arg(long)]
    explain: bool,
}

/// A project's migrations that ship, and its database after them.
struct Examination {
    files: Vec<Examined>,
    schema: Schema,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let range = match (&arguments.base, &arguments.range) {
        (Some(base), _) => Range::Base(base.clone()),
        (None, Some(range)) => Range::Between(range.clone()),
        (None, None) => Range::Staged,
    };
    let changed = Changed::Whole(range);
    let mut found = arguments.ground.find(Vec::new(), None, changed)?;
    for fault in std::mem::take(&mut found.gathering.faults) {
        Ui::note(&format!("warning: not looked into: {fault}"));
    }
    let Some(whole) = found.gathering.whole.take() else { return Ok(Exit::Done) };
    let belonging = belonging(&found, &whole)?;
    let shown = |path: &str| workspace::shown(&found.here, &whole.root.join(path));
    let trees: (&dyn Tree, &dyn Tree) = (&whole.set.before, &*whole.set.after);
    let files = change::roles(&whole.set.changes, trees, &belonging, shown);
    if arguments.explain {
        report::roles(&files, ui.out())?;
        return Ok(Exit::Done);
    }
    let (examinations, unread) = examine(&found);
    judging::note_unread(&unread);
    let severities = arguments.wishes.severities(&found);
    let judged = {
        let parts = parts(&found, &examinations);
        let change = Change {
            files,
            parts: &parts,
            before: &whole.set.before,
            after: &*whole.set.after,
            shown: &shown,
            belonging: &belonging,
            demands: found.loaded.config.change.demands.clone(),
            now: clock::now(),
        };
        change::judge(change, |rule| is_on(rule, &severities))
    };
    let small = arguments.wishes.small(&found)?;
    let judging = Judging { severities: &severities, small: small.as_ref() };
    let (mut files, ships) = lint(&found, &whole, judging, examinations, judged);
    let baseline = arguments.wishes.baseline_path(&found);
    let baseline = baseline.as_deref().map(judging::read_baseline).transpose()?;
    let known = files
        .iter_mut()
        .filter_map(|file| Some(baseline.as_ref()?.filter(&mut file.findings)))
        .sum();
    let report = Report {
        postgres: found.postgres,
        files: &files,
        known,
        skipped: &found.gathering.skipped,
        change: Some(&ships),
    };
    let style = ui.style();
    report::write(&report, arguments.wishes.format, style, ui.out())?;
    Ok(arguments.wishes.exit(&found, &files, &unread))
}

/// Whether a rule is asked: by the user, or by its page.
fn is_on(rule: &Rule, severities: &Severities) -> bool {
    match severities.get(rule.id) {
        Some(severity) => severity.is_some(),
        None => !rule.settings().opt_in,
    }
}

/// What is known of the files of the repository.
fn belonging(found: &Found, whole: &Whole) -> Result<Belonging, Error> {
    let told = &found.loaded.config.change;
    let code = told.code.as_ref().map(|code| found.loaded.patterns(code)).transpose()?;
    let of_projects = found.gathering.projects.iter().map(|project| project.code.clone());
    let mut belonging = Belonging::new(whole.root.clone(), &whole.before, &whole.after);
    let left_out = whole.left_out.iter().map(|skipped| {
        let tool = if skipped.deployed { "another database" } else { "nobody's" };
        (skipped.root.clone(), tool)
    });
    belonging.folders.extend(left_out);
    Ok(Belonging {
        code,
        no_code: found.loaded.patterns(&told.no_code)?,
        of_projects: of_projects.collect(),
        ..belonging
    })
}

fn examine(found: &Found) -> (Vec<Examination>, Vec<Unread>) {
    let mut unread = Vec::new();
    let examinations = found.gathering.projects.iter().map(|project| {
        let mut files = Vec::new();
        let (missed, schema) = found.examine_to_end(project, |file| files.push(file));
        files.sort_by_key(|file: &Examined| file.place);
        unread.extend(missed);
        Examination { files, schema }
    });
    let examinations = examinations.collect();
    (examinations, unread)
}

fn parts<'a>(found: &Found, examinations: &'a [Examination]) -> Vec<Part<'a>> {
    let projects = found.gathering.projects.iter().zip(examinations);
    let part = |(project, examination): (&crate::gather::Gathered, &'a Examination)| Part {
        files: &examination.files,
        schema: Some(&examination.schema),
        layout: project.project.layout.id(),
    };
    projects.map(part).collect()
}

/// What is found in each file, of it alone and of the change.
fn lint(
    found: &Found,
    whole: &Whole,
    judging: Judging,
    examinations: Vec<Examination>,
    judged: Judged,
) -> (Vec<Linted>, Ships) {
    let mut hits: BTreeMap<String, Vec<Hit>> = BTreeMap::new();
    for found in judged.hits {
        hits.entry(found.path).or_default().push(found.hit);
    }
    let mut files = Vec::new();
    for file in examinations.into_iter().flat_map(|examination| examination.files) {
        let of_change = hits.remove(&file.path).unwrap_or_default();
        files.push(judging.lint_in_change(file, &of_change, found.postgres));
    }
    for (path, hits) in hits {
        let shown = workspace::shown(&found.here, &whole.root.join(&path));
        let set = &whole.set;
        let before = judged.files.iter().find(|file| file.path == path);
        let before = before.and_then(|file| file.before.as_deref()).unwrap_or(&path);
        let text = set.after.text(&path).or_else(|| set.before.text(before)).unwrap_or_default();
        let place = (path.as_str(), shown.as_str(), text.as_str());
        files.push(lint::lint_elsewhere(place, &hits, judging.severities, found.postgres));
    }
    let ships = Ships {
        from: whole.set.from.clone(),
        to: whole.set.to.clone(),
        files: judged.files,
        migrations: judged.migrations,
    };
    (files, ships)
}
