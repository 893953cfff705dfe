//! What the user names to the projects it means: trees, layouts, and which files are judged.

mod dump;
mod server;

pub use dump::DumpError;
pub use server::server_of_images;

use crate::db;
use crate::db::Address;
use crate::db::Catalog;
use crate::db::CatalogError;
use crate::examine::Scope;
use crate::migration;
use crate::migration::Entry;
use crate::migration::Layout;
use crate::migration::Project;
use crate::migration::Tree;
use crate::nearest::nearest;
use crate::sql;
use crate::sql::Script;
use crate::workspace;
use crate::workspace::ChangeKind;
use crate::workspace::ChangeSet;
use crate::workspace::DiskTree;
use crate::workspace::Git;
use crate::workspace::GitError;
use crate::workspace::MemoryTree;
use crate::workspace::Patterns;
use crate::workspace::Range;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// Which files are new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// All, each as if those before it were deployed.
    All,
    /// What the branch adds or edits since it left this revision, as one change.
    SinceRevision(String),
    /// What comes after this version, as one change.
    AfterVersion(String),
    /// What is staged, as one change.
    Staged,
    /// A change set as a whole: its projects are known even where no migration is in it.
    Whole(Range),
}

/// A folder of which the user says what it is.
#[derive(Clone)]
pub struct Told {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// Its layout.
    pub layout: Option<&'static dyn Layout>,
    /// Whether its runner wraps files in a transaction.
    pub wrapped: Option<bool>,
    /// The application code that runs on its database, by patterns.
    pub code: Option<Arc<Patterns>>,
}

/// What the user asks for.
pub struct Request {
    /// Where relative paths start; absolute.
    pub here: PathBuf,
    /// Files and folders to judge; none for all below `here`.
    pub paths: Vec<PathBuf>,
    /// Text to judge in place of files.
    pub text: Option<String>,
    /// Which of the files are new.
    pub changed: Changed,
    /// Files and folders that were deployed before all of it.
    pub history: Vec<PathBuf>,
    /// A dump of the schema before all of it, in place of any history.
    pub schema: Option<PathBuf>,
    /// The database before all of it, in place of any history.
    pub database: Option<Address>,
    /// The layout of all that is judged.
    pub layout: Option<&'static dyn Layout>,
    /// Folders of which the configuration says what they are.
    pub told: Vec<Told>,
    /// Files that are never judged.
    pub exclude: Patterns,
}

/// A project with what of it is judged.
pub struct Gathered {
    /// Its files.
    pub tree: Arc<dyn Tree + Send>,
    /// Where the tree starts, absolute.
    pub root: PathBuf,
    /// Its layout and the order of its files.
    pub project: Project,
    /// What is judged.
    pub scope: Scope,
    /// Files that are judged because they were edited, and may have been deployed as they were.
    pub edited: HashSet<String>,
    /// Whether its runner wraps files in a transaction, where the user says so.
    pub wrapped: Option<bool>,
    /// The application code that runs on its database, where the user says so.
    pub code: Option<Arc<Patterns>>,
}

/// A change set as a whole.
pub struct Whole {
    /// The root of the repository, absolute.
    pub root: PathBuf,
    /// What changed.
    pub set: ChangeSet,
    /// The projects before the change.
    pub before: Vec<Project>,
    /// The projects after it.
    pub after: Vec<Project>,
    /// Migrations that are left out, such as those of another database.
    pub left_out: Vec<migration::Skipped>,
}

/// All that was found.
#[derive(Default)]
pub struct Gathering {
    /// Projects, by place.
    pub projects: Vec<Gathered>,
    /// Folders that hold migrations of something else, each with the reason.
    pub skipped: Vec<(String, String)>,
    /// Places that could not be looked into, each with the reason.
    pub faults: Vec<String>,
    /// What was deployed before all of it.
    pub history: Vec<Script>,
    /// Statements of the dump or the catalog that were not understood, each with its place.
    pub misread: Vec<String>,
    /// What else the database says of itself.
    pub catalog: Option<Catalog>,
    /// The change set, where one is judged as a whole.
    pub whole: Option<Whole>,
}

/// Why nothing can be judged.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// Paths that are not there.
    #[error("there is no {}", list(.0))]
    Missing(Vec<String>),
    /// No migrations were found.
    #[error(
        "no migrations found below {place}; name files or folders, or say in migrate.toml where \
        they are and whose:\n\n    [[project]]\n    path = \"db/migrations\"\n    layout = \
        \"plain\"\n{}", list_others(.others)
    )]
    Nothing {
        /// Where was looked.
        place: String,
        /// Folders with SQL files that are not taken for migrations, and how many; most first.
        others: Vec<(String, usize)>,
    },
    /// No migration has this version.
    #[error("no migration has the version `{version}`{}", did_you_mean(.near.as_deref()))]
    NoVersion {
        /// What was asked for.
        version: String,
        /// The version most like it.
        near: Option<String>,
    },
    /// A file of the history cannot be read.
    #[error("`{0}` cannot be read, or is larger than 64 MiB")]
    Unread(String),
    /// A dump of a schema is none.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A database cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Git has no answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn list(paths: &[String]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

fn list_others(folders: &[(String, usize)]) -> String {
    if folders.is_empty() {
        return String::new();
    }
    let each = folders.iter().map(|(folder, files)| format!("    {files:>5} {folder}\n"));
    format!("\nSQL files that are not taken for migrations:\n\n{}", each.collect::<String>())
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Finds what a request is about.
pub fn gather(request: &Request) -> Result<Gathering, GatherError> {
    let mut gathering = before(request)?;
    if let Some(text) = &request.text {
        gathering.projects.push(from_text(request, text));
        return Ok(gathering);
    }
    let targets = targets(request)?;
    named(request, &targets, &mut gathering)?;
    if request.schema.is_some() || request.database.is_some() {
        gathering.forget_earlier_files();
    }
    Ok(gathering)
}

/// What the request says of the database before the files.
fn before(request: &Request) -> Result<Gathering, GatherError> {
    let mut gathering = Gathering { history: history(request)?, ..Gathering::default() };
    if let Some(path) = &request.schema {
        let dump = dump::read(&request.here, path)?;
        gathering.history.push(dump.script);
        gathering.misread = dump.misread;
    }
    if let Some(address) = &request.database {
        let catalog = db::read_catalog(address)?;
        let dump = dump::of_catalog(&catalog.statements);
        gathering.history.push(dump.script);
        gathering.misread = dump.misread;
        gathering.catalog = Some(catalog);
    }
    Ok(gathering)
}

/// Finds what the targets are about.
fn named(
    request: &Request,
    targets: &[PathBuf],
    gathering: &mut Gathering,
) -> Result<(), GatherError> {
    match &request.changed {
        Changed::All => from_disk(request, targets, gathering),
        Changed::AfterVersion(version) => {
            from_disk(request, targets, gathering);
            after_version(version, &mut gathering.projects)?;
        }
        Changed::SinceRevision(revision) => {
            changed(request, targets, &Range::Base(revision.clone()), gathering)?;
        }
        Changed::Staged => changed(request, targets, &Range::Staged, gathering)?,
        Changed::Whole(range) => changed(request, targets, range, gathering)?,
    }
    let changed_only = !matches!(request.changed, Changed::All | Changed::AfterVersion(_));
    if gathering.projects.is_empty() && gathering.skipped.is_empty() && !changed_only {
        let place = targets.iter().map(|target| workspace::shown(&request.here, target));
        let place = list(&place.collect::<Vec<_>>());
        return Err(GatherError::Nothing { place, others: folders_with_sql(request, targets) });
    }
    Ok(())
}

/// How many folders are named that could hold migrations.
const OTHERS_MAX: usize = 5;

/// The folders below the targets that hold most SQL files.
fn folders_with_sql(request: &Request, targets: &[PathBuf]) -> Vec<(String, usize)> {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for (root, targets) in by_root(&request.here, targets) {
        let targets: Vec<PathBuf> = targets.into_iter().cloned().collect();
        for path in DiskTree::around(&root, &targets).paths() {
            let file = root.join(path);
            let below = targets.iter().any(|target| file.starts_with(target));
            if let Some(folder) = file.parent().filter(|_| below && migration::is_sql(path)) {
                *folders.entry(workspace::shown(&request.here, folder)).or_default() += 1;
            }
        }
    }
    let mut folders: Vec<(String, usize)> = folders.into_iter().collect();
    folders.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    folders.truncate(OTHERS_MAX);
    folders
}

/// The paths of a request, absolute; where none is given, the current folder.
fn targets(request: &Request) -> Result<Vec<PathBuf>, GatherError> {
    if request.paths.is_empty() {
        return Ok(vec![request.here.clone()]);
    }
    let targets: Vec<PathBuf> =
        request.paths.iter().map(|path| workspace::absolute(&request.here, path)).collect();
    let missing = targets.iter().zip(&request.paths).filter(|(target, _)| !target.exists());
    let missing: Vec<String> = missing.map(|(_, path)| path.display().to_string()).collect();
    if missing.is_empty() { Ok(targets) } else { Err(GatherError::Missing(missing)) }
}

fn from_text(request: &Request, text: &str) -> Gathered {
    let name = "<stdin>".to_owned();
    let layout = request.layout.unwrap_or(migration::plain());
    Gathered {
        tree: Arc::new(MemoryTree::new(vec![(name.clone(), text.to_owned())])),
        root: request.here.clone(),
        project: migration::loose(layout, &[name]),
        scope: Scope::all(),
        edited: HashSet::new(),
        wrapped: None,
        code: None,
    }
}

/// Targets by the root of the tree that each stands in.
fn by_root<'a>(here: &Path, targets: &'a [PathBuf]) -> BTreeMap<PathBuf, Vec<&'a PathBuf>> {
    let mut roots: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for target in targets {
        roots.entry(workspace::root_of(here, target)).or_default().push(target);
    }
    roots
}

fn from_disk(request: &Request, targets: &[PathBuf], gathering: &mut Gathering) {
    for (root, targets) in by_root(&request.here, targets) {
        let targets: Vec<PathBuf> = targets.into_iter().cloned().collect();
        let tree = Arc::new(DiskTree::around(&root, &targets));
        gathering.faults.extend_from_slice(tree.faults());
        let place = Place::new(request, root, tree);
        let found = place.detect(request, &targets);
        let wanted = |entry: &Entry| place.is_below(&entry.path, &targets);
        for project in found.projects {
            gathering.projects.extend(place.select(request, project, wanted, false));
        }
        let claimed: HashSet<&str> = gathering
            .projects
            .iter()
            .flat_map(|found| found.project.entries.iter().map(|entry| entry.path.as_str()))
            .collect();
        let loose: Vec<String> = targets
            .iter()
            .filter(|target| target.is_file())
            .filter_map(|target| place.path_of(target))
            .filter(|path| !claimed.contains(path.as_str()))
            .collect();
        let mut skipped = found.skipped;
        // What is not deployed is judged all the same when it is named.
        skipped.retain(|skipped| place.concerns(&skipped.root, &targets));
        let (kept, loose): (Vec<String>, Vec<String>) = loose.into_iter().partition(|path| {
            skipped.iter().any(|skipped| skipped.deployed && is_in(path, &skipped.root))
        });
        skipped.retain(|skipped| skipped.deployed || loose.is_empty() || !kept.is_empty());
        if !loose.is_empty() {
            let layout = request.layout.unwrap_or(migration::plain());
            let project = migration::loose(layout, &loose);
            gathering.projects.extend(place.select(request, project, |_| true, false));
        }
        gathering.note_skipped(&place, skipped);
    }
}

/// Leaves what comes after a version.
fn after_version(version: &str, projects: &mut Vec<Gathered>) -> Result<(), GatherError> {
    let is_it = |entry: &Entry| {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        entry.version == version || name == version || name.trim_end_matches(".sql") == version
    };
    if !projects.iter().any(|found| found.project.entries.iter().any(is_it)) {
        let versions =
            projects.iter().flat_map(|found| &found.project.entries).map(|entry| &entry.version);
        let near = nearest(version, versions.map(String::as_str)).map(str::to_owned);
        return Err(GatherError::NoVersion { version: version.to_owned(), near });
    }
    projects.retain_mut(|found| {
        let entries = &found.project.entries;
        let Some(last) = entries.iter().rposition(is_it) else { return false };
        let after = entries[last + 1..].iter().map(|entry| entry.path.clone());
        let judged = after.filter(|path| found.scope.judges(path)).collect();
        found.scope = Scope { only: Some(judged), together: true, ..Scope::all() };
        true
    });
    Ok(())
}

/// Judges what a change adds or edits in the projects of a tree.
fn changed(
    request: &Request,
    targets: &[PathBuf],
    range: &Range,
    gathering: &mut Gathering,
) -> Result<(), GatherError> {
    let git = Git::discover(&request.here)?;
    // A range of commits needs no working tree: paths go from where it would be.
    let root = match git.root() {
        Ok(root) => root.to_owned(),
        Err(_) if matches!(range, Range::Between(_)) => request.here.clone(),
        Err(fault) => return Err(fault.into()),
    };
    let set = git.change_set(range)?;
    // What is deleted has no text to judge; what is renamed was not there under its new name.
    let there = set.changes.iter().filter(|change| change.kind != ChangeKind::Deleted);
    let changed: BTreeMap<String, bool> =
        there.map(|change| (change.path.clone(), change.kind == ChangeKind::Edited)).collect();
    let tree: Arc<dyn Tree + Send> = match range {
        Range::Base(_) => {
            let tree = Arc::new(DiskTree::walk(&root));
            gathering.faults.extend_from_slice(tree.faults());
            tree
        }
        Range::Staged | Range::Between(_) => set.after.clone(),
    };
    let is_whole = matches!(request.changed, Changed::Whole(_));
    let all = [root.clone()];
    // A change is judged as a whole from wherever in the repository it is asked for.
    let targets = if is_whole && request.paths.is_empty() { &all } else { targets };
    let place = Place::new(request, root, tree);
    let found = place.detect(request, targets);
    let after = if is_whole { found.projects.clone() } else { Vec::new() };
    let left_out = found.skipped.clone();
    for project in found.projects {
        let gathered = place.select_changed(request, project, &changed, targets);
        gathering.projects.extend(gathered);
    }
    gathering.note_skipped(&place, found.skipped);
    if is_whole {
        let before = migration::detect(&set.before, &place.forced(request, targets)).projects;
        gathering.whole = Some(Whole { root: place.root, set, before, after, left_out });
    }
    Ok(())
}

impl Gathering {
    /// Leaves only what is judged: what came before it is known already.
    fn forget_earlier_files(&mut self) {
        for found in &mut self.projects {
            let scope = &found.scope;
            found.project.entries.retain(|entry| scope.judges(&entry.path));
        }
    }

    fn note_skipped(&mut self, place: &Place, skipped: Vec<migration::Skipped>) {
        for skipped in skipped {
            let folder = workspace::shown(&place.here, &place.root.join(&skipped.root));
            self.skipped.push((folder, skipped.why));
        }
    }
}

/// Whether a path of a tree stands in a folder of it.
fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path == folder
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A tree with the place it stands in.
struct Place {
    here: PathBuf,
    root: PathBuf,
    tree: Arc<dyn Tree + Send>,
}

impl Place {
    fn new(request: &Request, root: PathBuf, tree: Arc<dyn Tree + Send>) -> Place {
        Place { here: request.here.clone(), root, tree }
    }

    /// The path in the tree of a place on the disk.
    fn path_of(&self, target: &Path) -> Option<String> {
        let relative = target.strip_prefix(&self.root).ok()?;
        let parts = relative.components().map(|part| part.as_os_str().to_string_lossy());
        Some(parts.collect::<Vec<_>>().join("/"))
    }

    fn detect(&self, request: &Request, targets: &[PathBuf]) -> migration::Detection {
        migration::detect(&*self.tree, &self.forced(request, targets))
    }

    /// Folders of which the user says whose they are.
    fn forced(&self, request: &Request, targets: &[PathBuf]) -> Vec<(String, &'static dyn Layout)> {
        let mut forced = Vec::new();
        for told in &request.told {
            if let (Some(layout), Some(path)) = (told.layout, self.path_of(&told.folder)) {
                forced.push((path, layout));
            }
        }
        if let Some(layout) = request.layout {
            for target in targets {
                let folder = if target.is_dir() { Some(target.as_path()) } else { target.parent() };
                let path = folder.and_then(|folder| self.path_of(folder));
                forced.extend(path.map(|path| (path, layout)));
            }
        }
        forced
    }

    /// Whether a path of the tree is one of the targets, or below one.
    fn is_below(&self, path: &str, targets: &[PathBuf]) -> bool {
        let mut targets = targets.iter().filter_map(|target| self.path_of(target));
        targets.any(|target| is_in(path, &target))
    }

    /// Whether a folder of the tree holds a target, or stands in one.
    fn concerns(&self, folder: &str, targets: &[PathBuf]) -> bool {
        let mut targets = targets.iter().filter_map(|target| self.path_of(target));
        targets.any(|target| is_in(folder, &target) || is_in(&target, folder))
    }

    /// A project with those of its files that a change adds or edits; `None` if it does not.
    fn select_changed(
        &self,
        request: &Request,
        project: Project,
        changed: &BTreeMap<String, bool>,
        targets: &[PathBuf],
    ) -> Option<Gathered> {
        let arrivals = migration::arrivals(&project.entries, changed);
        let wanted = |entry: &Entry| {
            changed.contains_key(&entry.path) && self.is_below(&entry.path, targets)
        };
        let mut gathered = self.select(request, project, wanted, true)?;
        gathered.scope.arrivals = arrivals;
        let edited = changed.iter().filter(|(_, was_there)| **was_there);
        gathered.edited = edited.map(|(path, _)| path.clone()).collect();
        Some(gathered)
    }

    /// A project with those of its files that are wanted; `None` if none is.
    fn select(
        &self,
        request: &Request,
        mut project: Project,
        wanted: impl Fn(&Entry) -> bool,
        together: bool,
    ) -> Option<Gathered> {
        let judged: HashSet<String> = project
            .entries
            .iter()
            .filter(|entry| wanted(entry))
            .filter(|entry| !request.exclude.covers(&self.root.join(&entry.path)))
            .map(|entry| entry.path.clone())
            .collect();
        if judged.is_empty() && !matches!(request.changed, Changed::Whole(_)) {
            return None;
        }
        // Who says what came before does not want his neighbours in it.
        if !request.history.is_empty() && !together {
            project.entries.retain(|entry| judged.contains(&entry.path));
        }
        let only = (judged.len() < project.entries.len()).then_some(judged);
        let folder = self.root.join(&project.root);
        let told = || request.told.iter().filter(|told| folder.starts_with(&told.folder));
        let wrapped = told().find_map(|told| told.wrapped);
        let code = told().find_map(|told| told.code.clone());
        Some(Gathered {
            tree: self.tree.clone(),
            root: self.root.clone(),
            project,
            scope: Scope { only, together, ..Scope::all() },
            edited: HashSet::new(),
            wrapped,
            code,
        })
    }
}

/// The scripts of the history, in order.
fn history(request: &Request) -> Result<Vec<Script>, GatherError> {
    let mut scripts = Vec::new();
    for path in &request.history {
        let target = workspace::absolute(&request.here, path);
        if !target.exists() {
            return Err(GatherError::Missing(vec![path.display().to_string()]));
        }
        let root = workspace::root_of(&request.here, &target);
        let targets = std::slice::from_ref(&target);
        let place = Place::new(request, root.clone(), Arc::new(DiskTree::around(&root, targets)));
        let mut projects = migration::detect(&*place.tree, &[]).projects;
        for project in &mut projects {
            project.entries.retain(|entry| place.is_below(&entry.path, targets));
        }
        projects.retain(|project| !project.entries.is_empty());
        if projects.is_empty() {
            projects.push(migration::loose(migration::plain(), &sql_files(&place, &target)));
        }
        for project in &projects {
            for entry in &project.entries {
                let text = place.tree.text(&entry.path).ok_or_else(|| {
                    GatherError::Unread(workspace::shown(
                        &place.here,
                        &place.root.join(&entry.path),
                    ))
                })?;
                scripts.push(sql::read(&text, &project.layout.forward(&text, entry).parts));
            }
        }
    }
    Ok(scripts)
}

/// A file itself, or the SQL files below a folder.
fn sql_files(place: &Place, target: &Path) -> Vec<String> {
    let Some(path) = place.path_of(target) else { return Vec::new() };
    if target.is_file() {
        return vec![path];
    }
    let below = place.tree.paths().iter().filter(|file| is_in(file, &path));
    below.filter(|file| migration::is_sql(file)).cloned().collect()
}
