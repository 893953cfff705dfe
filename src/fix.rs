//! Findings that are put right in their files: fix after fix, until nothing changes.
//!
//! A fix is tried on the text, and everything is judged again: it is kept if what it is for is gone
//! and no rule finds more than before, in this file or another. Nothing is written here.

use crate::effect::Delivery;
use crate::effect::Effect;
use crate::examine::Examined;
use crate::gather::Gathered;
use crate::lint::Finding;
use crate::lint::Linted;
use crate::migration;
use crate::migration::Entry;
use crate::migration::Outside;
use crate::migration::Project;
use crate::migration::Tree;
use crate::rules::Cure;
use crate::rules::Edit;
use crate::rules::Fix;
use crate::rules::Then;
use crate::workspace::OverlayTree;
use std::collections::BTreeMap;
use std::collections::HashMap;

/// A file that was judged, with what a fix asks of it.
pub struct Judged {
    /// What was found in it.
    pub linted: Linted,
    /// How it reaches the server.
    pub delivery: Delivery,
    /// It holds one statement that does something, and else settings of the session only.
    pub alone: bool,
}

/// Whether a file holds one statement that does something, and else settings of the session only.
pub fn is_alone(file: &Examined) -> bool {
    let parts = || file.facts.iter().flat_map(|fact| &fact.analysis.parts);
    let bound = parts().any(|part| match &part.effect {
        Effect::Set(set) => set.local,
        Effect::Transaction(_) => true,
        _ => false,
    });
    let does = file.facts.iter().filter(|fact| {
        !fact.analysis.parts.iter().all(|part| matches!(part.effect, Effect::Set(_)))
    });
    !bound && does.count() == 1
}

/// Where something was found, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file as the user would name it.
    pub shown: String,
    /// The line, when it was found.
    pub line: usize,
    /// The rule.
    pub rule: &'static str,
}

/// What came of it.
pub struct Outcome {
    /// The files, with all changes.
    pub tree: OverlayTree,
    /// The project over them.
    pub project: Project,
    /// What was put right, in order.
    pub done: Vec<Spot>,
    /// What was left though it has a fix, each with the reason; in the order of the files.
    pub left: Vec<(Spot, String)>,
    /// How many findings have none.
    pub without: usize,
}

/// What is judged by, and what the user wants.
pub struct Asker<'a> {
    /// Judges all files of a project, by every rule.
    pub judge: &'a dyn Fn(&dyn Tree, &Project) -> Vec<Judged>,
    /// Whether the user hears of a finding.
    pub wanted: &'a dyn Fn(&Finding) -> bool,
}

/// Fixes what can be fixed in the files of a project that were not deployed.
pub fn fix(gathered: &Gathered, asker: &Asker) -> Outcome {
    let tree = OverlayTree::new(gathered.tree.clone());
    let project = gathered.project.clone();
    let files = (asker.judge)(&tree, &project);
    let mut state = State { tree, project, files };
    let mut done = Vec::new();
    let mut refused: HashMap<String, String> = HashMap::new();
    // Mostly all fixes hold together, and a large project is judged once for them.
    let all: Vec<Group> = open(&state, gathered, asker, &refused).collect();
    let all: Vec<Group> = all.into_iter().filter(|group| can_change(&state, group)).collect();
    if let Ok(better) = attempt(&state, &all, asker) {
        state = better.taking(&state, &all, &mut done);
    }
    loop {
        let Some(group) = open(&state, gathered, asker, &refused).next() else { break };
        let mut tries = vec![group.clone()];
        if group.findings.len() > 1 {
            let singles = group.findings.iter().map(|finding| vec![finding.clone()]);
            tries.extend(singles.map(|findings| Group { findings, ..group }));
        }
        for group in tries {
            match attempt(&state, std::slice::from_ref(&group), asker) {
                Ok(better) => {
                    state = better.taking(&state, &[group], &mut done);
                    break;
                }
                Err(why) => {
                    if let [one] = group.findings.as_slice() {
                        refused.insert(one.fingerprint.clone(), why);
                    }
                }
            }
        }
    }
    let (left, without) = leftovers(&state, gathered, asker, &refused);
    Outcome { tree: state.tree, project: state.project, done, left, without }
}

/// The files at one moment, judged.
struct State {
    tree: OverlayTree,
    project: Project,
    files: Vec<Judged>,
}

/// Findings of one file that are fixed together.
#[derive(Clone)]
struct Group {
    /// The file's place among the files.
    at: usize,
    findings: Vec<Finding>,
}

impl State {
    /// Notes what was put right on the way here from the state before.
    fn taking(self, before: &State, groups: &[Group], done: &mut Vec<Spot>) -> State {
        for group in groups {
            let file = &before.files[group.at].linted;
            done.extend(group.findings.iter().map(|finding| note(file, finding)));
        }
        self
    }
}

fn note(file: &Linted, finding: &Finding) -> Spot {
    Spot { shown: file.shown.clone(), line: finding.start.line, rule: finding.rule }
}

fn entry<'a>(project: &'a Project, path: &str) -> Option<&'a Entry> {
    project.entries.iter().find(|entry| entry.path == path)
}

/// Why a file is not touched at all.
fn barrier(gathered: &Gathered, path: &str, text: &str) -> Option<&'static str> {
    if gathered.edited.contains(path) {
        return Some("the file was there before, and may have been deployed");
    }
    let entry = entry(&gathered.project, path)?;
    if entry.repeatable {
        return Some("the file runs again whenever it changes");
    }
    if text.starts_with('\u{feff}') {
        return Some("the file starts with a byte order mark");
    }
    gathered.project.layout.sealed(entry)
}

/// Files with findings that have a fix which was not tried in vain.
fn open<'a>(
    state: &'a State,
    gathered: &'a Gathered,
    asker: &'a Asker,
    refused: &'a HashMap<String, String>,
) -> impl Iterator<Item = Group> + 'a {
    state.files.iter().enumerate().filter_map(|(at, file)| {
        let linted = &file.linted;
        let open = linted.findings.iter().filter(|finding| {
            matches!(finding.cure, Cure::Fix(_))
                && (asker.wanted)(finding)
                && !refused.contains_key(&finding.fingerprint)
        });
        let findings: Vec<Finding> = open.cloned().collect();
        let barred = || barrier(gathered, &linted.path, &linted.text).is_some();
        (!findings.is_empty() && !barred()).then_some(Group { at, findings })
    })
}

/// What is found and stays: with a fix that is not made, each with the reason; how many without.
fn leftovers(
    state: &State,
    gathered: &Gathered,
    asker: &Asker,
    refused: &HashMap<String, String>,
) -> (Vec<(Spot, String)>, usize) {
    let (mut left, mut without) = (Vec::new(), 0);
    for file in &state.files {
        let linted = &file.linted;
        for finding in linted.findings.iter().filter(|finding| (asker.wanted)(finding)) {
            let why = match &finding.cure {
                Cure::None => {
                    without += 1;
                    continue;
                }
                Cure::Withheld(why) => why.clone(),
                Cure::Fix(_) => match barrier(gathered, &linted.path, &linted.text) {
                    Some(why) => why.to_owned(),
                    None => refused.get(&finding.fingerprint).cloned().unwrap_or_default(),
                },
            };
            left.push((note(linted, finding), why));
        }
    }
    (left, without)
}

/// The files after some fixes; else why they are not made.
fn attempt(state: &State, groups: &[Group], asker: &Asker) -> Result<State, String> {
    let mut tree = state.tree.clone();
    let mut added = Vec::new();
    for group in groups {
        added.extend(change(state, group, &mut tree)?);
    }
    let project = migration::relisted(&tree, &state.project, &added);
    let files = (asker.judge)(&tree, &project);
    match worse(state, &files, groups) {
        Some(why) => Err(why),
        None => Ok(State { tree, project, files }),
    }
}

/// Whether the file can be changed, whatever comes of it.
fn can_change(state: &State, group: &Group) -> bool {
    change(state, group, &mut state.tree.clone()).is_ok()
}

/// Makes the fixes of one file in the tree; gives the files that were added.
fn change(state: &State, group: &Group, tree: &mut OverlayTree) -> Result<Vec<String>, String> {
    let file = &state.files[group.at];
    let wanted = group.findings.iter().filter_map(|finding| match &finding.cure {
        Cure::Fix(fix) => Some(fix),
        Cure::None | Cure::Withheld(_) => None,
    });
    let wanted: Vec<&Fix> = wanted.collect();
    let mut edits: Vec<Edit> = wanted.iter().flat_map(|fix| fix.edits.iter().cloned()).collect();
    edits.extend(taken_out(state, file, &wanted, tree)?);
    let added = followed(state, file, &wanted, tree)?;
    let text = edited(&file.linted.text, edits).ok_or("it overlaps with another fix")?;
    tree.set(&file.linted.path, text);
    Ok(added)
}

/// Sees to it that the file runs outside of a transaction, if a fix asks for that.
fn taken_out(
    state: &State,
    file: &Judged,
    fixes: &[&Fix],
    tree: &mut OverlayTree,
) -> Result<Option<Edit>, String> {
    if !file.delivery.wrapped || fixes.iter().all(|fix| !fix.outside) {
        return Ok(None);
    }
    if !file.alone {
        return Err("other statements of the file would lose their transaction".to_owned());
    }
    let Some(entry) = entry(&state.project, &file.linted.path) else { return Ok(None) };
    match state.project.layout.outside(&*tree, &file.linted.text, entry) {
        Outside::Seen => Ok(None),
        Outside::Mark { offset, text } => Ok(Some(Edit::insert(offset, text))),
        Outside::Beside { path, text } => {
            tree.set(&path, text);
            Ok(None)
        }
        Outside::Never(why) => Err(why.to_owned()),
    }
}

/// Why a step that has to follow is not written.
const NO_NEXT: &str = "it takes a second migration, which has to be made by hand";

/// Why it is not written in front of others.
const LATER: &str = "it takes a second migration, and there are later ones already";

/// Writes what has to follow into a new file behind all others; gives its path.
fn followed(
    state: &State,
    file: &Judged,
    fixes: &[&Fix],
    tree: &mut OverlayTree,
) -> Result<Vec<String>, String> {
    let steps: Vec<&Then> = fixes.iter().filter_map(|fix| fix.then.as_ref()).collect();
    let Some(first) = steps.first() else { return Ok(Vec::new()) };
    let mut entries = state.project.entries.iter().filter(|entry| !entry.repeatable);
    let last = entries.next_back().filter(|last| last.path == file.linted.path);
    let Some(last) = last else {
        return Err(LATER.to_owned());
    };
    let text = &file.linted.text;
    let forward = state.project.layout.forward(text, last);
    let both_ways = forward.parts.last().is_none_or(|part| part.end < text.len());
    if !file.alone && steps.iter().any(|step| step.one_way) {
        return Err("other statements of the file would come before it".to_owned());
    }
    if both_ways && steps.iter().any(|step| step.one_way) {
        return Err("what runs backward would have to be divided as well".to_owned());
    }
    let sql: String = steps.iter().map(|step| step.sql.as_str()).collect();
    let next = state.project.layout.following(last, first.word, &sql).ok_or(NO_NEXT)?;
    let (path, text) = next;
    if tree.text(&path).is_some() {
        return Err(NO_NEXT.to_owned());
    }
    tree.set(&path, text);
    // Of what is there, more may stand behind the file than is meant here.
    let listed = migration::listed(&*tree, &state.project);
    let mut once = listed.iter().filter(|entry| !entry.repeatable).rev().map(|entry| &entry.path);
    if once.next() != Some(&path) || once.next() != Some(&file.linted.path) {
        return Err(LATER.to_owned());
    }
    Ok(vec![path])
}

/// A text after some edits, with its own line ends; `None` where two want the same bytes.
fn edited(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|edit| edit.span);
    let turned = text.contains("\r\n");
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        result.push_str(text.get(from..edit.span.offset)?);
        let put = if turned { edit.text.replace('\n', "\r\n") } else { edit.text };
        result.push_str(&put);
        from = edit.span.end();
    }
    result.push_str(text.get(from..)?);
    Some(result)
}

/// How often each rule finds something in each file.
fn counts(files: &[Judged]) -> BTreeMap<(&str, &'static str), usize> {
    let mut counts = BTreeMap::new();
    for file in files {
        for finding in &file.linted.findings {
            *counts.entry((file.linted.path.as_str(), finding.rule)).or_default() += 1;
        }
    }
    counts
}

/// Why one judgement is no better than the one before: what was to go is there, or there is more.
fn worse(before: &State, after: &[Judged], groups: &[Group]) -> Option<String> {
    let (old, new) = (counts(&before.files), counts(after));
    let of = |counts: &BTreeMap<(&str, &'static str), usize>, key: (&str, &'static str)| {
        counts.get(&key).copied().unwrap_or(0)
    };
    let path = |group: &Group| before.files[group.at].linted.path.as_str();
    for ((file, rule), count) in &new {
        if of(&old, (file, rule)) < *count {
            let here = groups.iter().any(|group| path(group) == *file);
            let place = if here { "" } else { " in another file" };
            return Some(format!("`{rule}` would find something then{place}"));
        }
    }
    for group in groups {
        for finding in &group.findings {
            let key = (path(group), finding.rule);
            let same = group.findings.iter().filter(|other| other.rule == finding.rule);
            if of(&old, key) < of(&new, key) + same.count() {
                return Some("it would still be found then".to_owned());
            }
        }
    }
    None
}
