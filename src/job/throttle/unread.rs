//! Signals that have a limit and were not read: they hold as those that cannot be seen do.

use super::Age;
use super::Limits;
use super::Reading;
use super::Verdict;
use super::law::unseen;

const UNREAD: &str = "nobody has read it";

/// What has a limit and is not among the readings.
pub(super) fn unread(limits: &Limits, readings: &[Reading], to: &mut Verdict) {
    let has = |of: fn(&Reading) -> bool| readings.iter().any(of);
    let stops = |age: Age| matches!(age, Age::Stop(_));
    let asked = [
        ("replicas", limits.asks_replicas(), has(|one| matches!(one, Reading::Replicas(_)))),
        ("slot-room", limits.slot_room.is_some(), has(|one| matches!(one, Reading::Slots(_)))),
        (
            "archive-backlog",
            limits.archive_backlog.is_some(),
            has(|one| matches!(one, Reading::Archive(_))),
        ),
        (
            "transaction-age",
            stops(limits.transaction_age),
            has(|one| matches!(one, Reading::Transaction(_))),
        ),
        ("horizon-age", stops(limits.horizon_age), has(|one| matches!(one, Reading::Horizon(_)))),
        (
            "connections",
            limits.connections.is_some(),
            has(|one| matches!(one, Reading::Connections(_))),
        ),
        (
            "active-sessions",
            limits.active_sessions.is_some(),
            has(|one| matches!(one, Reading::Active(_))),
        ),
        ("dead-tuples", limits.dead_tuples.is_some(), has(|one| matches!(one, Reading::Dead(_)))),
        (
            "lock-waiters",
            limits.lock_waiters.is_some(),
            has(|one| matches!(one, Reading::Waiters(_))),
        ),
    ];
    for (signal, asked, read) in asked {
        if asked && !read {
            to.holds.push(unseen(signal, "it", UNREAD));
        }
    }
    let named = limits.query.keys().map(|name| ("query", name));
    for (signal, name) in named.chain(limits.prometheus.keys().map(|name| ("prometheus", name))) {
        let read = readings.iter().any(|one| match one {
            Reading::Query(own, _) => signal == "query" && own == name,
            Reading::Prometheus(own, _) => signal == "prometheus" && own == name,
            _ => false,
        });
        if !read {
            to.holds.push(unseen(signal, &format!("`{name}`"), UNREAD));
        }
    }
}
