//! The files that other programs read: their texts as values, and the programs they start.

use super::project::Project;
use super::project::root;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

/// The documents of a file of the repository.
pub(crate) fn documents(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("no {path}"));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|fault| panic!("{path} is no YAML: {fault}"))
}

/// A value that is a text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A program that stands in for another: it notes how it is called, and does what a script says.
pub(crate) struct StandIn {
    pub(crate) path: PathBuf,
    notes: PathBuf,
}

impl StandIn {
    /// Puts it into a folder under a name.
    pub(crate) fn new(folder: &Path, name: &str, script: &str) -> StandIn {
        fs::create_dir_all(folder).expect("made");
        let (path, notes) = (folder.join(name), folder.join(format!("{name}.calls")));
        let text = format!(
            "#!/bin/sh\n{{ echo called; printf '%s\\n' \"$@\"; }} >> '{}'\n{script}",
            notes.display()
        );
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may run");
        StandIn { path, notes }
    }

    /// A `migrate` that writes a line in every form, and ends with this exit code.
    pub(crate) fn migrate(folder: &Path, code: i32) -> StandIn {
        let script = format!(
            "form=human\n\
             for word; do case $word in --format=*) form=${{word#--format=}} ;; esac; done\n\
             case $form in\n\
             github) echo '::error file=a.sql,line=1,title=drop-table::it is gone' ;;\n\
             markdown) echo '## In one change' ;;\n\
             sarif) echo '{{\"version\":\"2.1.0\"}}' ;;\n\
             gitlab) echo '[]' ;;\n\
             *) echo 'for people' ;;\n\
             esac\n\
             exit {code}\n"
        );
        StandIn::new(folder, "migrate", &script)
    }

    /// How it was called, each time.
    pub(crate) fn calls(&self) -> Vec<Vec<String>> {
        let notes = fs::read_to_string(&self.notes).unwrap_or_default();
        let calls = notes.split("called\n").skip(1);
        calls.map(|call| call.lines().map(str::to_owned).collect()).collect()
    }
}

/// A clone of a repository whose `main` has a migration, and whose `feature`, checked out, another.
pub(crate) struct Clone {
    project: Project,
}

impl Clone {
    /// One with all of the history.
    pub(crate) fn whole() -> Clone {
        Clone::with(&[])
    }

    /// One that ends after the last commit.
    pub(crate) fn shallow() -> Clone {
        Clone::with(&["--depth=1", "--no-single-branch"])
    }

    fn with(options: &[&str]) -> Clone {
        let project = Project::new();
        let origin = Project::new().file(
            "db/migrations/001_users.sql",
            "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n",
        );
        origin.git(&["init", "-q"]);
        origin.commit("one");
        origin.git(&["checkout", "-q", "-b", "feature"]);
        origin.write("db/migrations/002_drop.sql", "ALTER TABLE users DROP COLUMN name;\n");
        origin.write("app/users.py", "def rename(user):\n    return user.display_name\n");
        origin.commit("two");
        let address = format!("file://{}", origin.path().display());
        let words: Vec<&str> = ["clone", "-q"]
            .into_iter()
            .chain(options.iter().copied())
            .chain(["--branch=feature", &address, "work"])
            .collect();
        project.git(&words);
        Clone { project }
    }

    /// The folder that holds the clone, and more beside it.
    pub(crate) fn outside(&self) -> &Path {
        self.project.path()
    }

    /// The working tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.outside().join("work")
    }
}
