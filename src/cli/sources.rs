//! What `lint` and `plan` have in common: which files, against which history and server.

use super::error::Error;
use super::load;
use super::load::Loaded;
use super::target;
use super::ui::Ui;
use crate::db::Address;
use crate::examine;
use crate::examine::Examined;
use crate::examine::Options;
use crate::examine::Unread;
use crate::gather;
use crate::gather::Changed;
use crate::gather::Gathered;
use crate::gather::Gathering;
use crate::gather::Request;
use crate::migration;
use crate::migration::Layout;
use crate::migration::Project;
use crate::migration::Tree;
use crate::nearest::did_you_mean;
use crate::schema::Schema;
use crate::version::Major;
use crate::workspace;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Sources {
    /// Files and folders to judge; `-` reads SQL from standard input [default: all migrations below
    /// the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Judge what the branch adds or edits since it left this revision; all else is history
    #[arg(long, value_name = "REF", group = "changed")]
    base: Option<String>,
    /// Judge what comes after this version; all else is history
    #[arg(long, value_name = "VERSION", group = "changed")]
    since: Option<String>,
    /// Judge what is staged for the next commit; all else is history
    #[arg(long, group = "changed")]
    staged: bool,
    #[command(flatten)]
    ground: Ground,
}

/// What the files stand on: the database before them, and how they reach it.
#[derive(clap::Args)]
pub(super) struct Ground {
    /// Files or folders that were deployed before, replayed and not judged
    #[arg(long, value_name = "PATH")]
    history: Vec<PathBuf>,
    /// The database before them, as `pg_dump -s` or a structure.sql tells it; takes the place of
    /// all earlier files
    #[arg(long, value_name = "FILE", conflicts_with = "history")]
    schema: Option<PathBuf>,
    /// The database before them, asked for its catalog and nothing else: a URL, or env:NAME for a
    /// variable that holds it; takes the place of all earlier files
    #[arg(long, value_name = "URL", conflicts_with_all = ["history", "schema"])]
    database_url: Option<String>,
    /// The oldest PostgreSQL major version that the migrations run on [default: that of
    /// the database, or 14]
    #[arg(long, value_name = "MAJOR", value_parser = major)]
    postgres: Option<Major>,
    /// The runner wraps each file in a transaction, whatever the layout says
    #[arg(long, group = "wrapping")]
    in_transaction: bool,
    /// The runner wraps nothing in a transaction, and sends statements one by one
    #[arg(long, group = "wrapping")]
    no_transaction: bool,
    /// Whose migrations they are, where that cannot be told from the files
    #[arg(long, value_name = "LAYOUT", value_parser = layout)]
    layout: Option<Told>,
    /// The configuration [default: the nearest migrate.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A layout as an argument.
#[derive(Clone)]
struct Told(&'static dyn Layout);

fn major(text: &str) -> Result<Major, String> {
    let known = format!("{} to {}", Major::OLDEST, Major::NEWEST);
    let number = text.parse().ok().and_then(Major::new);
    number.ok_or_else(|| format!("facts are known of {known}"))
}

fn layout(text: &str) -> Result<Told, String> {
    let ids = || migration::layouts().iter().map(|layout| layout.id());
    let list = || format!("the layouts are {}", ids().collect::<Vec<_>>().join(", "));
    migration::by_id(text).map(Told).ok_or_else(|| did_you_mean(text, ids(), list))
}

/// What is judged, with the configuration that holds for it.
pub(super) struct Found {
    pub(super) here: PathBuf,
    pub(super) loaded: Loaded,
    pub(super) postgres: Major,
    pub(super) gathering: Gathering,
    /// Whether somebody said for which server, or it was asked.
    pub(super) is_for_server: bool,
    wrapped: Option<bool>,
    /// Nothing but the files ever wrote rows.
    pub(super) alone: bool,
}

impl Sources {
    /// Reads the configuration and finds the files.
    pub(super) fn find(&self) -> Result<Found, Error> {
        let changed = match (&self.base, &self.since, self.staged) {
            (Some(revision), ..) => Changed::SinceRevision(revision.clone()),
            (_, Some(version), _) => Changed::AfterVersion(version.clone()),
            (.., true) => Changed::Staged,
            (None, None, false) => Changed::All,
        };
        self.ground.find(self.paths.clone(), self.text()?, changed)
    }

    /// Whether it is said what was not deployed: by a state before it, or file by file.
    pub(super) fn say_what_is_new(&self) -> bool {
        let told = self.base.is_some() || self.since.is_some() || self.staged;
        let files = || !self.paths.is_empty() && self.paths.iter().all(|path| !path.is_dir());
        told || !self.ground.history.is_empty() || files()
    }

    /// Whether what is judged stands on standard input.
    pub(super) fn are_piped(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// What stands on standard input, if that is what is judged.
    fn text(&self) -> Result<Option<String>, Error> {
        let dash = |path: &PathBuf| path == Path::new("-");
        if !self.paths.iter().any(dash) {
            return Ok(None);
        }
        if self.paths.len() > 1 {
            let message = "`-` stands for standard input, and goes with no other path";
            return Err(Error::Usage(message.to_owned()));
        }
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(Error::file("-"))?;
        Ok(Some(workspace::text_of(bytes)))
    }
}

impl Ground {
    /// Reads the configuration and finds the files.
    pub(super) fn find(
        &self,
        paths: Vec<PathBuf>,
        text: Option<String>,
        changed: Changed,
    ) -> Result<Found, Error> {
        let here = load::here()?;
        let loaded = load::load(&here, self.config.as_deref())?;
        let gathering = gather::gather(&Request {
            here: here.clone(),
            paths,
            text,
            changed,
            history: self.history.clone(),
            schema: self.schema.clone(),
            database: self.database()?,
            layout: self.layout.as_ref().map(|layout| layout.0),
            told: loaded.told()?,
            exclude: loaded.exclude()?,
        })?;
        for place in &gathering.misread {
            Ui::note(&format!("warning: {place}; what it makes is not known"));
        }
        let postgres = self.postgres.or(loaded.config.postgres);
        let asked = gathering.catalog.as_ref().map(|catalog| catalog.postgres);
        let postgres = postgres.or(asked);
        let is_for_server = postgres.is_some();
        let postgres = postgres.unwrap_or(Major::DEFAULT);
        let wrapped = match (self.in_transaction, self.no_transaction) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        };
        Ok(Found { here, loaded, postgres, gathering, is_for_server, wrapped, alone: false })
    }

    fn database(&self) -> Result<Option<Address>, Error> {
        let told = self.database_url.as_deref();
        told.map(|told| target::resolve(target::OPTION, Some(told))).transpose()
    }
}

impl Found {
    /// Examines the files of a project; gives those that could not be read.
    pub(super) fn examine(&self, project: &Gathered, each: impl FnMut(Examined)) -> Vec<Unread> {
        self.examine_in(&*project.tree, &project.project, project, each)
    }

    /// The same, with the database as it is after the last of them.
    pub(super) fn examine_to_end(
        &self,
        project: &Gathered,
        each: impl FnMut(Examined),
    ) -> (Vec<Unread>, Schema) {
        let options = self.options(&project.project, project);
        let shown = |path: &str| self.shown(project, path);
        examine::examine_to_end(&*project.tree, &project.project, &options, shown, each)
    }

    /// The same for its files as they stand in another tree.
    pub(super) fn examine_in(
        &self,
        tree: &dyn Tree,
        files: &Project,
        project: &Gathered,
        each: impl FnMut(Examined),
    ) -> Vec<Unread> {
        let options = self.options(files, project);
        examine::examine(tree, files, &options, |path| self.shown(project, path), each)
    }

    fn options(&self, files: &Project, project: &Gathered) -> Options<'_> {
        let mut scope = project.scope.clone();
        if let Some(only) = &mut scope.only {
            // What was added is judged.
            let known: HashSet<&str> =
                project.project.entries.iter().map(|entry| entry.path.as_str()).collect();
            let paths = files.entries.iter().map(|entry| &entry.path);
            only.extend(paths.filter(|path| !known.contains(path.as_str())).cloned());
        }
        Options {
            postgres: self.postgres,
            scope,
            wrapped: self.wrapped.or(project.wrapped),
            history: &self.gathering.history,
            alone: self.alone,
            adopted: false,
            catalog: self.gathering.catalog.as_ref(),
        }
    }

    /// A file of a project as the user would name it.
    pub(super) fn shown(&self, project: &Gathered, path: &str) -> String {
        // What came from nowhere on the disk has no place on it.
        if path.starts_with('<') {
            return path.to_owned();
        }
        workspace::shown(&self.here, &project.root.join(path))
    }
}
