//! What stands beside a migration: who answers for it, and what takes it back.

use super::Change;
use crate::effect::Phase;
use crate::examine::Examined;
use crate::migration;
use crate::plan::Rehearsal;
use crate::rules::Rehearsed;
use crate::rules::Shipped;

/// The file in which the native layout says what a migration is about.
const ABOUT: &str = "change.toml";

/// A migration of a change, with what stands beside it.
pub(super) fn shipped(
    project: usize,
    layout: &'static str,
    file: &Examined,
    change: &Change,
) -> Shipped {
    Shipped {
        project,
        path: file.path.clone(),
        shown: file.shown.clone(),
        version: file.version.clone(),
        phase: file.phase,
        facts: file.facts.clone(),
        undo: migration::has_undo(layout, change.after, &file.path, &file.text),
        rehearsed: rehearsed(layout, file, change),
        owner: owner_in(&file.text).or_else(|| owner_beside(file, change)),
    }
}

/// What is on record of a rehearsal, in the folder of a contract of the native layout.
fn rehearsed(layout: &str, file: &Examined, change: &Change) -> Rehearsed {
    if layout != "native" || file.phase != Some(Phase::Contract) {
        return Rehearsed::Never;
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |name: &str| change.after.text(&format!("{folder}/{name}"));
    let Some(text) = beside(Rehearsal::FILE) else { return Rehearsed::Never };
    let counts = Rehearsal::read(&text).and_then(|read| read.counts(change.now, beside));
    counts.map_or_else(Rehearsed::Void, Rehearsed::Back)
}

/// The name in a comment `-- migrate: owner <name>`.
fn owner_in(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let words = line.trim().strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
        let name = words.trim_start().strip_prefix("owner")?.trim_start_matches([':', '=', ' ']);
        given(name)
    })
}

/// The owner that the file about a native migration names.
fn owner_beside(file: &Examined, change: &Change) -> Option<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let text = change.after.text(&format!("{folder}/{ABOUT}"))?;
    let about: toml::Table = text.parse().ok()?;
    given(about.get("owner")?.as_str()?)
}

fn given(name: &str) -> Option<String> {
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
