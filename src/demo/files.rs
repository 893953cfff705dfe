//! The files of the demonstration, and what is known of their statements.

use crate::effect::Fact;
use crate::effect::Phase;
use crate::examine;
use crate::examine::Examined;
use crate::examine::Options;
use crate::examine::Scope;
use crate::lint;
use crate::lint::Finding;
use crate::lint::Severities;
use crate::migration;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::sql;
use crate::version::Major;
use crate::workspace::MemoryTree;
use std::collections::BTreeMap;

/// The database as it is before.
pub(super) const GIVEN: &str = include_str!("sql/given.sql");

/// The rename as one would write it first.
pub(super) const UNSAFE: &str = include_str!("sql/unsafe.sql");

/// Counts the rows that are not filled in.
pub(super) const LEFT: &str = include_str!("sql/left.sql").trim_ascii_end();

/// The change that does it without anybody noticing.
pub(super) const CHANGE: &str = "20260105090000_display_name";

/// Its files.
pub(super) const PHASES: [(Phase, &str); 3] = [
    (
        Phase::Expand,
        include_str!(
            "../../migrations-examples/rename-a-column/safe/20260105090000_display_name/expand.sql"
        ),
    ),
    (
        Phase::Migrate,
        include_str!(
            "../../migrations-examples/rename-a-column/safe/20260105090000_display_name/migrate.sql"
        ),
    ),
    (Phase::Contract, include_str!("sql/contract.sql")),
];

fn path(phase: Phase) -> String {
    format!("migrations/{CHANGE}/{phase}.sql")
}

/// The change, as the runner takes it.
pub(super) fn change() -> Change {
    let phases = PHASES.iter().map(|(phase, text)| {
        let file = PhaseFile::read(path(*phase), path(*phase), (*text).to_owned());
        (*phase, file)
    });
    let (name, undos) = (CHANGE.to_owned(), BTreeMap::new());
    Change { name, owner: None, phases: phases.collect(), undos }
}

/// Files of the change, examined on the database as it is before.
fn examined(files: Vec<(String, String)>, postgres: Major) -> Vec<Examined> {
    let given = sql::read(GIVEN, std::slice::from_ref(&(0..GIVEN.len())));
    let options = Options {
        postgres,
        scope: Scope::all(),
        wrapped: None,
        history: std::slice::from_ref(&given),
        alone: false,
        adopted: false,
        catalog: None,
    };
    let tree = MemoryTree::new(files);
    let mut found = Vec::new();
    for project in migration::detect(&tree, &[]).projects {
        examine::examine(&tree, &project, &options, str::to_owned, |file| found.push(file));
    }
    found
}

fn all() -> Vec<(String, String)> {
    PHASES.iter().map(|(phase, text)| (path(*phase), (*text).to_owned())).collect()
}

/// What is known of the statements of its files, by the file's path.
pub(super) fn facts(postgres: Major) -> BTreeMap<String, Vec<Fact>> {
    examined(all(), postgres).into_iter().map(|file| (file.path, file.facts)).collect()
}

fn findings(files: Vec<(String, String)>, postgres: Major) -> Vec<Finding> {
    let judge = |file| lint::lint(file, &Severities::new(), None, postgres).findings;
    examined(files, postgres).into_iter().flat_map(judge).collect()
}

/// What is found in the rename of one statement.
pub(super) fn findings_of_unsafe(postgres: Major) -> Vec<Finding> {
    findings(vec![(path(Phase::Expand), UNSAFE.to_owned())], postgres)
}

/// What is found in the change.
pub(super) fn findings_of_change(postgres: Major) -> Vec<Finding> {
    findings(all(), postgres)
}
