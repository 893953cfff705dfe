//! `migrate init`: a first configuration from what is found, and how to be asked at each commit.

use super::error::Error;
use super::exit::Exit;
use super::load;
use super::ui::Ui;
use crate::config;
use crate::config::Known;
use crate::gather::server_of_images;
use crate::migration;
use crate::report;
use crate::version::Major;
use crate::workspace;
use crate::workspace::DiskTree;
use crate::workspace::Hooks;
use crate::workspace::HooksOwner;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Write a first migrate.toml from what is found here, and say how to install the hook
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Install the hook that git runs before a commit, too
    #[arg(long)]
    hook: bool,
}

/// What a hook runs.
const CHECK: &str = "migrate check --staged";

/// The hook. What cannot be checked is not let through in silence.
const HOOK: &str = "\
#!/bin/sh
# Refuses what cannot be deployed as one change; `git commit --no-verify` goes past it.
if ! command -v migrate >/dev/null 2>&1; then
  echo 'pre-commit: migrate is not on the PATH, and nothing was checked' >&2
  exit 1
fi
exec migrate check --staged
";

/// What to do next, below what was found.
const NEXT: &str = "
before each commit, one of
  git         migrate init --hook
  pre-commit  .pre-commit-config.yaml:
                repos:
                  - repo: local
                    hooks:
                      - id: migrate-check
                        name: migrate check
                        entry: migrate check --staged
                        language: system
                        pass_filenames: false
                        always_run: true
  lefthook    lefthook.yml:
                pre-commit:
                  commands:
                    migrate:
                      run: migrate check --staged
  husky       echo 'migrate check --staged' >> .husky/pre-commit

in each pull request, with the whole history (fetch-depth: 0, GIT_DEPTH: 0), one of
  GitHub      - run: migrate check --base \"origin/$GITHUB_BASE_REF\" --format github
  GitLab      - migrate check --base \"$CI_MERGE_REQUEST_DIFF_BASE_SHA\" --format gitlab \
> gl-code-quality.json
";

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let there = load::find(&here);
    if let Some(there) = there.as_ref().filter(|_| !arguments.hook) {
        let shown = workspace::shown(&here, there);
        let message = format!("{shown} is there, and is not overwritten: edit it");
        return Err(Error::Usage(message));
    }
    // Where the hook would go is known before anything is written.
    let hook = arguments.hook.then(|| hook_place(&here)).transpose()?;
    match there {
        Some(there) => {
            let shown = workspace::shown(&here, &there);
            writeln!(ui.out(), "{shown} is there, and is left as it is")?;
        }
        None => configure(&here, ui)?,
    }
    match hook {
        Some(path) => install(&here, &path, ui)?,
        None => write!(ui.out(), "{NEXT}")?,
    }
    Ok(Exit::Done)
}

/// Writes the configuration, and says what was found.
fn configure(here: &Path, ui: &mut Ui) -> Result<(), Error> {
    let root = workspace::root_of(here, here);
    let tree = DiskTree::walk(&root);
    for fault in tree.faults() {
        Ui::note(&format!("warning: not looked into: {fault}"));
    }
    let found = migration::detect(&tree, &[]);
    let projects = found.projects.iter().map(|project| {
        let files = report::plural(project.entries.len(), "file");
        let id = project.layout.id();
        format!("{}: {id}: {}, {files}", folder(&project.root), project.why)
    });
    let skipped = found.skipped.iter();
    let skipped =
        skipped.map(|skipped| format!("{}: left out: {}", folder(&skipped.root), skipped.why));
    let folders: Vec<String> = projects.chain(skipped).collect();
    let (postgres, from) = match server_of_images(&tree) {
        Some((major, path)) => (major, format!("what {path} names")),
        None => (Major::DEFAULT, "what holds where nobody says".to_owned()),
    };
    let why = format!("{postgres} is {from}; what matters is the oldest server in production");
    let path = root.join(config::FILE_NAME);
    let text = config::template(&Known { postgres, why: &why, folders: &folders });
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&path).map_err(Error::file(&path))?;
    file.write_all(text.as_bytes()).map_err(Error::file(&path))?;
    writeln!(ui.out(), "{} is written", workspace::shown(here, &path))?;
    if folders.is_empty() {
        writeln!(ui.out(), "  no migrations found: say in a [[project]] where they are")?;
    }
    for folder in &folders {
        writeln!(ui.out(), "  {folder}")?;
    }
    writeln!(ui.out(), "  postgres = {postgres}: {from}")?;
    Ok(())
}

fn folder(root: &str) -> &str {
    if root.is_empty() { "." } else { root }
}

/// Where the hook goes, if nothing speaks against it.
fn hook_place(here: &Path) -> Result<PathBuf, Error> {
    let hooks = Hooks::discover(here).map_err(|cause| Error::Usage(cause.to_string()))?;
    let shown = workspace::shown(here, &hooks.folder);
    let refused = |why: &str| Err(Error::Usage(format!("{why}; nothing is written")));
    match hooks.owner {
        HooksOwner::Repository => {}
        HooksOwner::Husky => {
            return refused(&format!(
                "the hooks are husky's: add the line `{CHECK}` to .husky/pre-commit"
            ));
        }
        HooksOwner::Others => {
            return refused(&format!(
                "core.hooksPath is `{shown}`, outside of this repository, and others may share it: \
                 add the line `{CHECK}` to a pre-commit hook by hand"
            ));
        }
    }
    let path = hooks.folder.join("pre-commit");
    if path.symlink_metadata().is_ok() {
        let shown = workspace::shown(here, &path);
        return refused(&format!(
            "{shown} is there, and is not overwritten: add the line `{CHECK}` to it"
        ));
    }
    Ok(path)
}

fn install(here: &Path, path: &Path, ui: &mut Ui) -> Result<(), Error> {
    workspace::write_program(path, HOOK)
        .map_err(|cause: io::Error| Error::File { path: path.to_owned(), cause })?;
    let shown = workspace::shown(here, path);
    writeln!(ui.out(), "{shown} is written: each commit runs {CHECK}")?;
    Ok(())
}
