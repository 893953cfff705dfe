//! Finds the projects in a tree of files: each layout says where it sees its own, the strongest
//! evidence wins, and no file belongs to two.

use super::dialect;
use super::layout::Entry;
use super::layout::Layout;
use super::layout::Sighting;
use super::layout::Strength;
use super::layout::layouts;
use super::survey;
use super::survey::Tree;
use std::collections::BTreeMap;
use std::collections::HashSet;

/// The migrations of one tool in one folder.
#[derive(Clone)]
pub struct Project {
    /// Whose they are.
    pub layout: &'static dyn Layout,
    /// The folder, relative to the tree.
    pub root: String,
    /// Why it is taken for this layout.
    pub why: String,
    /// Its files, in the order in which they run.
    pub entries: Vec<Entry>,
}

/// Files that look like migrations of something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The folder, or the file.
    pub root: String,
    /// Why nothing is said of it.
    pub why: String,
    /// It may be deployed all the same, to another server.
    pub deployed: bool,
}

/// What was found.
#[derive(Clone, Default)]
pub struct Survey {
    /// Projects, by root.
    pub projects: Vec<Project>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// Finds the projects of a tree. With `forced`, one folder's layout is told and not guessed.
pub fn detect(tree: &dyn Tree, forced: &[(String, &'static dyn Layout)]) -> Survey {
    let survey = survey::Survey::new(tree);
    let mut sightings: Vec<(&'static dyn Layout, Sighting)> = Vec::new();
    for (root, layout) in forced {
        sightings.push((*layout, Sighting::told(root)));
    }
    for layout in layouts() {
        sightings.extend(layout.find(&survey).into_iter().map(|sighting| (*layout, sighting)));
    }
    // Sorting keeps the order of the layouts among equals.
    sightings.sort_by_key(|(_, sighting)| std::cmp::Reverse(sighting.strength));
    let mut found = Survey::default();
    let mut claimed = Claimed::default();
    for (layout, sighting) in sightings {
        claim(&survey, layout, sighting, &mut claimed, &mut found);
    }
    for project in &found.projects {
        let mut stray = project.layout.stray(&survey, &project.root);
        stray.retain(|(path, _)| !claimed.files.contains(path));
        let skipped = stray.into_iter().map(|(root, why)| Skipped { root, why, deployed: false });
        found.skipped.extend(skipped);
    }
    found.projects = join_numbered_folders(std::mem::take(&mut found.projects));
    found.projects.sort_by(|one, other| one.root.cmp(&other.root));
    found.skipped.sort_by(|one, other| one.root.cmp(&other.root));
    found
}

/// Files that belong to no project: they run in the order in which they are given.
pub fn loose(layout: &'static dyn Layout, paths: &[String]) -> Project {
    let root = paths.first().map_or("", |path| survey::split(path).0).to_owned();
    let entries = paths.iter().map(|path| Entry::loose(path)).collect();
    Project { layout, root, why: "the files are named one by one".to_owned(), entries }
}

/// The files of a project as its layout finds them, whichever of them are meant.
pub fn listed(tree: &dyn Tree, project: &Project) -> Vec<Entry> {
    project.layout.list(&survey::Survey::new(tree), &project.root)
}

/// A project whose files changed: how one reaches the server may hang on what is beside it.
///
/// Files that were added behind all others take their place there.
pub fn relisted(tree: &dyn Tree, project: &Project, added: &[String]) -> Project {
    let mut project = project.clone();
    let listed = listed(tree, &project);
    for entry in &mut project.entries {
        if let Some(found) = listed.iter().find(|found| found.path == entry.path) {
            entry.delivery = found.delivery;
        }
    }
    let known = |entry: &Entry| project.entries.iter().any(|known| known.path == entry.path);
    let new = listed.iter().filter(|entry| added.contains(&entry.path) && !known(entry));
    let new: Vec<Entry> = new.cloned().collect();
    let at = project.entries.iter().rposition(|entry| !entry.repeatable).map_or(0, |at| at + 1);
    project.entries.splice(at..at, new);
    project
}

/// What belongs to a project already.
#[derive(Default)]
struct Claimed {
    roots: Vec<String>,
    files: HashSet<String>,
}

impl Claimed {
    /// Whether a folder is one of a project's, or stands in one.
    fn covers(&self, folder: &str) -> bool {
        self.roots.iter().any(|root| {
            folder == root
                || root.is_empty()
                || folder.strip_prefix(root.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// Folders whose files are never deployed.
fn is_for_tests(root: &str) -> bool {
    root.split('/').any(|name| name == "testdata")
}

fn claim(
    survey: &survey::Survey,
    layout: &'static dyn Layout,
    sighting: Sighting,
    claimed: &mut Claimed,
    found: &mut Survey,
) {
    let Sighting { root, why, foreign, strength } = sighting;
    if strength < Strength::Hard && claimed.covers(&root) {
        return;
    }
    let mut entries = layout.list(survey, &root);
    entries.retain(|entry| !claimed.files.contains(&entry.path));
    if entries.is_empty() {
        return;
    }
    claimed.files.extend(entries.iter().map(|entry| entry.path.clone()));
    claimed.roots.push(root.clone());
    let paths: Vec<String> = entries.iter().map(|entry| entry.path.clone()).collect();
    let foreign = foreign
        .or_else(|| dialect::of_path(&root).map(|server| format!("the path names {server}")))
        .or_else(|| dialect::of_text(survey, &paths).map(|why| format!("the SQL is of {why}")));
    if let Some(why) = foreign {
        found.skipped.push(Skipped { root, why, deployed: true });
    } else if is_for_tests(&root) {
        let why = "`testdata` is not deployed".to_owned();
        found.skipped.push(Skipped { root, why, deployed: false });
    } else {
        found.projects.push(Project { layout, root, why, entries });
    }
}

/// The numbers of a release.
type Release = Vec<u64>;

/// The numbers of a folder that is called after a release: `7`, `0.22`, `v1.4.0`.
fn release(folder: &str) -> Option<Release> {
    let numbers = folder.strip_prefix('v').unwrap_or(folder);
    numbers.split('.').map(|number| number.parse().ok()).collect()
}

/// Folders that are numbered themselves, such as `postgres/7/02_users.up.sql`, are one project: its
/// files run in the order of the folders.
fn join_numbered_folders(projects: Vec<Project>) -> Vec<Project> {
    let mut numbered: BTreeMap<(String, &str), Vec<(Release, Project)>> = BTreeMap::new();
    let mut joined = Vec::new();
    for project in projects {
        let (parent, name) = survey::split(&project.root);
        match release(name) {
            Some(number) => {
                let key = (parent.to_owned(), project.layout.id());
                numbered.entry(key).or_default().push((number, project));
            }
            None => joined.push(project),
        }
    }
    for ((parent, _), mut parts) in numbered {
        parts.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (_, project) in &mut parts {
            let folder = survey::split(&project.root).1.to_owned();
            for entry in &mut project.entries {
                entry.version = format!("{folder}/{}", entry.version);
            }
        }
        let mut parts = parts.into_iter().map(|(_, project)| project);
        let Some(mut first) = parts.next() else { continue };
        first.root = parent;
        for mut project in parts {
            first.entries.append(&mut project.entries);
        }
        joined.push(first);
    }
    joined
}
