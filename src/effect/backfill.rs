//! Whether a statement of a `migrate.sql` can be run batch by batch, any number of times, with what
//! shows it; or what is in the way, and the nearest form that can.

mod by_hand;
mod calls;
mod change;
mod insert;
mod joins;
mod kinds;
mod model;
mod partners;
mod plain;
mod references;
mod side_effects;

pub use model::Advice;
pub use model::Backfill;
pub use model::Danger;
pub use model::Twice;
pub use model::Unfit;

use super::analyst::Analyst;
use super::model::Analysis;
use crate::sql::Body;
use crate::sql::DataVerb;
use crate::sql::Statement;

/// What is told of a statement of a `migrate.sql`, given what it does.
pub(super) fn judge(
    analyst: &Analyst,
    statement: &Statement,
    analysis: &Analysis,
    templated: bool,
) -> Result<Backfill, Unfit> {
    if templated {
        let why = "it has a placeholder, and nobody fills it in";
        return Err(
            Unfit::batches("placeholder", statement.span, why).words("write the value itself")
        );
    }
    if analyst.schema.is_spent() {
        let why = "there is too much in this file to look at all of it";
        return Err(Unfit::batches("too-much", statement.span, why)
            .words("put the statement in a change of its own"));
    }
    match &statement.body {
        Body::Data(change) => {
            let refusal = analysis.refusal.as_ref();
            if let Some(refusal) = refusal.filter(|_| change.verb != DataVerb::Merge) {
                let why = format!("the server refuses it: {}", refusal.message);
                return Err(Unfit::batches("refused-by-server", statement.span, why)
                    .words("mend the statement first"));
            }
            let change = plain::Changed { analyst, change, span: statement.span };
            match change.change.verb {
                DataVerb::Insert => change.insert(),
                DataVerb::Update => change.update(),
                DataVerb::Delete => change.delete(),
                DataVerb::Merge => Err(kinds::merge(statement.span)),
            }
        }
        body => Err(kinds::refused(body, statement.span, analysis)),
    }
}
