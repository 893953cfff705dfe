//! Diesel: a folder a migration with `up.sql`, in a transaction unless `metadata.toml` says no.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use crate::migration::forward;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use crate::migration::survey::parent;

pub(super) struct Diesel;

/// The version in a folder's name: up to the first `_`, without dashes.
fn version(name: &str) -> Option<String> {
    let version = name.split('_').next()?.replace('-', "");
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
}

/// `2019-02-26-002946_create_user`: nobody else writes dates this way.
fn is_dated(name: &str) -> bool {
    name.len() > 10 && name.as_bytes()[4] == b'-' && name.as_bytes()[7] == b'-'
}

impl Layout for Diesel {
    fn id(&self) -> &'static str {
        "diesel"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (root, names) in numbered::nested(survey, "up.sql") {
            if !names.iter().any(|name| version(name).is_some()) {
                continue;
            }
            let sighting = if let Some(name) =
                names.iter().find(|name| name.contains("diesel_initial_setup"))
            {
                Sighting::new(root, Strength::Hard, format!("`{name}` is Diesel's own"))
            } else if let Some(file) = survey.above(root, &["diesel.toml"], &[]) {
                Sighting::new(root, Strength::Hard, format!("`{file}`"))
            } else if let Some(file) = survey.above(root, &["Cargo.toml"], &["diesel"]) {
                Sighting::new(root, Strength::Content, format!("`{file}` names Diesel"))
            } else if let Some(name) = names.iter().find(|name| is_dated(name)) {
                Sighting::new(root, Strength::Name, format!("`{name}/up.sql`"))
            } else {
                continue;
            };
            found.push(sighting);
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for name in survey.children(root) {
            let folder = join(root, name);
            let path = join(&folder, "up.sql");
            let Some(version) = version(name).filter(|_| survey.has(&path)) else { continue };
            // A `metadata.toml` that leaves the key out means no transaction as well.
            let metadata = survey.text(&join(&folder, "metadata.toml"));
            let alone = metadata
                .is_some_and(|text| !text.replace(' ', "").contains("run_in_transaction=true"));
            let delivery = if alone { ONE_MESSAGE } else { WRAPPED };
            entries.push(Entry::new(version, path, delivery));
        }
        entries.sort_by(|one, other| one.version.cmp(&other.version));
        entries
    }

    fn outside(&self, tree: &dyn Tree, _text: &str, entry: &Entry) -> Outside {
        let folder = parent(&entry.path).unwrap_or_default();
        let path = join(folder, "metadata.toml");
        if tree.text(&path).is_some() {
            return Outside::Never("its `metadata.toml` says that it runs in a transaction");
        }
        // It holds for both directions.
        let down = tree.text(&join(folder, "down.sql")).unwrap_or_default();
        if forward::holds_several(&down) {
            return Outside::Never("`metadata.toml` holds for `down.sql` too, which needs its own");
        }
        Outside::Beside { path, text: "run_in_transaction = false\n".to_owned() }
    }
}
