//! The configuration of the project that a command runs in.

use super::error::Error;
use crate::config;
use crate::config::Config;
use crate::gather::Changed;
use crate::gather::Request;
use crate::gather::Told;
use crate::schema::Size;
use crate::sql::Name;
use crate::workspace;
use crate::workspace::Patterns;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// A configuration with the folder it stands in.
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) folder: PathBuf,
}

/// Where relative paths start.
pub(super) fn here() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(Error::file("."))
}

/// Reads the file that the user names, or the nearest `migrate.toml` in this folder or one above,
/// up to the root of the repository; without one, all is as it is by default.
pub(super) fn load(here: &Path, named: Option<&Path>) -> Result<Loaded, Error> {
    let path = match named {
        Some(path) => Some(workspace::absolute(here, path)),
        None => find(here),
    };
    let Some(path) = path else {
        return Ok(Loaded { config: Config::default(), folder: here.to_owned() });
    };
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let shown = PathBuf::from(workspace::shown(here, &path));
    match config::parse(&text) {
        Ok(config) => {
            let folder = path.parent().unwrap_or(here).to_owned();
            Ok(Loaded { config, folder })
        }
        Err(mistakes) => Err(Error::Config { path: shown, text, mistakes }),
    }
}

/// Reads how large tables are.
pub(super) fn sizes(here: &Path, path: &Path) -> Result<BTreeMap<Name, Size>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    config::parse_sizes(&text).map_err(|mistakes| {
        let path = PathBuf::from(workspace::shown(here, path));
        Error::Config { path, text, mistakes }
    })
}

/// The file that holds for a folder.
pub(super) fn find(here: &Path) -> Option<PathBuf> {
    let root = workspace::root_of(here, here);
    let folders = here.ancestors().take_while(|folder| folder.starts_with(&root));
    folders.map(|folder| folder.join(config::FILE_NAME)).find(|path| path.is_file())
}

impl Loaded {
    /// All migrations below these paths, or below the folder.
    pub(super) fn all(&self, here: &Path, paths: Vec<PathBuf>) -> Result<Request, Error> {
        Ok(Request {
            here: here.to_owned(),
            paths,
            text: None,
            changed: Changed::All,
            history: Vec::new(),
            schema: None,
            database: None,
            layout: None,
            told: self.told()?,
            exclude: self.exclude()?,
        })
    }

    /// The folders that the configuration speaks of.
    pub(super) fn told(&self) -> Result<Vec<Told>, Error> {
        let told = |project: &config::ProjectConfig| {
            let code = project.code.as_ref().map(|code| self.patterns(code).map(Arc::new));
            Ok(Told {
                folder: workspace::absolute(&self.folder, Path::new(&project.path)),
                layout: project.layout,
                wrapped: project.transaction,
                code: code.transpose()?,
            })
        };
        self.config.projects.iter().map(told).collect()
    }

    /// Patterns of the configuration.
    pub(super) fn patterns(&self, patterns: &[String]) -> Result<Patterns, Error> {
        Patterns::new(&self.folder, patterns).map_err(Error::Patterns)
    }

    /// The files that are never judged.
    pub(super) fn exclude(&self) -> Result<Patterns, Error> {
        self.patterns(&self.config.exclude)
    }
}
