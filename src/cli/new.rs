//! `migrate new`: the folder of a new migration, with a file for each phase.

use super::error::Error;
use super::exit::Exit;
use super::load;
use super::ui::Ui;
use crate::effect::Phase;
use crate::migration;
use crate::workspace;
use crate::workspace::DiskTree;
use jiff::Timestamp;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Make the folder of a new migration, with a file for each phase
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What the migration does, in a few words
    name: String,
    /// The folder of the migrations [default: the one that is there, else migrations]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Make undo scripts too
    #[arg(long)]
    undo: bool,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let name = slug(&arguments.name);
    if name.is_empty() {
        return Err(Error::Usage("the name has no letter or digit in it".to_owned()));
    }
    let folder = match &arguments.dir {
        Some(folder) => workspace::absolute(&here, folder),
        None => home(&here)?,
    };
    let stamp = Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
    let change = folder.join(format!("{stamp}_{name}"));
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    // It fails if the folder is there: nothing is overwritten.
    fs::create_dir(&change).map_err(Error::file(&change))?;
    for (file, text) in files(&arguments.name, arguments.undo) {
        let path = change.join(file);
        fs::write(&path, text).map_err(Error::file(&path))?;
        writeln!(ui.out(), "{}", workspace::shown(&here, &path))?;
    }
    Ok(Exit::Done)
}

/// Where migrations of the native layout are, or would be.
fn home(here: &Path) -> Result<PathBuf, Error> {
    let tree = DiskTree::around(here, std::slice::from_ref(&here.to_owned()));
    let found = migration::detect(&tree, &[]).projects;
    let (native, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|project| project.layout.id() == "native");
    match (native.as_slice(), others.as_slice()) {
        ([only], _) => Ok(here.join(&only.root)),
        ([], []) => Ok(here.join("migrations")),
        ([], [other, ..]) => Err(Error::Usage(format!(
            "the migrations in `{}` are {}'s; make new ones with that tool, or name a folder of \
             their own with --dir",
            other.root,
            other.layout.id()
        ))),
        (several, _) => {
            let roots: Vec<&str> = several.iter().map(|project| project.root.as_str()).collect();
            let roots = roots.join("`, `");
            Err(Error::Usage(format!("there are migrations in `{roots}`: say which with --dir")))
        }
    }
}

/// A name that suits files: lower case, words joined by underscores.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The files of a new migration, with what stands in them.
fn files(description: &str, undo: bool) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for phase in Phase::ALL {
        files.push((format!("{phase}.sql"), format!("-- {}\n", about(phase))));
        if undo {
            let text = format!("-- Takes back what {phase}.sql does.\n");
            files.push((format!("{phase}.undo.sql"), text));
        }
    }
    let description = toml::Value::String(description.to_owned());
    files.push(("change.toml".to_owned(), format!("description = {description}\nowner = \"\"\n")));
    files
}

fn about(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "Adds what new code needs; code that runs now does not notice.",
        Phase::Migrate => "Fills it and checks it, in steps that can be taken again.",
        Phase::Contract => "Takes away what no running code uses any more.",
    }
}
