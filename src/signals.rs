//! What may hold a backfill: what its server says, in one round trip, and numbers of others, of
//! which each is asked for at most once a second.

mod questions;

use crate::db::DbError;
use crate::db::Row;
use crate::db::Session;
use crate::job::throttle::Limits;
use crate::job::throttle::Reading;
use crate::job::throttle::Seen;
use crate::probe::Probe;
use crate::sql::Name;
use questions::Question;
use std::collections::BTreeMap;
use std::time::Duration;

/// Reads signals. It asks between transactions, in the session of who runs batches.
#[derive(Debug)]
pub struct Signals {
    limits: Limits,
    questions: Vec<Question>,
    /// The message that asks them all.
    message: String,
    probe: Option<Probe>,
    /// The tokens of those who are asked for numbers, or why there is none.
    tokens: BTreeMap<String, Seen<String>>,
    numbers: Numbers,
}

/// What others were asked last, and when.
#[derive(Debug, Default)]
struct Numbers(BTreeMap<(Source, String), (Duration, Seen<f64>)>);

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Query,
    Prometheus,
}

/// What comes before the questions: no answer is waited for longer than this.
const BEGIN: &str = "SET LOCAL statement_timeout = '1s'";

/// The same before a query of the user's, which may write nothing.
const BEGIN_QUERY: &str =
    "SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = '1s'";

/// How many statements those are.
const BEGUN: usize = 1;
const BEGUN_QUERY: usize = 2;

/// How often numbers of others are asked for at most.
const EVERY: Duration = Duration::from_secs(1);

impl Signals {
    /// Reads what these limits ask for of a backfill of a table. Tokens are in the environment.
    pub fn new(
        limits: &Limits,
        table: &Name,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Signals {
        let questions = questions::asked(limits, table);
        let texts = questions.iter().map(|question| question.sql.as_str());
        let message = [BEGIN].into_iter().chain(texts).collect::<Vec<_>>().join(";\n");
        let names = limits.prometheus.values().filter_map(|one| one.token_env.as_ref());
        let token = |name: &String| {
            let value = environment(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the environment variable {name} is not set"))
        };
        Signals {
            probe: (!limits.prometheus.is_empty()).then(Probe::new),
            tokens: names.map(|name| (name.clone(), token(name))).collect(),
            limits: limits.clone(),
            questions,
            message,
            numbers: Numbers::default(),
        }
    }

    /// Reads them, at a time since the start. What the server refuses is a reading as well; an
    /// error is a connection that is no more.
    pub fn read(&mut self, session: &Session, now: Duration) -> Result<Vec<Reading>, DbError> {
        let mut readings = self.of_server(session)?;
        for (name, query) in &self.limits.query {
            let key = (Source::Query, name.clone());
            let value = self.numbers.number(key, now, || ask(session, &query.sql))?;
            readings.push(Reading::Query(name.clone(), value));
        }
        for (name, wanted) in &self.limits.prometheus {
            let key = (Source::Prometheus, name.clone());
            let token = wanted.token_env.as_ref().and_then(|name| self.tokens.get(name));
            let asked = || match (&self.probe, token) {
                (None, _) => Err("nobody asks".to_owned()),
                (Some(_), Some(Err(why))) => Err(why.clone()),
                (Some(probe), token) => {
                    let token = token.and_then(|token| token.as_deref().ok());
                    probe.number(&wanted.url, &wanted.query, token)
                }
            };
            let value = self.numbers.number(key, now, || Ok(asked()))?;
            readings.push(Reading::Prometheus(name.clone(), value));
        }
        Ok(readings)
    }

    fn of_server(&self, session: &Session) -> Result<Vec<Reading>, DbError> {
        if self.questions.is_empty() {
            return Ok(Vec::new());
        }
        let rows = match session.rows(&self.message) {
            Ok(rows) => Ok(rows),
            Err(DbError::Server { said, .. }) => Err(said.to_string()),
            Err(lost) => return Err(lost),
        };
        let reading = |(at, question): (usize, &Question)| {
            let own = |row: &&Row| row.statement() == BEGUN + at;
            match &rows {
                Ok(rows) => (question.read)(Ok(&rows.iter().filter(own).collect::<Vec<_>>())),
                Err(why) => (question.read)(Err(why.clone())),
            }
        };
        Ok(self.questions.iter().enumerate().map(reading).collect())
    }
}

impl Numbers {
    /// A number as it is now: what was asked a moment ago is not asked again.
    fn number(
        &mut self,
        key: (Source, String),
        now: Duration,
        ask: impl FnOnce() -> Result<Seen<f64>, DbError>,
    ) -> Result<Seen<f64>, DbError> {
        if let Some((at, value)) = self.0.get(&key)
            && now.saturating_sub(*at) < EVERY
        {
            return Ok(value.clone());
        }
        let value = ask()?;
        self.0.insert(key, (now, value.clone()));
        Ok(value)
    }
}

/// The number that a query of the user's gives.
fn ask(session: &Session, sql: &str) -> Result<Seen<f64>, DbError> {
    let rows = match session.rows(&format!("{BEGIN_QUERY};\nSELECT (\n{sql}\n)::text")) {
        Ok(rows) => rows,
        Err(DbError::Server { said, .. }) => return Ok(Err(said.to_string())),
        Err(lost) => return Err(lost),
    };
    let row = rows.iter().find(|row| row.statement() == BEGUN_QUERY);
    let value = row.and_then(|row| row.get(0));
    Ok(match value {
        None => Err("it gives no row, or NULL".to_owned()),
        Some(text) => text.parse().map_err(|_| format!("it gives `{text}`, which is no number")),
    })
}
