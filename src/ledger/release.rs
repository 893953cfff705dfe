//! Releases: what a version of a service no longer needs, and from which version it was made.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A version of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// The event that declared it: versions are ordered by it, never by their names.
    pub seq: i64,
    /// Its artifact.
    pub digest: Option<String>,
    /// The version it was made from.
    pub parent: Option<String>,
    /// The changes whose old schema it no longer needs.
    pub satisfies: BTreeSet<String>,
    /// Those that it needs again, though its parent did not.
    pub takes_back: BTreeSet<String>,
    /// The changes whose expand it needs.
    pub uses: BTreeSet<String>,
    /// The version's name was seen with another artifact.
    pub conflict: Option<String>,
}

/// All releases, by service and version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases(pub BTreeMap<(String, String), Release>);

impl Releases {
    /// A release.
    pub fn get(&self, service: &str, version: &str) -> Option<&Release> {
        self.0.get(&(service.to_owned(), version.to_owned()))
    }

    /// The versions of a service, in the order in which they were declared.
    pub fn of(&self, service: &str) -> Vec<(&str, &Release)> {
        let own = self.0.iter().filter(|((of, _), _)| of == service);
        let mut found: Vec<_> =
            own.map(|((_, version), release)| (version.as_str(), release)).collect();
        found.sort_by_key(|(_, release)| release.seq);
        found
    }

    /// Whether a version was declared after another. One that nobody declared comes before all
    /// that somebody did.
    pub fn is_newer(&self, service: &str, version: &str, other: &str) -> bool {
        let place = |version: &str| self.get(service, version).map(|release| release.seq);
        place(version) > place(other)
    }

    /// The changes whose expand a version says that it needs: itself, or by what it was made from,
    /// and nothing between took that back.
    pub fn uses(&self, service: &str, version: &str) -> BTreeSet<String> {
        let mut at = self.get(service, version);
        let (mut found, mut taken) = (BTreeSet::new(), BTreeSet::new());
        let mut left = self.0.len();
        while let Some(release) = at.filter(|_| left > 0) {
            found.extend(release.uses.difference(&taken).cloned());
            taken.extend(release.takes_back.iter().cloned());
            left -= 1;
            at = release.parent.as_deref().and_then(|parent| self.get(service, parent));
        }
        found
    }

    /// Whether a version needs the expand of a change: it says so, or it does without what the
    /// contract takes away, and so with what the expand added.
    pub fn stands_on(&self, service: &str, version: &str, change: &str) -> bool {
        self.uses(service, version).contains(change) || self.compatible(service, version, change)
    }

    /// Whether a version of a service runs without what the contract of a change takes away: it, or
    /// one that it descends from, says so, and nothing between took that back. A version that was
    /// never declared does not.
    pub fn compatible(&self, service: &str, version: &str, change: &str) -> bool {
        let mut at = self.get(service, version);
        let mut left = self.0.len();
        while let Some(release) = at {
            if release.satisfies.contains(change) {
                return true;
            }
            if release.takes_back.contains(change) || left == 0 {
                return false;
            }
            left -= 1;
            at = release.parent.as_deref().and_then(|parent| self.get(service, parent));
        }
        false
    }
}
