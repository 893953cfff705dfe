//! Replicas: how far behind, for how long they stand still, and which of them are missing.
//!
//! Bytes are judged first. A time says nothing by itself: `replay_lag` stands still where a network
//! swallows everything, and is null where nothing is sent; who is no byte behind has caught up
//! whatever the clock says.

use super::Hold;
use super::held::Held;
use super::held::over;
use super::limits::Expected;
use super::limits::Limits;
use super::reading::Replica;
use super::words;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is remembered of replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    /// How many of a name were there at the same time.
    expected: BTreeMap<String, usize>,
    /// Those that are behind, by process.
    still: BTreeMap<i32, Still>,
    /// The processes of those that were there last time.
    met: BTreeSet<i32>,
}

/// Since when a replica stands where it is.
#[derive(Clone, Debug)]
struct Still {
    name: String,
    place: String,
    position: String,
    since: Duration,
    /// How long it had been silent when it was first seen.
    before: Duration,
}

impl Roster {
    pub(super) fn expect(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.expected.entry(name).or_insert(1);
        }
    }

    pub(super) fn seen(&self) -> impl Iterator<Item = &str> {
        self.expected.keys().map(String::as_str)
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.expected.remove(name);
    }

    /// Judges all that follow the server.
    pub(super) fn judge(
        &mut self,
        limits: &Limits,
        held: &mut Held,
        now: Duration,
        all: &[Replica],
    ) -> Vec<Hold> {
        let counts = |one: &&Replica| match &limits.replicas {
            Expected::Named(names) => names.contains(&one.name) || names.contains(&one.place),
            Expected::Seen | Expected::Off => true,
        };
        let all: Vec<&Replica> = all.iter().filter(counts).collect();
        let mut holds = self.missing(limits, &all);
        holds.extend(lag(limits, held, &all));
        holds.extend(self.silence(limits, now, &all));
        holds
    }

    /// Who is missing. No row is no answer: whoever is not there is not caught up.
    fn missing(&mut self, limits: &Limits, all: &[&Replica]) -> Vec<Hold> {
        let replaying: Vec<&Replica> = all.iter().copied().filter(|one| one.replays).collect();
        let expected: Vec<(&str, usize)> = match &limits.replicas {
            Expected::Off => Vec::new(),
            Expected::Named(names) => names.iter().map(|name| (name.as_str(), 1)).collect(),
            Expected::Seen => {
                for one in &replaying {
                    let there = places(&replaying, &one.name).len();
                    let most = self.expected.entry(one.name.clone()).or_default();
                    *most = there.max(*most);
                }
                self.expected.iter().map(|(name, count)| (name.as_str(), *count)).collect()
            }
        };
        let missing = expected.into_iter().filter_map(|(name, count)| {
            let there = places(&replaying, name).len();
            let lacks = count.saturating_sub(there);
            let who = match (count, lacks) {
                (1, _) => format!("replica {name} is"),
                (_, 1) => format!("1 of {count} replicas called {name} is"),
                _ => format!("{lacks} of {count} replicas called {name} are"),
            };
            let without = match &limits.replicas {
                Expected::Named(_) => "once it is no longer listed in `replicas`".to_owned(),
                _ => format!("by `migrate backfill resume --change … --without-replica {name}`"),
            };
            let why = format!("{who} gone; it goes on when all are back, or {without}");
            (there < count).then_some(Hold { signal: "replicas", why })
        });
        missing.collect()
    }

    /// Who stands still though there is more to do.
    fn silence(&mut self, limits: &Limits, now: Duration, all: &[&Replica]) -> Vec<Hold> {
        let mut holds = Vec::new();
        let mut still = BTreeMap::new();
        for one in all.iter().filter(|one| one.replays) {
            let (Some(position), Some(behind)) = (&one.position, one.behind) else { continue };
            if behind == 0 {
                continue;
            }
            let known = self.known(one, position).unwrap_or_else(|| Still {
                name: one.name.clone(),
                place: one.place.clone(),
                position: position.clone(),
                since: now,
                before: self.before(one),
            });
            let silent = now.saturating_sub(known.since).saturating_add(known.before);
            if let Some(limit) = limits.replica_silence.filter(|limit| silent > *limit) {
                let why = format!(
                    "{} is {} behind and stands still for {}; {} is the limit",
                    called(all, one),
                    words::bytes(behind),
                    words::span(silent),
                    words::span(limit)
                );
                holds.push(Hold { signal: "replica-silence", why });
            }
            still.insert(one.pid, known);
        }
        self.met = all.iter().map(|one| one.pid).collect();
        self.still = still;
        holds
    }

    /// For how long one has been silent that was never seen to move. Its clock may be wrong, so
    /// that this is forgotten as soon as it moves.
    fn before(&self, one: &Replica) -> Duration {
        let met = self.met.contains(&one.pid);
        if met { Duration::ZERO } else { one.silent.unwrap_or_default() }
    }

    /// Since when it is where it is; who comes back to where it was has stood still all the while.
    fn known(&self, one: &Replica, position: &str) -> Option<Still> {
        let same = |still: &&Still| still.name == one.name && still.place == one.place;
        let own = self.still.get(&one.pid);
        let known = own.or_else(|| self.still.values().find(same))?;
        (known.position == position).then(|| known.clone())
    }
}

/// Who is further behind than may be.
fn lag(limits: &Limits, held: &mut Held, all: &[&Replica]) -> Vec<Hold> {
    let Some(marks) = limits.replica_lag else { return Vec::new() };
    let mut holds = Vec::new();
    for one in all {
        let who = called(all, one);
        let Some(behind) = one.behind else {
            let why = format!("{who} has not said how far it is");
            holds.push(Hold { signal: "replica-lag", why });
            continue;
        };
        if held.judge(&format!("replica-lag {} {}", one.name, one.place), behind, marks) {
            let is = format!("{who} is {} behind", words::bytes(behind));
            let why = over(&is, marks, words::bytes);
            holds.push(Hold { signal: "replica-lag", why });
        }
    }
    holds
}

/// Where those of a name are.
fn places<'a>(all: &[&'a Replica], name: &str) -> BTreeSet<&'a str> {
    let called = |one: &&&Replica| one.name == name || one.place == name;
    all.iter().filter(called).map(|one| one.place.as_str()).collect()
}

/// How a replica is called where there may be others of its name.
fn called(all: &[&Replica], one: &Replica) -> String {
    match places(all, &one.name).len() {
        0 | 1 => format!("replica {}", one.name),
        _ => format!("replica {} ({})", one.name, one.place),
    }
}
