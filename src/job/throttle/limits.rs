//! The limits of a backfill: `[backfill.throttle]` of a change's `change.toml`.

use super::OFF;
use super::marks;
use super::marks::Marks;
use serde::Deserialize;
use serde::Deserializer;
use serde::de;
use serde::de::SeqAccess;
use serde::de::Unexpected;
use serde::de::Visitor;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a backfill holds still for. `None` where a signal is off.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// How many bytes of the log a replica may be behind.
    #[serde(deserialize_with = "marks::bytes")]
    pub replica_lag: Option<Marks<u64>>,
    /// For how long a replica that is behind may stand still.
    #[serde(deserialize_with = "marks::span")]
    pub replica_silence: Option<Duration>,
    /// Which replicas must be there.
    pub replicas: Expected,
    /// The least room, in bytes of the log, that a replication slot must have left; a slot that is
    /// lost, or about to be, is a stop as well.
    #[serde(deserialize_with = "marks::size")]
    pub slot_room: Option<u64>,
    /// How many files of the log may wait for the archive.
    #[serde(deserialize_with = "marks::counts")]
    pub archive_backlog: Option<Marks<u64>>,
    /// How many bytes of the log the backfill itself may write in a second.
    #[serde(deserialize_with = "marks::size")]
    pub wal_per_second: Option<u64>,
    /// How many sessions may wait for locks of the backfill.
    #[serde(deserialize_with = "marks::counts")]
    pub lock_waiters: Option<Marks<u64>>,
    /// For how long another transaction may be open.
    pub transaction_age: Age,
    /// For how long rows that are dead may have to be kept.
    pub horizon_age: Age,
    /// Whether the backfill slows down while the table is vacuumed.
    #[serde(deserialize_with = "slow")]
    pub autovacuum: bool,
    /// The share of `max_connections` that may be in use.
    #[serde(deserialize_with = "marks::shares")]
    pub connections: Option<Marks<f64>>,
    /// How many sessions may be at work.
    #[serde(deserialize_with = "marks::counts")]
    pub active_sessions: Option<Marks<u64>>,
    /// The share of the table's rows that may be dead.
    #[serde(deserialize_with = "marks::shares")]
    pub dead_tuples: Option<Marks<f64>>,
    /// Numbers that SQL gives, by name.
    pub query: BTreeMap<String, Query>,
    /// Numbers that Prometheus gives, by name.
    pub prometheus: BTreeMap<String, Prometheus>,
}

const MB: u64 = 1024 * 1024;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            replica_lag: Some(Marks { high: 256 * MB, low: 128 * MB }),
            replica_silence: Some(Duration::from_secs(10)),
            replicas: Expected::Seen,
            slot_room: Some(2048 * MB),
            archive_backlog: Some(Marks { high: 42, low: 21 }),
            wal_per_second: None,
            lock_waiters: Some(Marks { high: 0, low: 0 }),
            transaction_age: Age::default(),
            horizon_age: Age::default(),
            autovacuum: true,
            connections: Some(Marks { high: 0.9, low: 0.8 }),
            active_sessions: None,
            dead_tuples: None,
            query: BTreeMap::new(),
            prometheus: BTreeMap::new(),
        }
    }
}

impl Limits {
    /// Whether anything is asked of replicas.
    pub fn asks_replicas(&self) -> bool {
        self.replica_lag.is_some()
            || self.replica_silence.is_some()
            || self.replicas != Expected::Off
    }
}

/// Which replicas must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Those that were seen before.
    Seen,
    /// These, by `application_name` or slot; others are not looked at.
    Named(Vec<String>),
    /// None; those that are there are judged all the same.
    Off,
}

/// What the age of something old comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Age {
    /// Nothing.
    Off,
    /// A note, from this age on.
    Note(Duration),
    /// The backfill stops.
    Stop(Marks<Duration>),
}

impl Default for Age {
    fn default() -> Age {
        Age::Note(Duration::from_mins(5))
    }
}

/// A number that SQL gives.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "QueryWords")]
pub struct Query {
    /// A query that gives one number.
    pub sql: String,
    /// The marks of the number.
    pub marks: Marks<f64>,
}

/// A number that Prometheus gives.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "PrometheusWords")]
pub struct Prometheus {
    /// Where Prometheus is.
    pub url: String,
    /// A query that gives one number.
    pub query: String,
    /// The name of the environment variable that holds a bearer token.
    pub token_env: Option<String>,
    /// The marks of the number.
    pub marks: Marks<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryWords {
    sql: String,
    high: f64,
    low: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PrometheusWords {
    url: String,
    query: String,
    token_env: Option<String>,
    high: f64,
    low: Option<f64>,
}

impl TryFrom<QueryWords> for Query {
    type Error = &'static str;

    fn try_from(words: QueryWords) -> Result<Query, &'static str> {
        let QueryWords { sql, high, low } = words;
        // It becomes a value in a statement of ours, where no `;` may stand.
        let sql = sql.trim().trim_end_matches(';').trim_end().to_owned();
        if sql.is_empty() {
            return Err("the query is empty");
        }
        Ok(Query { sql, marks: numbers(high, low)? })
    }
}

impl TryFrom<PrometheusWords> for Prometheus {
    type Error = &'static str;

    fn try_from(words: PrometheusWords) -> Result<Prometheus, &'static str> {
        let PrometheusWords { url, query, token_env, high, low } = words;
        let url = url.trim_end_matches('/').to_owned();
        if !["http://", "https://"].iter().any(|start| url.starts_with(start)) {
            return Err("the address begins neither with http:// nor with https://");
        }
        Ok(Prometheus { url, query, token_env, marks: numbers(high, low)? })
    }
}

fn numbers(high: f64, low: Option<f64>) -> Result<Marks<f64>, &'static str> {
    // Half of what is below zero is above it.
    let low = low.unwrap_or(if high > 0.0 { high / 2.0 } else { high });
    if high.is_nan() || low.is_nan() {
        return Err("a mark is no number");
    }
    if low > high {
        return Err(marks::CROSSED);
    }
    Ok(Marks { high, low })
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Expected, D::Error> {
        from.deserialize_any(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Expected;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of names or \"off\"")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Expected, E> {
        if on { Err(E::invalid_value(Unexpected::Bool(on), &self)) } else { Ok(Expected::Off) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Expected, E> {
        if text == OFF {
            return Ok(Expected::Off);
        }
        Err(E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Expected, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = items.next_element()? {
            names.push(name);
        }
        if names.is_empty() {
            return Err(de::Error::custom("no replica is named: name one, or write \"off\""));
        }
        Ok(Expected::Named(names))
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Age, D::Error> {
        Ok(marks::spans(from)?.map_or(Age::Off, Age::Stop))
    }
}

fn slow<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    from.deserialize_any(Slow)
}

struct Slow;

impl Visitor<'_> for Slow {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("\"slow\" or \"off\"")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<bool, E> {
        Ok(on)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
        match text {
            "slow" => Ok(true),
            OFF => Ok(false),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}
