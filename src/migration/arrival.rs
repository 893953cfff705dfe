//! How a file came among those that are deployed.

use super::layout::Entry;
use std::collections::BTreeMap;
use std::collections::HashMap;

/// How a file of a change stands to what was there before the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// It comes after all of it, or nothing is known.
    #[default]
    InOrder,
    /// It was there, and is edited.
    Edited,
    /// It is new, and comes before one that was there.
    Before(String),
}

/// How the files of a change came, those that came in order left out. Of each file that is changed
/// is told whether it was there before.
pub fn arrivals(entries: &[Entry], changed: &BTreeMap<String, bool>) -> HashMap<String, Arrival> {
    let mut found = HashMap::new();
    let mut later: Option<&Entry> = None;
    for entry in entries.iter().rev().filter(|entry| !entry.repeatable) {
        let arrival = match changed.get(&entry.path) {
            Some(true) => {
                later = Some(entry);
                Arrival::Edited
            }
            Some(false) => {
                let other = |later: &&Entry| entry.group.is_none() || later.group != entry.group;
                let Some(later) = later.filter(other) else { continue };
                Arrival::Before(later.version.clone())
            }
            None => {
                later = Some(entry);
                continue;
            }
        };
        found.insert(entry.path.clone(), arrival);
    }
    found
}
