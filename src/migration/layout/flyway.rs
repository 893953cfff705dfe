//! Flyway: `V<version>__<title>.sql`, repeatable `R__`, callbacks; undo files are left alone.

use super::Entry;
use super::Layout;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::effect::Delivery;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::is_sql;
use crate::migration::survey::split;

pub(super) struct Flyway;

/// Statements go one by one, in a transaction that the runner begins.
const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

/// A name such as `V2_1__add_users.sql`.
pub(super) struct Versioned<'a> {
    /// `V`, `U`, `B`, or `R` without a version.
    pub(super) kind: char,
    /// The version, as written.
    pub(super) version: &'a str,
    /// Its numbers.
    pub(super) parts: Vec<u64>,
    /// The whole name.
    pub(super) name: &'a str,
}

/// Takes a name apart, if it is one of Flyway's or refinery's.
pub(super) fn versioned(name: &str) -> Option<Versioned<'_>> {
    let stem = name.strip_suffix(".sql")?;
    let kind = stem.chars().next().filter(|kind| matches!(kind, 'V' | 'U' | 'B' | 'R'))?;
    let (version, _) = stem[1..].split_once("__")?;
    let mut parts = Vec::new();
    if kind != 'R' {
        for part in version.split(['.', '_']) {
            parts.push(part.parse().ok()?);
        }
        // Trailing zeros do not count: 1.0 is 1.
        while 1 < parts.len() && parts.last() == Some(&0) {
            parts.pop();
        }
    } else if !version.is_empty() {
        return None;
    }
    Some(Versioned { kind, version, parts, name })
}

/// Callbacks that run after every `migrate`, and so belong to what a deployment does.
fn is_callback(name: &str) -> bool {
    let stem = name.split("__").next().unwrap_or(name).trim_end_matches(".sql");
    [
        "beforeMigrate",
        "beforeEachMigrate",
        "afterEachMigrate",
        "afterMigrateApplied",
        "afterMigrate",
    ]
    .contains(&stem)
}

impl Layout for Flyway {
    fn id(&self) -> &'static str {
        "flyway"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found: Vec<Sighting> = Vec::new();
        for (folder, names) in survey.folders() {
            let Some(file) =
                names.iter().find(|name| versioned(name).is_some_and(|file| file.kind != 'U'))
            else {
                continue;
            };
            // Flyway looks into folders of its folder: the outermost is the root.
            if found.iter().any(|known| folder.starts_with(&format!("{}/", known.root))) {
                continue;
            }
            let configured = survey.above(folder, &["flyway.toml", "flyway.conf"], &[]);
            let resources = folder.contains("resources/db/migration");
            let sighting = match configured {
                Some(file) => Sighting::new(folder, Strength::Hard, format!("`{file}`")),
                None if resources => {
                    let why = "`resources/db/migration` is where Flyway looks";
                    Sighting::new(folder, Strength::Hard, why)
                }
                None => {
                    let why = format!("`{file}` is named the way of Flyway");
                    Sighting::new(folder, Strength::Name, why)
                }
            };
            found.push(sighting);
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let inside = format!("{root}/");
        let paths = survey
            .tree()
            .paths()
            .iter()
            .filter(|path| root.is_empty() || path.starts_with(&inside));
        let (mut versions, mut baselines, mut repeatable) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let name = split(path).1;
            match versioned(name) {
                Some(file) if file.kind == 'V' => versions.push((file.parts, file.version, path)),
                Some(file) if file.kind == 'B' => baselines.push((file.parts, file.version, path)),
                Some(file) if file.kind == 'R' => repeatable.push(path),
                None if is_sql(name) && is_callback(name) => repeatable.push(path),
                _ => {}
            }
        }
        versions.sort();
        let entry = |version: &str, path: &String| {
            let alone = survey
                .text(&format!("{path}.conf"))
                .is_some_and(|text| text.replace(' ', "").contains("executeInTransaction=false"));
            let delivery = if alone { super::SPLIT } else { WRAPPED_SPLIT };
            Entry::new(version, path.clone(), delivery)
        };
        let mut entries: Vec<Entry> =
            versions.iter().map(|(_, version, path)| entry(version, path)).collect();
        if versions.is_empty() {
            entries.extend(baselines.iter().map(|(_, version, path)| entry(version, path)));
        }
        entries.extend(
            repeatable.iter().map(|path| Entry { repeatable: true, ..entry(split(path).1, path) }),
        );
        entries
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never(
            "Flyway's own transaction would keep it waiting, unless \
             `postgresql.transactional.lock` is false",
        )
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        let whole = versioned(split(&last.path).1)?.version.bytes().all(|c| c.is_ascii_digit());
        Some((numbered::following(last, word).filter(|_| whole)?, sql.to_owned()))
    }
}
