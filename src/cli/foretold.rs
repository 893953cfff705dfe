//! What files that a database has not run make of its schema, seen on a throw-away server.

use super::error::Error;
use super::ui::Ui;
use crate::db::Address;
use crate::db::Nowhere;
use crate::rehearse;
use crate::rehearse::Ahead;
use crate::rehearse::Due;
use crate::rehearse::Original;
use crate::rehearse::Stopped;
use crate::rehearse::Unmade;
use crate::report;
use crate::report::Foretold;
use crate::report::Style;
use crate::shadow;
use crate::shadow::Server;
use crate::version::Major;
use std::path::Path;

/// What was seen, or why nothing was.
pub(super) enum Seen {
    /// The schema before and after, on a server of this major, of a database of that.
    Schema(Ahead, Major, Major),
    /// Why it was not seen.
    Nothing(String),
    /// Nobody wants to see it.
    Unwanted,
    /// Nothing is due.
    Same,
}

/// Sees it. What stands in the way is no error: the plan is right without it.
pub(super) fn of(address: &Address, due: &[Due], bin: Option<&Path>) -> Result<Seen, Error> {
    if due.is_empty() {
        return Ok(Seen::Same);
    }
    match see(address, due, bin) {
        // A folder that was named is meant.
        Err(error @ Error::Shadow(_)) if bin.is_some() => Err(error),
        Err(error) => Ok(Seen::Nothing(format!("it is seen on a throw-away server, and {error}"))),
        seen => seen,
    }
}

fn see(address: &Address, due: &[Due], bin: Option<&Path>) -> Result<Seen, Error> {
    let installs = shadow::installs(bin)?;
    // Without a server, the database is not asked for what nobody will see.
    shadow::choose(&installs, None)?;
    let original = Original::read(address)?;
    let wanted = original.catalog.postgres;
    let choice = shadow::choose(&installs, Some(wanted))?;
    let server = Server::start(&choice.install, &shadow::Settings::default())?;
    let address = Address::resolve(Some(&server.address("postgres")), &Nowhere)?;
    let ahead = rehearse::ahead(&original, &address, due)?;
    Ok(Seen::Schema(ahead, server.major(), wanted))
}

impl Seen {
    /// Shows it to people, behind the plan.
    pub(super) fn human(&self, ui: &mut Ui) -> Result<(), Error> {
        if let Seen::Schema(ahead, major, _) = self {
            let style = ui.style();
            let same = ahead.before == ahead.after;
            let word = if same { "stays as it is" } else { "before and after" };
            writeln!(ui.out(), "the schema {word}, on a throw-away PostgreSQL {major}")?;
            report::schema_diff(&ahead.before, &ahead.after, style, ui.out())?;
        }
        ui.finish()?;
        match self {
            Seen::Nothing(why) => {
                Ui::note(&format!("note: the schema after it is not shown: {why}"));
            }
            seen => {
                for gap in seen.gaps() {
                    Ui::note(&format!("warning: {gap}"));
                }
            }
        }
        Ok(())
    }

    /// The same for machines.
    pub(super) fn told(&self) -> Result<Foretold, Error> {
        Ok(match self {
            Seen::Nothing(why) => Foretold { difference: None, missing: Some(why.clone()) },
            Seen::Unwanted => {
                let why = "left out with --no-schema-difference".to_owned();
                Foretold { difference: None, missing: Some(why) }
            }
            Seen::Same => Foretold { difference: Some(String::new()), missing: None },
            Seen::Schema(ahead, ..) => {
                let mut text = Vec::new();
                let style = Style { color: false, width: usize::MAX };
                report::schema_diff(&ahead.before, &ahead.after, style, &mut text)?;
                let gaps = self.gaps();
                Foretold {
                    difference: Some(String::from_utf8_lossy(&text).into_owned()),
                    missing: (!gaps.is_empty()).then(|| gaps.join("; ")),
                }
            }
        })
    }

    /// What the difference does not show.
    fn gaps(&self) -> Vec<String> {
        let Seen::Schema(ahead, major, wanted) = self else { return Vec::new() };
        let mut gaps = Vec::new();
        if let Some(Stopped { path, line, why }) = &ahead.stopped {
            gaps.push(format!(
                "{path}:{line} does not run on the schema as it is: {why}; the difference goes up \
                 to there"
            ));
        }
        if let Some(Unmade { statement, why }) = ahead.unmade.first() {
            let count = report::plural(ahead.unmade.len(), "statement");
            gaps.push(format!(
                "{count} of the catalog cannot be made on the throw-away server, and what builds \
                 on that is not in the difference; the first is `{statement}`: {why}"
            ));
        }
        if major != wanted {
            gaps.push(format!(
                "the database is PostgreSQL {wanted}, and the throw-away server is {major}"
            ));
        }
        gaps
    }
}
