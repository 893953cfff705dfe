//! Hasura: what its command line keeps of each source in `hdb_catalog.hdb_version`.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::number;
use super::tool::rows;
use super::tool::text;

pub(super) struct Hasura;

impl Tool for Hasura {
    fn name(&self) -> &'static str {
        "Hasura"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["hasura"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["hdb_version", "schema_migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        let old = table.name == "schema_migrations" && table.has(&["version", "dirty"]);
        let new = table.type_of("cli_state") == Some("jsonb");
        table.schema == "hdb_catalog" && (old || new)
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        if !table.has(&["cli_state"]) {
            return vec![format!("SELECT version::text, dirty::text, '' FROM {}", table.sql())];
        }
        vec![format!(
            "SELECT m.key, m.value::text, s.key
             FROM {}, jsonb_each(cli_state -> 'migrations') s, jsonb_each(s.value) m
             WHERE jsonb_typeof(cli_state -> 'migrations') = 'object'",
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, files: &Files, answers: &[Answer]) -> Ran {
        // Each source has a folder of its own, of its name.
        let folder = files.root.rsplit('/').next().unwrap_or_default();
        let named = rows(answers, 0).iter().any(|row| text(row, 2) == folder);
        let ours = rows(answers, 0).iter().filter(|row| !named || text(row, 2) == folder);
        let applied = ours.map(|row| {
            let version = text(row, 0);
            let mut applied = Applied::done(number(&version), version.clone(), None);
            if text(row, 1) == "true" {
                applied.state = State::Dirty(Trouble {
                    why: format!("Hasura began version {version}, and did not see it end"),
                    repair: format!(
                        "see how much of it is in the database; if all, `hasura migrate apply \
                         --version {version} --skip-execution`; else undo it by hand, and `hasura \
                         migrate apply --version {version} --type down --skip-execution`"
                    ),
                });
            }
            applied
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn up(&self) -> &'static str {
        "hasura migrate apply"
    }

    fn late(&self) -> Late {
        Late { does: "Hasura runs it all the same", command: Some("hasura migrate apply") }
    }
}
