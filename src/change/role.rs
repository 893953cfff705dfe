//! What the files of a repository are to a release: migrations, application code, or neither.

use crate::code;
use crate::code::Language;
use crate::migration::Project;
use crate::migration::Tree;
use crate::rules::ChangedFile;
use crate::rules::Fate;
use crate::rules::Role;
use crate::workspace;
use crate::workspace::Node;
use crate::workspace::Patterns;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What is known of the files of a repository.
pub struct Belonging {
    /// The root of the repository, absolute.
    pub root: PathBuf,
    /// Files that are migrations after the change.
    pub after: HashSet<String>,
    /// Files that were migrations before it.
    pub before: HashSet<String>,
    /// The folders of migrations, each with what its tool is called.
    pub folders: Vec<(String, &'static str)>,
    /// What the user calls application code.
    pub code: Option<Patterns>,
    /// What the user says is none.
    pub no_code: Patterns,
    /// The code of each project, where the user tells; by the number of the project.
    pub of_projects: Vec<Option<Arc<Patterns>>>,
}

impl Belonging {
    /// What a change's projects tell of its files.
    pub fn new(root: PathBuf, before: &[Project], after: &[Project]) -> Belonging {
        let paths = |projects: &[Project]| {
            let entries = projects.iter().flat_map(|project| &project.entries);
            entries.map(|entry| entry.path.clone()).collect()
        };
        let folders = before.iter().chain(after);
        let mut folders: Vec<(String, &'static str)> =
            folders.map(|project| (project.root.clone(), project.layout.id())).collect();
        folders.sort_unstable();
        folders.dedup();
        Belonging {
            root,
            after: paths(after),
            before: paths(before),
            folders,
            code: None,
            no_code: Patterns::NOTHING,
            of_projects: Vec::new(),
        }
    }

    /// Whether a file may be searched for uses, by its path alone.
    pub(super) fn is_searched(&self, path: &str) -> bool {
        let ours = self.after.contains(path) || self.folder_of(path).is_some();
        let told = || {
            let file = self.root.join(path);
            self.code.as_ref().is_none_or(|code| code.covers(&file)) && !self.no_code.covers(&file)
        };
        !ours && Language::of(path).is_some() && told()
    }

    /// The folder of migrations that a file stands in, and whose it is.
    fn folder_of(&self, path: &str) -> Option<&(String, &'static str)> {
        self.folders.iter().find(|(folder, _)| {
            let inside = path.strip_prefix(folder.as_str());
            !folder.is_empty() && inside.is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// What a file is to a release, and why.
    fn role_of(&self, change: &workspace::Change, text: Option<&str>) -> (Role, String) {
        let path = change.path.as_str();
        let before = change.before_path.as_deref().unwrap_or(path);
        if self.after.contains(path) || self.before.contains(before) {
            let whose = self.folder_of(path).map_or("plain", |(_, layout)| layout);
            return (Role::Migration, format!("a migration of the layout {whose}"));
        }
        if let Some((folder, layout)) = self.folder_of(path) {
            return (Role::Migration, format!("it stands in `{folder}`, migrations of {layout}"));
        }
        let file = self.root.join(path);
        if self.no_code.covers(&file) {
            return (Role::Neither, "the configuration says it is no code".to_owned());
        }
        if let Some(code) = &self.code {
            let covered = code.covers(&file);
            let role = if covered { Role::Code } else { Role::Neither };
            let verb = if covered { "names" } else { "does not name" };
            return (role, format!("`code` in the configuration {verb} it"));
        }
        by_itself(path, change.node, text)
    }

    /// The projects whose code a file is, where the user tells.
    fn projects_of(&self, path: &str) -> Option<Vec<usize>> {
        let file = self.root.join(path);
        let told = |patterns: &Option<Arc<Patterns>>| patterns.is_some();
        if !self.of_projects.iter().any(told) {
            return None;
        }
        let covers = |patterns: &Option<Arc<Patterns>>| {
            patterns.as_ref().is_none_or(|patterns| patterns.covers(&file))
        };
        let of = self.of_projects.iter().enumerate().filter(|(_, patterns)| covers(patterns));
        Some(of.map(|(project, _)| project).collect())
    }
}

/// The files of a change, each with what it is to a release.
pub fn roles(
    changes: &[workspace::Change],
    (before, after): (&dyn Tree, &dyn Tree),
    belonging: &Belonging,
    shown: impl Fn(&str) -> String,
) -> Vec<ChangedFile> {
    let file = |change: &workspace::Change| {
        let text = after
            .text(&change.path)
            .or_else(|| before.text(change.before_path.as_deref().unwrap_or(&change.path)));
        let (role, why) = belonging.role_of(change, text.as_deref());
        let before = change.before_path.as_deref().unwrap_or(&change.path);
        ChangedFile {
            path: change.path.clone(),
            shown: shown(&change.path),
            before: change.before_path.clone(),
            fate: match change.kind {
                workspace::ChangeKind::Added => Fate::Added,
                workspace::ChangeKind::Edited => Fate::Edited,
                workspace::ChangeKind::Deleted => Fate::Deleted,
                workspace::ChangeKind::Renamed => Fate::Renamed,
            },
            role,
            why,
            was_migration: belonging.before.contains(before),
            projects: belonging.projects_of(&change.path),
        }
    };
    changes.iter().map(file).collect()
}

/// Whether a file is what an ORM makes its models and its migrations of, in one.
pub(super) fn is_schema_of_models(path: &str) -> bool {
    path.ends_with(".prisma")
}

/// Whether a file is searched for uses: code that people wrote, or that says what tables are
/// called.
pub(super) fn is_searched(path: &str, text: &str) -> bool {
    match code::classify(path, text).role {
        code::Role::Code(_) => !is_dump(path, text),
        code::Role::Generated(_) => code::declares(text),
        _ => false,
    }
}

/// What marks a file that a tool wrote of the database after its migrations had run.
const DUMPS: &[&str] = &[
    "PostgreSQL database dump",
    "ActiveRecord::Schema",
    "diesel::table!",
    "// @generated automatically by Diesel CLI",
];

/// Whether a file is what a tool writes of the database after its migrations have run: it changes
/// with every migration, and no release hangs on it.
fn is_dump(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let called = matches!(name, "schema.rb" | "schema.rs" | "schema.sql" | "structure.sql");
    called && DUMPS.iter().any(|mark| text.contains(mark))
}

/// Ends of the names of what is shown, and never run.
const MEDIA: &[&str] = &[
    "avif", "bmp", "eot", "gif", "ico", "jpeg", "jpg", "mp3", "mp4", "otf", "png", "svg", "ttf",
    "webm", "webp", "woff", "woff2",
];

/// What a file is by its name and its text, where nobody tells.
fn by_itself(path: &str, node: Node, text: Option<&str>) -> (Role, String) {
    if node != Node::File {
        return (Role::Neither, "it is no file".to_owned());
    }
    let text = text.unwrap_or_default();
    if is_schema_of_models(path) {
        let why = "migrations are made of it: it counts where it still had what goes";
        return (Role::Neither, why.to_owned());
    }
    if is_dump(path, text) {
        return (Role::Neither, "a tool writes it of the database".to_owned());
    }
    let hidden = path.split('/').find(|part| part.starts_with('.'));
    if let Some(part) = hidden {
        return (Role::Neither, format!("`{part}` is for tools, not for the application"));
    }
    let extension = path.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    if MEDIA.contains(&extension.as_str()) {
        return (Role::Neither, format!("`.{extension}` is shown, not run"));
    }
    if path.rsplit('/').next() == Some("migrate.toml") {
        return (Role::Neither, "it is our own configuration".to_owned());
    }
    let verdict = code::classify(path, text);
    match verdict.role {
        code::Role::Document | code::Role::Test(_) | code::Role::Lock => {
            (Role::Neither, verdict.why)
        }
        code::Role::Code(_)
        | code::Role::Generated(_)
        | code::Role::Vendored
        | code::Role::Other => {
            (Role::Code, "it is no migration, document, test or lock file".to_owned())
        }
    }
}
