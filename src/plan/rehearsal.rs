//! What is kept of a rehearsal beside its change, and until when and for which SQL it counts.

use super::change::PhaseFile;
use crate::ledger::Moment;
use crate::sql;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// A rehearsal, as `rehearsal.toml` in the folder of its change says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// All went as it should.
    pub passed: bool,
    /// The contract was taken back by its undo script, and the schema was what it had been.
    pub rollback: bool,
    /// The version of the server.
    pub server: String,
    /// When it was.
    #[serde(with = "written")]
    pub date: Moment,
    /// Until when it counts.
    #[serde(with = "written")]
    pub expires: Moment,
    /// The digests of the statements of the contract, as [`statement_digest`] makes them.
    pub statements: Vec<String>,
    /// The digests of all SQL of the change: the file's name to its digest.
    pub files: BTreeMap<String, String>,
}

/// What stands before it in its file.
const HEAD: &str = "\
# Written by `migrate rehearse --record`. As long as it counts, `migrate check` lets this contract
# ship with code: its rollback was rehearsed. An edit of the change's SQL voids it.
";

impl Rehearsal {
    /// The file's name.
    pub const FILE: &str = "rehearsal.toml";

    /// For how long one counts.
    pub const LASTS: Duration = Duration::from_hours(30 * 24);

    /// The SQL files of a change.
    pub fn names() -> impl Iterator<Item = String> {
        let phases = ["expand", "migrate", "contract"].into_iter();
        phases.flat_map(|phase| [format!("{phase}.sql"), format!("{phase}.undo.sql")])
    }

    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Rehearsal, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    /// The text of its file.
    pub fn write(&self) -> Result<String, String> {
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        Ok(format!("{HEAD}{text}"))
    }

    /// The digests of the SQL of a change; `text` tells what a file says.
    pub fn prints(text: impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
        let files = Rehearsal::names().filter_map(|name| {
            let text = text(&name)?;
            let file = PhaseFile::read(name.clone(), name.clone(), text);
            (!file.is_empty()).then_some((name, file.digest))
        });
        files.collect()
    }

    /// The digests of the statements whose rollback it shows; else why it shows none.
    pub fn counts(
        &self,
        now: Moment,
        text: impl Fn(&str) -> Option<String>,
    ) -> Result<BTreeSet<String>, String> {
        if !self.passed {
            return Err("it did not pass".to_owned());
        }
        if !self.rollback {
            return Err("the contract was not taken back, for it had no contract.undo.sql".into());
        }
        if self.expires <= now {
            return Err(format!("it expired at {}", self.expires));
        }
        let prints = Rehearsal::prints(text);
        let names = prints.keys().chain(self.files.keys());
        let mut other = names.filter(|name| prints.get(*name) != self.files.get(*name));
        if let Some(name) = other.next() {
            return Err(format!("{name} is not what was rehearsed"));
        }
        Ok(self.statements.iter().cloned().collect())
    }
}

/// The digest of a statement, whatever blanks stand in it: a rehearsal is known by it.
pub fn statement_digest(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    hex::encode(Sha256::digest(words.join(" ")))
}

/// The digests of the statements of a text, in order.
pub fn statement_digests(text: &str) -> Vec<String> {
    let statements = sql::read(text, std::slice::from_ref(&(0..text.len()))).statements;
    statements.iter().map(|statement| statement_digest(statement.span.of(text))).collect()
}

/// A moment as people write it.
mod written {
    use crate::ledger::Moment;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(super) fn serialize<S: Serializer>(at: &Moment, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&at.written())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(from)?;
        Moment::read(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no time")))
    }
}
