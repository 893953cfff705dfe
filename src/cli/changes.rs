//! The changes of the native layout that stand below a folder, and what is known of their
//! statements.

use super::about;
use super::about::About;
use super::error::Error;
use super::load::Loaded;
use super::ui::Ui;
use crate::db::Catalog;
use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::examine;
use crate::examine::Options;
use crate::gather;
use crate::gather::Gathered;
use crate::job;
use crate::job::Refused;
use crate::job::Work;
use crate::migration;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::schema::Schema;
use crate::sql;
use crate::version::Major;
use crate::workspace;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// The changes of a project.
pub(super) struct Changes {
    pub(super) all: Vec<Change>,
    project: Gathered,
    here: PathBuf,
}

/// Finds the changes below the current folder, or below one that is named. From inside a change,
/// they are those beside it.
pub(super) fn find(here: &Path, loaded: &Loaded, dir: Option<&Path>) -> Result<Changes, Error> {
    let inside = Phase::ALL.iter().any(|phase| here.join(format!("{phase}.sql")).is_file());
    let dir = dir.or_else(|| here.parent().filter(|_| inside));
    let native = migration::by_id("native");
    let mut request = loaded.all(here, dir.map(Path::to_owned).into_iter().collect())?;
    request.layout = dir.and(native);
    let gathering = gather::gather(&request)?;
    let skipped = gathering.skipped;
    let (mut own, others): (Vec<_>, Vec<_>) =
        gathering.projects.into_iter().partition(|project| project.project.layout.id() == "native");
    if own.len() > 1 {
        let roots: Vec<String> = own
            .iter()
            .map(|one| workspace::shown(here, &one.root.join(&one.project.root)))
            .collect();
        let roots = roots.join("`, `");
        return Err(Error::Usage(format!("there are changes in `{roots}`: say which with --dir")));
    }
    let Some(project) = own.pop() else {
        let why = match others.first() {
            Some(other) => format!(
                "the migrations here are {}'s, which that tool runs; `migrate guard` gives the \
                 ledger's verdict before it does",
                other.project.layout.id()
            ),
            None => "there is no change here; `migrate new NAME` makes one".to_owned(),
        };
        return Err(Error::Usage(why));
    };
    let root = workspace::shown(here, &project.root.join(&project.project.root));
    for (path, why) in skipped.iter().filter(|(path, _)| Path::new(path).starts_with(&root)) {
        Ui::note(&format!("left out: {path}: {why}"));
    }
    let all = changes(here, &project)?;
    Ok(Changes { all, project, here: here.to_owned() })
}

fn changes(here: &Path, project: &Gathered) -> Result<Vec<Change>, Error> {
    let shown = |path: &str| workspace::shown(here, &project.root.join(path));
    let mut found: BTreeMap<&str, Change> = BTreeMap::new();
    for entry in &project.project.entries {
        let Some(phase) = entry.phase else { continue };
        let text = |path: &str| {
            project.tree.text(path).ok_or_else(|| {
                Error::Usage(format!("`{}` cannot be read, or is too large", shown(path)))
            })
        };
        let read = |path: String| {
            Ok::<_, Error>(PhaseFile::read(path.clone(), shown(&path), text(&path)?))
        };
        let change = found.entry(entry.version.as_str()).or_insert_with(|| Change {
            name: entry.version.clone(),
            owner: None,
            phases: BTreeMap::new(),
            undos: BTreeMap::new(),
        });
        let undo = entry.path.replace(".sql", ".undo.sql");
        if project.tree.paths().binary_search(&undo).is_ok() {
            change.undos.insert(phase, read(undo)?);
        }
        change.phases.insert(phase, read(entry.path.clone())?);
        if change.owner.is_none() {
            let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            change.owner = about::read(here, &project.root.join(folder))?.owner;
        }
    }
    Ok(found.into_values().collect())
}

/// What is known of the statements of a file that are run next in a database.
fn beside(catalog: &Catalog, file: &PhaseFile) -> Vec<Fact> {
    let mut replay = Replay::new(Schema::empty(), catalog.postgres);
    let made = 0..catalog.statements.len();
    replay.learn(&sql::read(&catalog.statements, std::slice::from_ref(&made)));
    replay.schema.mark_complete(&catalog.invalid_indexes);
    replay.next_unit();
    replay.schema.set_search_path(catalog.search_path.clone(), false);
    replay.judge_backfill(&file.script, Delivery::default())
}

impl Changes {
    /// What is known of the statements of all files, with all before them replayed.
    pub(super) fn facts(&self, postgres: Major) -> BTreeMap<String, Vec<Fact>> {
        let options = Options {
            postgres,
            scope: self.project.scope.clone(),
            wrapped: None,
            history: &[],
            // What was there before the first change is in use, and nobody's to take away unseen.
            adopted: true,
            alone: false,
            catalog: None,
        };
        let mut facts = BTreeMap::new();
        let shown = |path: &str| workspace::shown(&self.here, &self.project.root.join(path));
        examine::examine(&*self.project.tree, &self.project.project, &options, shown, |file| {
            facts.insert(file.path, file.facts);
        });
        facts
    }

    /// What is done with the statements of a change's `migrate.sql`, batch by batch, or all that is
    /// in the way: by the catalog of the database where it was asked, else by what the files make.
    pub(super) fn work(
        &self,
        change: &Change,
        postgres: Major,
        catalog: Option<&Catalog>,
    ) -> Result<Vec<Work>, Vec<Refused>> {
        let Some(file) = change.file(Phase::Migrate) else { return Ok(Vec::new()) };
        let facts = match catalog {
            Some(catalog) => beside(catalog, file),
            None => self.facts(postgres).remove(&file.path).unwrap_or_default(),
        };
        job::work(file, &facts)
    }

    /// How the data of a change is to be filled in.
    pub(super) fn options(&self, change: &Change) -> Result<job::Options, Error> {
        let folder = self.folder(change);
        let about = folder.map(|folder| about::read(&self.here, &folder)).transpose()?;
        Ok(about.map_or_else(job::Options::default, |About { backfill, .. }| backfill))
    }

    /// A change by its name, or by what stands behind the time in it.
    pub(super) fn named(&self, name: &str) -> Option<&Change> {
        let short = |change: &Change| change.name.split_once('_').map(|(_, rest)| rest.to_owned());
        let exact = self.all.iter().find(|change| change.name == name);
        exact.or_else(|| self.all.iter().find(|change| short(change).as_deref() == Some(name)))
    }

    /// The folder of a change.
    pub(super) fn folder(&self, change: &Change) -> Option<PathBuf> {
        let file = change.phases.values().next()?;
        Some(self.project.root.join(&file.path).parent()?.to_owned())
    }

    /// The names of those that have a contract.
    pub(super) fn with_contract(&self) -> impl Iterator<Item = &Change> {
        self.all.iter().filter(|change| change.file(Phase::Contract).is_some())
    }
}
