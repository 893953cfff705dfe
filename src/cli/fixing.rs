//! `migrate lint --fix` and `--diff`: what is found is put right in its file, or it is shown how.

use super::error::Error;
use super::judging::Judging;
use super::sources::Found;
use super::ui::Ui;
use crate::examine::Unread;
use crate::fix;
use crate::fix::Asker;
use crate::fix::Judged;
use crate::fix::Outcome;
use crate::fix::Spot;
use crate::gather::Gathered;
use crate::lint;
use crate::lint::Baseline;
use crate::lint::Finding;
use crate::lint::Linted;
use crate::migration::Project;
use crate::migration::Tree;
use crate::report;
use crate::workspace;
use crate::workspace::WriteError;

/// What is told to whoever does not say what is new.
pub(super) const UNTOLD: &str = "what was deployed is not changed: say what was not, by --base, \
                                 --since, --staged or --history, or name the files";

/// What is fixed, and what the user wants of it.
pub(super) struct Fixing<'a> {
    pub(super) found: &'a Found,
    pub(super) judging: Judging<'a>,
    pub(super) baseline: Option<&'a Baseline>,
}

/// Writes what changed, once it is seen that all of it can be; what is new first, so that no step
/// is lost.
fn write_all(gathered: &Gathered, outcome: &Outcome) -> Result<(), Error> {
    let mut changes: Vec<_> = outcome.tree.changes().collect();
    changes.sort_by_key(|(_, before, _)| before.is_some());
    let failed = |path: &str, result: Result<(), WriteError>| {
        result.map_err(|cause| Error::Write { path: gathered.root.join(path), cause })
    };
    for (path, before, _) in &changes {
        failed(path, workspace::unchanged(&gathered.root.join(path), before.as_deref()))?;
    }
    for (path, before, after) in &changes {
        failed(path, workspace::replace(&gathered.root.join(path), before.as_deref(), after))?;
    }
    Ok(())
}

impl Fixing<'_> {
    /// Changes the files; gives what is found in them then.
    pub(super) fn write(&self) -> Result<(Vec<Linted>, Vec<Unread>), Error> {
        let (mut files, mut unread) = (Vec::new(), Vec::new());
        for gathered in &self.found.gathering.projects {
            let outcome = self.outcome(gathered);
            write_all(gathered, &outcome)?;
            self.tell("fixed", gathered, &outcome);
            let lint = |file| files.push(self.judging.lint(file, self.found.postgres));
            unread.extend(self.found.examine_in(&outcome.tree, &outcome.project, gathered, lint));
        }
        Ok((files, unread))
    }

    /// Shows how the files would change.
    pub(super) fn show(&self, ui: &mut Ui) -> Result<(), Error> {
        let style = ui.style();
        for gathered in &self.found.gathering.projects {
            let outcome = self.outcome(gathered);
            for (path, before, after) in outcome.tree.changes() {
                let shown = self.found.shown(gathered, path);
                report::diff(&shown, before.as_deref(), after, style, ui.out())?;
            }
            self.tell("would be fixed", gathered, &outcome);
        }
        Ok(())
    }

    fn outcome(&self, gathered: &Gathered) -> Outcome {
        // What the user does not hear of is no reason to bring it about.
        let mut all = self.judging.severities.clone();
        all.retain(|_, severity| severity.is_some());
        let judge = |tree: &dyn Tree, project: &Project| {
            let mut files = Vec::new();
            // What cannot be read is told by the run that reports.
            self.found.examine_in(tree, project, gathered, |file| {
                let (delivery, alone) = (file.delivery, fix::is_alone(&file));
                let linted = lint::lint(file, &all, None, self.found.postgres);
                files.push(Judged { linted, delivery, alone });
            });
            files
        };
        let wanted = |finding: &Finding| {
            self.judging.severities.get(finding.rule) != Some(&None)
                && !self.baseline.is_some_and(|baseline| baseline.lists(finding))
        };
        fix::fix(gathered, &Asker { judge: &judge, wanted: &wanted })
    }

    fn tell(&self, verb: &str, gathered: &Gathered, outcome: &Outcome) {
        let place = |spot: &Spot| format!("{}:{}: {}", spot.shown, spot.line, spot.rule);
        for spot in &outcome.done {
            Ui::note(&format!("{verb}: {}", place(spot)));
        }
        for (path, _, _) in outcome.tree.changes().filter(|(_, before, _)| before.is_none()) {
            let shown = self.found.shown(gathered, path);
            Ui::note(&format!("note: {shown} is new"));
        }
        for (spot, why) in &outcome.left {
            Ui::note(&format!("not fixed: {}: {why}", place(spot)));
        }
        if outcome.without > 0 {
            let findings = report::plural(outcome.without, "finding");
            Ui::note(&format!("not fixed: {findings} that only a person can decide on"));
        }
        let by_hand = outcome.project.layout.afterwards();
        if let Some(hint) = by_hand.filter(|_| !outcome.done.is_empty()) {
            Ui::note(&format!("note: {hint}"));
        }
    }
}
