//! Sqitch: scripts in the order of `sqitch.plan`, run by psql.

use super::Entry;
use super::Layout;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use crate::migration::survey::Survey;
use crate::migration::survey::join;

pub(super) struct Sqitch;

/// The value of a key in the `[core]` section of `sqitch.conf`.
fn core(text: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[core]";
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            return Some(value.trim().trim_matches('"').to_owned());
        }
    }
    None
}

/// A change of the plan that a later one with the same name reworks has its script under the next
/// tag's name.
struct Change {
    name: String,
    tag_after: Option<String>,
}

fn plan(text: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['%', '#']) {
            continue;
        }
        let Some(word) = line.split_whitespace().next() else { continue };
        if let Some(tag) = word.strip_prefix('@') {
            for change in changes.iter_mut().rev().take_while(|change| change.tag_after.is_none()) {
                change.tag_after = Some(tag.to_owned());
            }
        } else if !word.starts_with('-') {
            let name = word.trim_start_matches('+').to_owned();
            changes.push(Change { name, tag_after: None });
        }
    }
    changes
}

impl Layout for Sqitch {
    fn id(&self) -> &'static str {
        "sqitch"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for root in survey.folders_of("sqitch.plan") {
            let why = format!("`{}`", join(root, "sqitch.plan"));
            let mut sighting = Sighting::new(root, Strength::Hard, why);
            let conf = survey.text(&join(root, "sqitch.conf")).unwrap_or_default();
            sighting.foreign = core(&conf, "engine")
                .filter(|engine| engine != "pg")
                .map(|engine| format!("`sqitch.conf` says `{engine}`"));
            found.push(sighting);
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let conf = survey.text(&join(root, "sqitch.conf")).unwrap_or_default();
        let top = core(&conf, "top_dir")
            .filter(|top| top != ".")
            .map_or(root.to_owned(), |top| join(root, &top));
        let changes = plan(&survey.text(&join(root, "sqitch.plan")).unwrap_or_default());
        let mut entries = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let reworked = changes[at + 1..].iter().any(|later| later.name == change.name);
            let script = match (&change.tag_after, reworked) {
                (Some(tag), true) => format!("{}@{tag}", change.name),
                _ => change.name.clone(),
            };
            let path = join(&top, &format!("deploy/{script}.sql"));
            if survey.has(&path) {
                entries.push(Entry::new(script, path, SPLIT));
            }
        }
        entries
    }
}
