//! What each signal comes to.

use super::Age;
use super::Connections;
use super::Hold;
use super::Pinned;
use super::Reading;
use super::Replica;
use super::Rows;
use super::Seen;
use super::Slot;
use super::Throttle;
use super::Transaction;
use super::Verdict;
use super::held::over;
use super::marks::Marks;
use super::words;
use std::fmt::Display;
use std::time::Duration;

impl Throttle {
    pub(super) fn one(&mut self, now: Duration, reading: &Reading, to: &mut Verdict) {
        match reading {
            Reading::Replicas(all) => self.replicas(now, all, to),
            Reading::Slots(slots) => self.slots(slots, to),
            Reading::Archive(waiting) => self.archive(waiting, to),
            Reading::Transaction(oldest) => self.transaction(oldest, to),
            Reading::Horizon(pinned) => self.horizon(now, pinned, to),
            Reading::Connections(connections) => self.connections(connections, to),
            Reading::Active(active) => self.active(active, to),
            Reading::Dead(rows) => self.dead(rows, to),
            Reading::Query(name, value) => {
                let marks = self.limits.query.get(name).map(|query| query.marks);
                self.number("query", name, marks, value, to);
            }
            Reading::Prometheus(name, value) => {
                let marks = self.limits.prometheus.get(name).map(|query| query.marks);
                self.number("prometheus", name, marks, value, to);
            }
            Reading::Waiters(waiters) => self.waiters(waiters, to),
            // They come to a pause, not to a stop.
            Reading::Vacuum(_) | Reading::Batch(_) => {}
        }
    }

    fn replicas(&mut self, now: Duration, all: &Seen<Vec<Replica>>, to: &mut Verdict) {
        if !self.limits.asks_replicas() {
            return;
        }
        match all {
            Ok(all) => to.holds.extend(self.roster.judge(&self.limits, &mut self.held, now, all)),
            Err(why) => to.holds.push(unseen("replicas", "replicas", why)),
        }
    }

    fn slots(&mut self, slots: &Seen<Vec<Slot>>, to: &mut Verdict) {
        const SIGNAL: &str = "slot-room";
        let Some(least) = self.limits.slot_room else { return };
        let slots = match slots {
            Ok(slots) => slots,
            Err(why) => return to.holds.push(unseen(SIGNAL, "replication slots", why)),
        };
        for Slot { name, status, room } in slots {
            // One without a status keeps nothing of the log yet, and what is said of its room is
            // counted from nowhere.
            let Some(status) = status.as_deref() else { continue };
            if !["reserved", "extended"].contains(&status) {
                to.hold(SIGNAL, format!("replication slot {name} is {status}: {}", fate(status)));
            } else if let Some(room) = room.map(|room| u64::try_from(room).unwrap_or(0))
                && room < least
            {
                let (room, least) = (words::bytes(room), words::bytes(least));
                let why = format!(
                    "replication slot {name} has room for {room} more; {least} is the least"
                );
                to.hold(SIGNAL, why);
            }
        }
    }

    fn archive(&mut self, waiting: &Seen<Option<u64>>, to: &mut Verdict) {
        const SIGNAL: &str = "archive-backlog";
        let Some(marks) = self.limits.archive_backlog else { return };
        match waiting {
            Err(why) => to.holds.push(unseen(SIGNAL, "the archive", why)),
            Ok(Some(waiting)) if self.held.judge(SIGNAL, *waiting, marks) => {
                let files = words::count(*waiting, "file", "files");
                let is = format!("{files} of the log may wait for the archive");
                to.hold(SIGNAL, over(&is, marks, plain));
            }
            Ok(_) => {}
        }
    }

    fn transaction(&mut self, oldest: &Seen<Option<Transaction>>, to: &mut Verdict) {
        const SIGNAL: &str = "transaction-age";
        let limit = self.limits.transaction_age;
        let oldest = match oldest {
            Ok(oldest) => oldest.as_ref().map(|Transaction { who, age }| {
                let is = format!("the transaction of {who} is open for {}", words::span(*age));
                (*age, is)
            }),
            Err(why) => return age_unseen(SIGNAL, "transactions of others", why, limit, to),
        };
        self.age(SIGNAL, oldest, limit, to);
    }

    fn horizon(&mut self, now: Duration, pinned: &Seen<Option<Pinned>>, to: &mut Verdict) {
        const SIGNAL: &str = "horizon-age";
        let limit = self.limits.horizon_age;
        let pinned = match pinned {
            Ok(pinned) => pinned.as_ref().filter(|pinned| pinned.behind > 0),
            Err(why) => return age_unseen(SIGNAL, "who keeps dead rows", why, limit, to),
        };
        // Slots and standbys tell no time, so that it is counted from the first sight.
        let since = match &self.pinned {
            Some((xmin, since)) if pinned.is_some_and(|one| one.xmin == *xmin) => *since,
            _ => now,
        };
        self.pinned = pinned.map(|one| (one.xmin.clone(), since));
        let oldest = pinned.map(|Pinned { who, .. }| {
            let age = now.saturating_sub(since);
            let is = format!("{who} keeps rows that are dead, for {} now", words::span(age));
            (age, is)
        });
        self.age(SIGNAL, oldest, limit, to);
    }

    fn age(
        &mut self,
        signal: &'static str,
        oldest: Option<(Duration, String)>,
        limit: Age,
        to: &mut Verdict,
    ) {
        let (age, is) = oldest.unwrap_or_default();
        match limit {
            Age::Note(limit) if age > limit => to.note(signal, is),
            Age::Stop(marks) if self.held.judge(signal, age, marks) => {
                to.hold(signal, over(&is, marks, words::span));
            }
            Age::Off | Age::Note(_) | Age::Stop(_) => {}
        }
    }

    fn connections(&mut self, connections: &Seen<Connections>, to: &mut Verdict) {
        const SIGNAL: &str = "connections";
        let Some(marks) = self.limits.connections else { return };
        match connections {
            Err(why) => to.holds.push(unseen(SIGNAL, "connections", why)),
            Ok(Connections { used, most }) => {
                if self.held.judge(SIGNAL, share(*used, *most), marks) {
                    let is = format!("{used} of {most} connections are in use");
                    to.hold(SIGNAL, over(&is, marks, words::share));
                }
            }
        }
    }

    fn active(&mut self, active: &Seen<u64>, to: &mut Verdict) {
        const SIGNAL: &str = "active-sessions";
        let Some(marks) = self.limits.active_sessions else { return };
        match active {
            Err(why) => to.holds.push(unseen(SIGNAL, "what sessions do", why)),
            Ok(active) if self.held.judge(SIGNAL, *active, marks) => {
                let sessions = words::count(*active, "session is", "sessions are");
                to.hold(SIGNAL, over(&format!("{sessions} at work"), marks, plain));
            }
            Ok(_) => {}
        }
    }

    fn dead(&mut self, rows: &Seen<Rows>, to: &mut Verdict) {
        const SIGNAL: &str = "dead-tuples";
        let Some(marks) = self.limits.dead_tuples else { return };
        match rows {
            Err(why) => to.holds.push(unseen(SIGNAL, "the table's dead rows", why)),
            Ok(Rows { dead, live }) => {
                let dead = share(*dead, dead.saturating_add(*live));
                if self.held.judge(SIGNAL, dead, marks) {
                    let is = format!("{} of the table's rows are dead", words::share(dead));
                    to.hold(SIGNAL, over(&is, marks, words::share));
                }
            }
        }
    }

    fn number(
        &mut self,
        signal: &'static str,
        name: &str,
        marks: Option<Marks<f64>>,
        value: &Seen<f64>,
        to: &mut Verdict,
    ) {
        let Some(marks) = marks else { return };
        match value {
            Err(why) => to.holds.push(unseen(signal, &format!("`{name}`"), why)),
            Ok(value) if !value.is_finite() => {
                to.hold(signal, format!("`{name}` is {value}, which is no number"));
            }
            Ok(value) if self.held.judge(&format!("{signal} {name}"), *value, marks) => {
                to.hold(signal, over(&format!("`{name}` is {value}"), marks, plain));
            }
            Ok(_) => {}
        }
    }

    fn waiters(&mut self, waiters: &Seen<u64>, to: &mut Verdict) {
        const SIGNAL: &str = "lock-waiters";
        let Some(marks) = self.limits.lock_waiters else { return };
        match waiters {
            Err(why) => to.holds.push(unseen(SIGNAL, "who waits for locks", why)),
            Ok(waiters) if self.held.judge(SIGNAL, *waiters, marks) => {
                let sessions = words::count(*waiters, "session waits", "sessions wait");
                let is = format!("{sessions} for locks of the backfill");
                to.hold(SIGNAL, over(&is, marks, plain));
            }
            Ok(_) => {}
        }
    }

    /// The budget of the log, and a vacuum that is to keep up.
    pub(super) fn pause(&mut self, now: Duration, readings: &[Reading], to: &mut Verdict) {
        let batch = readings.iter().find_map(|reading| match reading {
            Reading::Batch(batch) => Some(*batch),
            _ => None,
        });
        if let Some(rate) = self.limits.wal_per_second {
            let rate = rate / self.sharers;
            let bucket = self.bucket.get_or_insert_with(|| super::Bucket::new(rate, now));
            bucket.change(rate);
            if let Some(bytes) = batch.map_or(Some(0), |batch| batch.wal) {
                bucket.spend(now, bytes);
            } else {
                let why = "it is not told how much of the log a batch writes";
                to.holds.push(unseen("wal-per-second", "the log's growth", why));
            }
            to.pause = to.pause.max(bucket.pause());
        }
        let vacuum = readings.iter().find_map(|reading| match reading {
            Reading::Vacuum(vacuum) if self.limits.autovacuum => Some(vacuum),
            _ => None,
        });
        match vacuum {
            Some(Err(why)) => to.note("autovacuum", unseen("autovacuum", "vacuums", why).why),
            Some(Ok(Some(vacuum))) if !vacuum.wraparound => {
                let what = "the table is vacuumed: after each batch the backfill rests for as long";
                to.note("autovacuum", what.to_owned());
                to.pause = to.pause.max(batch.map_or(Duration::ZERO, |batch| batch.took));
            }
            _ => {}
        }
    }
}

/// An age that cannot be read comes to what the age would.
fn age_unseen(signal: &'static str, what: &str, why: &str, limit: Age, to: &mut Verdict) {
    match limit {
        Age::Off => {}
        Age::Note(_) => to.note(signal, unseen(signal, what, why).why),
        Age::Stop(_) => to.holds.push(unseen(signal, what, why)),
    }
}

/// What cannot be read holds: no answer is no all-clear.
pub(super) fn unseen(signal: &'static str, what: &str, why: &str) -> Hold {
    Hold { signal, why: format!("cannot see {what}: {why}") }
}

/// What becomes of a slot that the server does not promise to keep the log for.
fn fate(status: &str) -> &'static str {
    match status {
        "unreserved" => "the server may take away what it needs at the next checkpoint",
        _ => "what it needs is gone; make it anew or drop it",
    }
}

fn plain(number: impl Display) -> String {
    number.to_string()
}

#[expect(clippy::cast_precision_loss, reason = "these are small numbers")]
fn share(part: u64, whole: u64) -> f64 {
    if part == 0 { 0.0 } else { part as f64 / whole as f64 }
}
