//! Statements that are no plain change of rows: why each kind is not cut, and what takes its place.

use super::by_hand;
use super::model::Unfit;
use crate::effect::model::Analysis;
use crate::effect::model::Effect;
use crate::sql::Body;
use crate::sql::DataVerb;
use crate::sql::DoBlock;
use crate::sql::Span;

/// Why a statement of another kind is not run batch by batch.
pub(super) fn refused(body: &Body, span: Span, analysis: &Analysis) -> Unfit {
    if is_whole(body, analysis) {
        return Unfit::whole(span);
    }
    match body {
        Body::Transaction(_) => Unfit::batches(
            "transaction",
            span,
            "each batch is a transaction of its own, which nothing here can begin or end",
        )
        .words("leave BEGIN and COMMIT out: statements of a migrate.sql need no transaction"),
        Body::Set(_) => Unfit::batches(
            "setting",
            span,
            "it holds for its own session, and batches run in many, set up by the runner",
        )
        .words("leave it out; what a role needs can be set with ALTER ROLE … SET"),
        Body::Do(block) => block_of(block, span),
        Body::Call(name) => Unfit::batches(
            "call",
            span,
            format!("what `{name}` writes cannot be seen, and so not be cut"),
        )
        .words("write what the procedure does as plain UPDATE, DELETE or INSERT … SELECT"),
        Body::Query(query) if query.writes().next().is_some() => with_writes(span),
        Body::Query(_) | Body::Explain(..) => Unfit::batches(
            "reads-only",
            span,
            "it writes no rows by itself, and what functions in it write cannot be cut",
        )
        .words("leave it out, or write what its functions do as plain statements"),
        Body::Copy(_) => Unfit::batches("copy", span, "COPY brings rows from outside, all at once")
            .words("load them into a table of their own first; then INSERT … SELECT from that"),
        Body::Truncate(truncate) => {
            let table = truncate.tables.first().map(|(name, _)| name.to_sql()).unwrap_or_default();
            let why = "TRUNCATE empties a table at once, under a lock that keeps everybody out";
            Unfit::batches("truncate", span, why).sql(format!("DELETE FROM {table}"))
        }
        Body::Lock(_) => Unfit::batches(
            "lock",
            span,
            "a lock is held until its transaction ends, and each batch is one of its own",
        )
        .words("leave it out: a batch locks the rows that it writes, and no others"),
        Body::Utility(_) => {
            Unfit::batches("utility", span, "it fills in no data").words("leave it out")
        }
        Body::Dynamic(_) => {
            Unfit::batches("dynamic", span, "its SQL is put together only when it runs")
                .words("write the statement itself")
        }
        Body::Unreadable(misread) => Unfit::batches(
            "unreadable",
            span,
            format!("it cannot be read ({}), and so not be cut", misread.reason),
        )
        .words("write it as a plain UPDATE, DELETE or INSERT … SELECT"),
        _ => Unfit::batches("schema-change", span, "it changes the schema, and fills in no data")
            .words("move it to expand.sql; to contract.sql where it takes something away"),
    }
}

/// Whether a statement is one of those that come between batches: it writes no rows, and keeps
/// nobody out for long.
fn is_whole(body: &Body, analysis: &Analysis) -> bool {
    let quiet = |effect: &Effect| match effect {
        Effect::ValidateConstraint(_) | Effect::Refresh(_) | Effect::Remark(_) => true,
        Effect::RestrictDomain(restrict) => restrict.validates,
        Effect::BuildIndex(build) => build.concurrently,
        Effect::Other => matches!(body, Body::Vacuum(_) | Body::Comment(_)),
        _ => false,
    };
    let parts = || analysis.parts.iter().map(|part| &part.effect);
    let schema = matches!(
        body,
        Body::AlterRelation(_)
            | Body::AlterDomain(_)
            | Body::CreateIndex(_)
            | Body::Refresh(_)
            | Body::Vacuum(_)
            | Body::Comment(_)
    );
    schema && !analysis.parts.is_empty() && parts().all(quiet)
}

/// `MERGE`.
pub(super) fn merge(span: Span) -> Unfit {
    let why = "MERGE looks at two tables at once, so that a part of one is not a part of its work";
    Unfit::batches("merge", span, why).words(
        "write two statements: INSERT … SELECT … ON CONFLICT DO NOTHING for rows that are \
         missing, UPDATE … FROM for those that are there",
    )
}

fn with_writes(span: Span) -> Unfit {
    let why = "what stands in WITH is done anew, and whole, for each batch";
    Unfit::batches("with", span, why).words("write each change of rows as a statement of its own")
}

/// A `DO` block; where one statement in it writes rows, that is the nearest form.
fn block_of(block: &DoBlock, span: Span) -> Unfit {
    let why = "a block runs as one, and what it writes cannot be cut from outside";
    let unfit = Unfit::batches("block", span, why);
    let mut changes = block.inner.iter().filter_map(|inner| match &inner.statement.body {
        Body::Data(change) => Some((&inner.statement, change)),
        _ => None,
    });
    match (changes.next(), changes.next()) {
        (Some((statement, change)), None) if change.verb != DataVerb::Merge => {
            unfit.edited(statement.span, by_hand::without_batches(change))
        }
        _ => unfit.words("write each change of rows as a plain statement: it is cut for you"),
    }
}
