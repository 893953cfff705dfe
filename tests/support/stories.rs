//! The stories in `migrations-examples/` on a real server: after each move, all code that can be
//! running then still works.

use crate::server::Server;
use crate::server::Session;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// Stories whose unsafe file makes the running release fail; the others make it wait.
const BREAKS: [&str; 3] = ["add-a-required-column", "drop-a-table", "rename-a-column"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples")
}

/// The folders in a folder, in order.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// Two tests for each story: the safe moves, and the unsafe one.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for story in folders(&folder()) {
        let name = story.file_name().expect("a folder has a name").display().to_string();
        let (begin, path) = (start.clone(), story.clone());
        let safe = move || safe(&begin(), &path).map_err(Failed::from);
        trials.push(Trial::test(format!("stories::{name}::safe::{major}"), safe));
        let begin = start.clone();
        let wrong = move || wrong(&begin(), &story).map_err(Failed::from);
        trials.push(Trial::test(format!("stories::{name}::unsafe::{major}"), wrong));
    }
    trials
}

/// A database with the story's tables in it.
struct Stage {
    session: Session,
    story: PathBuf,
}

impl Stage {
    fn new(server: &Server, story: &Path, kind: &str) -> Result<Stage, String> {
        let name = story.file_name().expect("a folder has a name").display().to_string();
        let database = format!("{}_{kind}", name.replace('-', "_"));
        let session = server.database(&database).map_err(|error| error.to_string())?;
        let stage = Stage { session, story: story.to_owned() };
        stage.run("given.sql")?;
        Ok(stage)
    }

    fn run(&self, file: &str) -> Result<(), String> {
        let text = fs::read_to_string(self.story.join(file)).map_err(|error| error.to_string())?;
        self.session.run_each(&text).map_err(|error| format!("{file}: {error}"))
    }

    /// Runs a file of a change if it is there, and once more: it can be run again only if that is
    /// what it is for.
    fn phase(&self, change: &Path, phase: &str, again: bool) -> Result<(), String> {
        let file = change.join(format!("{phase}.sql"));
        let file = file.strip_prefix(&self.story).expect("it is below").display().to_string();
        if !self.story.join(&file).exists() {
            return Ok(());
        }
        self.run(&file)?;
        if again { self.run(&file) } else { Ok(()) }
    }
}

/// Old and new code work after each move, and after the last one the new.
fn safe(server: &Server, story: &Path) -> Result<(), String> {
    let stage = Stage::new(server, story, "safe")?;
    stage.run("old.sql")?;
    let changes = folders(&story.join("safe"));
    for change in &changes {
        stage.phase(change, "expand", false)?;
        stage.run("old.sql")?;
        stage.phase(change, "migrate", true)?;
        stage.run("old.sql")?;
    }
    stage.run("new.sql")?;
    stage.run("old.sql")?;
    if story.join("left.sql").exists() {
        let left = fs::read_to_string(story.join("left.sql")).map_err(|error| error.to_string())?;
        let rows = stage.session.count(&left)?;
        if rows > 0 {
            return Err(format!("{rows} rows are left to migrate"));
        }
    }
    for change in &changes {
        stage.phase(change, "contract", false)?;
        stage.run("new.sql")?;
    }
    Ok(())
}

/// After the unsafe file the running release fails, where the story says so.
fn wrong(server: &Server, story: &Path) -> Result<(), String> {
    let stage = Stage::new(server, story, "unsafe")?;
    stage.run("unsafe.sql")?;
    let name = story.file_name().expect("a folder has a name").display().to_string();
    let broken = stage.run("old.sql").is_err();
    if broken == BREAKS.contains(&name.as_str()) {
        return Ok(());
    }
    Err(format!("old code {} after unsafe.sql", if broken { "fails" } else { "works" }))
}
