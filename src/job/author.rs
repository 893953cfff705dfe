//! A statement of a `migrate.sql` to a job: its text, cut where the condition of a batch belongs.

use super::Job;
use super::Refused;
use crate::effect::Advice;
use crate::effect::Backfill;
use crate::effect::Danger;
use crate::effect::Fact;
use crate::effect::Unfit;
use crate::plan::PhaseFile;
use crate::plan::digest_of;
use crate::sql;
use crate::sql::NO_TEXT_HELP;
use crate::sql::NO_TEXT_WHY;
use crate::sql::Span;

/// What is done with a statement of a `migrate.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is run batch by batch.
    Batches(Box<Job>),
    /// It writes no rows: it is run in its place, once, as it is written.
    Whole(Whole),
}

/// A statement that is run as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its place among the statements of `migrate.sql`, counted from one.
    pub place: u32,
    /// The digest of the statement.
    pub digest: String,
    /// Where it stands.
    pub span: Span,
    /// Its text.
    pub sql: String,
}

/// The statements of a `migrate.sql` in their order, given what is known of each: each is work, or
/// all that is in the way is told.
pub fn work(file: &PhaseFile, facts: &[Fact]) -> Result<Vec<Work>, Vec<Refused>> {
    let (mut all, mut refused) = (Vec::new(), Vec::new());
    if let Some(span) = sql::no_text(&file.text) {
        refused.push(Refused {
            code: "not-text",
            span,
            why: NO_TEXT_WHY.to_owned(),
            instead: NO_TEXT_HELP.to_owned(),
        });
    }
    for meta in &file.script.metas {
        refused.push(Refused {
            code: "psql-command",
            span: meta.span,
            why: "psql commands are not run: only SQL is".to_owned(),
            instead: "leave it out, or write what it does in SQL".to_owned(),
        });
    }
    for (at, statement) in file.script.statements.iter().enumerate() {
        let place = u32::try_from(at + 1).unwrap_or(u32::MAX);
        match author(place, statement.span, &file.text, facts.get(at)) {
            Ok(work) => all.push(work),
            Err(unfit) => refused.push(unfit),
        }
    }
    refused.sort_by_key(|refused| refused.span);
    if refused.is_empty() { Ok(all) } else { Err(refused) }
}

/// A statement that stands at a place of a text, given what is known of it.
fn author(place: u32, span: Span, text: &str, fact: Option<&Fact>) -> Result<Work, Refused> {
    let digest = digest_of(text, &[span]);
    match fact.and_then(|fact| fact.backfill.as_deref()) {
        Some(Ok(backfill)) => {
            Ok(Work::Batches(Box::new(shaped(place, digest, span, text, backfill))))
        }
        Some(Err(unfit)) if unfit.danger == Danger::None => {
            Ok(Work::Whole(Whole { place, digest, span, sql: span.of(text).to_owned() }))
        }
        Some(Err(unfit)) => Err(refused(unfit, text)),
        None => Err(Refused {
            code: "not-a-backfill",
            span,
            why: "it stands in no migrate.sql, and nobody looked at how it could be cut".to_owned(),
            instead: "move it to the migrate.sql of a change".to_owned(),
        }),
    }
}

fn refused(unfit: &Unfit, text: &str) -> Refused {
    let instead = match unfit.advice(text) {
        Advice::Words(words) => words,
        Advice::Sql(sql) => format!("{sql};"),
    };
    Refused { code: unfit.code, span: unfit.span, why: unfit.why.clone(), instead }
}

/// The text around the condition of a batch.
fn shaped(place: u32, digest: String, span: Span, text: &str, backfill: &Backfill) -> Job {
    let part = |from: usize, to: usize| Span::new(from, to).of(text);
    let narrow = backfill.narrow.as_ref().map(|narrow| format!(" AND ({narrow})"));
    let narrow = narrow.unwrap_or_default();
    let table = backfill.reference;
    let (before, end) = match backfill.filter {
        Some(filter) => {
            let head = part(table.end(), filter.offset);
            (format!("{head}({}) AND (", filter.of(text)), filter.end())
        }
        None => (format!("{} WHERE (", part(table.end(), backfill.end)), backfill.end),
    };
    Job {
        place,
        digest,
        verb: backfill.verb,
        walked: backfill.walked.clone(),
        written: backfill.written.clone(),
        named: backfill.named.clone(),
        alias: backfill.alias.clone(),
        opening: part(span.offset, table.offset).to_owned(),
        reference: table.of(text).to_owned(),
        before,
        after: format!("){narrow}{}", part(end, span.end())),
        rest: backfill.rest.clone(),
        sets: backfill.sets.clone(),
        twice: backfill.twice,
    }
}
