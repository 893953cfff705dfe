//! The change sets in the fences of rule pages, and what the rules say of them.

use crate::fences::Section;
use migrate::change;
use migrate::change::Belonging;
use migrate::change::Change;
use migrate::change::Part;
use migrate::examine;
use migrate::examine::Examined;
use migrate::examine::Options;
use migrate::examine::Scope;
use migrate::lint;
use migrate::lint::Linted;
use migrate::lint::Severities;
use migrate::migration;
use migrate::migration::Entry;
use migrate::migration::Project;
use migrate::migration::Tree;
use migrate::rules::ChangeHit;
use migrate::rules::Demands;
use migrate::rules::Fence;
use migrate::rules::Rule;
use migrate::version::Major;
use migrate::workspace::ChangeKind;
use migrate::workspace::MemoryTree;
use migrate::workspace::Node;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;

/// A change set in a fence: what it changes, and all files before it.
pub(crate) struct ChangeCase {
    pub(crate) rule: &'static Rule,
    pub(crate) section: Section,
    /// The line of its first line of code, in the page.
    pub(crate) line: usize,
    pub(crate) demands: Demands,
    before: Files,
    change: Vec<Step>,
}

type Files = BTreeMap<String, String>;

/// What a fence says of one file.
#[derive(Clone)]
struct Step {
    path: String,
    /// Where it was, if it is renamed.
    from: Option<String>,
    /// Its text; `None` if it is deleted.
    text: Option<String>,
}

impl ChangeCase {
    pub(crate) fn name(&self) -> String {
        let section = format!("{:?}", self.section).to_lowercase();
        format!("{}::change::{section}::{}", self.rule.id, self.line)
    }
}

impl ChangeCase {
    /// The files of the change, with their texts; of what is deleted, that before.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.change.iter().filter_map(|step| {
            let before = || self.before.get(&step.path).map(String::as_str);
            Some((step.path.as_str(), step.text.as_deref().or_else(before)?))
        })
    }
}

/// The change sets of a page.
pub(crate) fn cases(rule: &'static Rule) -> Result<Vec<ChangeCase>, String> {
    let mut given = Files::new();
    let mut cases: Vec<ChangeCase> = Vec::new();
    let mut safe: Option<Files> = None;
    for fence in &rule.page().fences {
        let mut words = fence.info.split(' ');
        if words.next() != Some("change") {
            continue;
        }
        let change = steps(fence)?;
        let section = match fence.section.as_str() {
            "" => {
                apply(&mut given, &change);
                continue;
            }
            "Unsafe" => Section::Unsafe,
            "Safe" => Section::Safe,
            "Allowed" => Section::Allowed,
            other => return Err(format!("no change set can stand under {other}")),
        };
        let mut demands = Demands::default();
        for word in words {
            match word.split_once('=') {
                None if word == "owner" => demands.owner = true,
                None if word == "undo" => demands.undo = true,
                Some(("contracts-max", most)) => {
                    demands.contracts_max = most.parse().map_err(|_| "no number".to_owned())?;
                }
                _ => return Err(format!("line {}: `{word}` says nothing", fence.line)),
            }
        }
        let before = match section {
            Section::Safe => safe.get_or_insert_with(|| given.clone()).clone(),
            Section::Unsafe | Section::Allowed => given.clone(),
        };
        if section == Section::Safe {
            // One change after the other: each was released before the next.
            apply(safe.get_or_insert_with(Files::new), &change);
        }
        cases.push(ChangeCase { rule, section, line: fence.line, demands, before, change });
    }
    Ok(cases)
}

/// The files of a fence: `==> path`, `==> path (deleted)`, `==> path (from other)`.
fn steps(fence: &Fence) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for line in fence.code.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("==> ") {
            let (path, rest) = head.trim_end().split_once(' ').unwrap_or((head.trim_end(), ""));
            let from = rest.strip_prefix("(from ").and_then(|rest| rest.strip_suffix(')'));
            let text = (rest != "(deleted)").then(String::new);
            steps.push(Step { path: path.to_owned(), from: from.map(str::to_owned), text });
        } else {
            let step = steps.last_mut().and_then(|step| step.text.as_mut());
            step.ok_or(format!("line {}: of which file is this?", fence.line))?.push_str(line);
        }
    }
    Ok(steps)
}

fn apply(files: &mut Files, change: &[Step]) {
    for step in change {
        if let Some(from) = &step.from {
            files.remove(from);
        }
        match &step.text {
            Some(text) => files.insert(step.path.clone(), text.clone()),
            None => files.remove(&step.path),
        };
    }
}

/// What all rules say of a change set, file by file.
pub(crate) fn judge(case: &ChangeCase, severities: &Severities) -> Vec<Linted> {
    let mut files = case.before.clone();
    apply(&mut files, &case.change);
    let before = MemoryTree::new(case.before.clone().into_iter().collect());
    let after = MemoryTree::new(files.into_iter().collect());
    let projects = migration::detect(&after, &[]).projects;
    let earlier = migration::detect(&before, &[]).projects;
    let belonging = Belonging::new(PathBuf::from("/"), &earlier, &projects);
    let changes: Vec<_> = case.change.iter().map(|step| changed(case, step)).collect();
    let trees: (&dyn Tree, &dyn Tree) = (&before, &after);
    let files = change::roles(&changes, trees, &belonging, str::to_owned);
    let ends: Vec<_> = projects.iter().map(|project| examined(case, &after, project)).collect();
    let parts: Vec<Part> = projects
        .iter()
        .zip(&ends)
        .map(|(project, (files, schema))| Part {
            files,
            schema: Some(schema),
            layout: project.layout.id(),
        })
        .collect();
    let judged = change::judge(
        Change {
            files,
            parts: &parts,
            before: &before,
            after: &after,
            shown: &str::to_owned,
            belonging: &belonging,
            demands: case.demands.clone(),
            now: migrate::ledger::Moment::default(),
        },
        |rule| severities.get(rule.id).is_some_and(Option::is_some),
    );
    let mut hits: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for ChangeHit { path, hit } in judged.hits {
        hits.entry(path).or_default().push(hit);
    }
    let mut found: Vec<Linted> = Vec::new();
    for file in ends.into_iter().flat_map(|(files, _)| files) {
        let hits = hits.remove(&file.path).unwrap_or_default();
        found.push(lint::lint_in_change(file, &hits, severities, None, Major::DEFAULT));
    }
    for (path, hits) in hits {
        let text = after.text(&path).or_else(|| before.text(&path)).unwrap_or_default();
        found.push(lint::lint_elsewhere((&path, &path, &text), &hits, severities, Major::DEFAULT));
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn changed(case: &ChangeCase, step: &Step) -> migrate::workspace::Change {
    let kind = match (&step.text, &step.from) {
        (None, _) => ChangeKind::Deleted,
        (_, Some(_)) => ChangeKind::Renamed,
        (Some(_), None) if case.before.contains_key(&step.path) => ChangeKind::Edited,
        (Some(_), None) => ChangeKind::Added,
    };
    let (path, before_path) = (step.path.clone(), step.from.clone());
    migrate::workspace::Change { path, before_path, kind, node: Node::File }
}

/// The migrations of a project that the change adds or edits, and the database after them.
fn examined(
    case: &ChangeCase,
    tree: &MemoryTree,
    project: &Project,
) -> (Vec<Examined>, migrate::schema::Schema) {
    let changed: BTreeMap<String, bool> = case
        .change
        .iter()
        .filter(|step| step.text.is_some())
        .map(|step| (step.path.clone(), case.before.contains_key(&step.path)))
        .collect();
    let judged: HashSet<String> = project
        .entries
        .iter()
        .map(|entry: &Entry| entry.path.clone())
        .filter(|path| changed.contains_key(path))
        .collect();
    let arrivals = migration::arrivals(&project.entries, &changed);
    let options = Options {
        postgres: Major::DEFAULT,
        scope: Scope { only: Some(judged), together: true, arrivals },
        wrapped: None,
        history: &[],
        alone: false,
        adopted: false,
        catalog: None,
    };
    let mut files = Vec::new();
    let (_, schema) = examine::examine_to_end(tree, project, &options, str::to_owned, |file| {
        files.push(file);
    });
    files.sort_by_key(|file| file.place);
    (files, schema)
}
