//! The servers that are installed: where they are looked for, and which one is taken.

use super::ShadowError;
use super::package;
use crate::version::Major;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// The programs of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// Its major version.
    pub major: Major,
    /// The folder with its programs.
    pub folder: PathBuf,
    /// What it says its version is, to the last word.
    pub(super) version: String,
}

/// An install that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub install: Install,
    /// Whether it is of the major that was wanted: what locks and rewrites differs by major.
    pub matches: bool,
}

impl Install {
    /// The server in a folder, or in the `bin` below it.
    pub fn at(folder: &Path) -> Result<Install, ShadowError> {
        let not_there = || ShadowError::NotThere(folder.to_owned());
        let has = |folder: &PathBuf| {
            ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file())
        };
        let found = [folder.to_owned(), folder.join("bin")].into_iter().find(has);
        let folder = found.ok_or_else(not_there)?;
        // From another folder its programs are run, and a path from here would lead nowhere.
        let folder = std::path::absolute(&folder).map_err(ShadowError::place(&folder))?;
        let program = folder.join("postgres");
        let output = Command::new(&program).arg("--version").output();
        let output =
            output.map_err(|why| ShadowError::Program { program, user: None, why })?.stdout;
        // Such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
        let text = String::from_utf8_lossy(&output);
        let version = text.trim().trim_start_matches("postgres (PostgreSQL) ").to_owned();
        let digits = version.split(|c: char| !c.is_ascii_digit()).next();
        let number = digits.and_then(|digits| digits.parse().ok());
        match number.and_then(Major::new) {
            Some(major) => Ok(Install { major, folder, version }),
            None => Err(ShadowError::Version { folder, found: version }),
        }
    }

    /// A program that came with the server, if it did.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.is_file())
    }
}

/// The servers that are installed, the newest first, one for each major.
///
/// A folder that is told counts alone; so do those in `MIGRATE_POSTGRES_BIN`, with `:` between.
/// Where nothing is told, what `pg_config` and `PATH` lead to goes before what stands where
/// packages put it.
pub fn installs(told: Option<&Path>) -> Result<Vec<Install>, ShadowError> {
    let named = env::var_os("MIGRATE_POSTGRES_BIN").filter(|named| !named.is_empty());
    let mut found = match (told, named) {
        (Some(told), _) => vec![Install::at(told)?],
        (None, Some(named)) => {
            let folders = env::split_paths(&named);
            folders.map(|folder| Install::at(&folder)).collect::<Result<_, _>>()?
        }
        (None, None) => {
            let mut seen = BTreeSet::new();
            let folders = usual_folders().into_iter().filter(|folder| {
                // Links lead to the same programs under several names.
                let programs = fs::canonicalize(folder.join("postgres"));
                programs.is_ok_and(|programs| seen.insert(programs))
            });
            // What is there and cannot be used is no reason to use nothing.
            folders.filter_map(|folder| Install::at(&folder).ok()).collect()
        }
    };
    // The sort keeps the order of what is of the same major.
    found.sort_by_key(|install| Reverse(install.major));
    found.dedup_by_key(|install| install.major);
    Ok(found)
}

/// The install of the wanted major; else the nearest newer one, which has what it has; else the
/// newest.
pub fn choose(installs: &[Install], wanted: Option<Major>) -> Result<Choice, ShadowError> {
    let newest = installs.iter().max_by_key(|install| install.major);
    let newest = newest.ok_or_else(|| ShadowError::NoServer { command: package::command() })?;
    let Some(wanted) = wanted else {
        return Ok(Choice { install: newest.clone(), matches: true });
    };
    let enough = installs.iter().filter(|install| install.major >= wanted);
    let nearest = enough.min_by_key(|install| install.major).unwrap_or(newest);
    Ok(Choice { install: nearest.clone(), matches: nearest.major == wanted })
}

/// Where packages put servers: a folder, how the names below it start, and what follows below them.
const USUAL: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The folders that a server may be in, whether they are there or not.
fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    for (above, start, below) in USUAL {
        let starts = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(start));
        let entries = fs::read_dir(above).into_iter().flatten().flatten();
        let entries = entries.filter(|entry| starts(&entry.file_name()));
        folders.extend(entries.map(|entry| entry.path().join(below)));
    }
    folders
}
