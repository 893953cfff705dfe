//! The statements of `tests/data/backfills.sql`, each with what is expected of it.

use migrate::effect::Delivery;
use migrate::effect::Replay;
use migrate::job;
use migrate::job::Refused;
use migrate::job::Work;
use migrate::plan::PhaseFile;
use migrate::schema::Schema;
use migrate::sql;
use migrate::version::Major;

const TEXT: &str = include_str!("../data/backfills.sql");

/// A statement.
pub(crate) struct Case {
    /// `accepted`, `accepted anew` where values differ each time, `whole`, or `refused` and the
    /// code.
    pub(crate) expected: String,
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// The schema that they are about.
pub(crate) fn given() -> &'static str {
    TEXT.split_once("\n-- accepted: ").expect("statements follow").0
}

/// All of them, in order.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in TEXT[given().len()..].lines() {
        let heading = line.strip_prefix("-- ").and_then(|line| line.split_once(": "));
        let is_heading =
            |word: &&str| ["accepted", "whole", "refused"].iter().any(|is| word.starts_with(is));
        match heading.filter(|(word, _)| is_heading(word)) {
            Some((expected, name)) => cases.push(Case {
                expected: expected.to_owned(),
                name: name.to_owned(),
                sql: String::new(),
            }),
            None => {
                if let Some(case) = cases.last_mut() {
                    case.sql.push_str(line);
                    case.sql.push('\n');
                }
            }
        }
    }
    cases
}

/// What is made of a statement in a `migrate.sql` of its own.
pub(crate) fn worked(sql: &str) -> Result<Vec<Work>, Vec<Refused>> {
    let mut replay = Replay::new(Schema::empty(), Major::DEFAULT);
    replay.learn(&sql::read(given(), std::slice::from_ref(&(0..given().len()))));
    replay.next_unit();
    let file = PhaseFile::read("migrate.sql".into(), "migrate.sql".into(), sql.to_owned());
    let facts = replay.judge_backfill(&file.script, Delivery::default());
    job::work(&file, &facts)
}
