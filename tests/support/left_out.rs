//! Where what the analyser says is rightly not what a server was seen to do, and why.
//!
//! Beside these, nothing is measured of a statement that the server refuses, or that a tool fills
//! in before it sends it; of one that cannot run in a transaction only its rewrites are, for its
//! locks are gone when it is done; and of one that is not understood nothing is expected.

use crate::fences;
use crate::fences::Case;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::rules;

struct LeftOut {
    /// The rule whose page, or whose edge cases, hold the statement.
    rule: &'static str,
    /// What stands in the statement.
    statement: &'static str,
    /// How the difference begins.
    difference: &'static str,
    why: &'static str,
}

const ALL: [LeftOut; 0] = [];

/// The differences of a statement that are not in the list; one of the list must be there.
pub(crate) fn unexpected(case: &Case, sql: &str, mut found: Vec<String>) -> Vec<String> {
    let listed = ALL.iter().filter(|left| left.rule == case.rule.id);
    for left in listed.filter(|left| sql.contains(left.statement)) {
        let before = found.len();
        found.retain(|difference| !difference.starts_with(left.difference));
        if found.len() == before {
            let LeftOut { difference, why, .. } = left;
            found.push(format!("it is left out needlessly: `{difference}`, since {why}"));
        }
    }
    found
}

/// A test that each entry is about a fence, without a server.
pub(crate) fn trial() -> Trial {
    Trial::test("left_out::is_there", || {
        let mut lost = Vec::new();
        for left in &ALL {
            let rule = rules::find(left.rule).ok_or_else(|| format!("no rule {}", left.rule))?;
            let cases = fences::cases(rule)?;
            if !cases.iter().any(|case| case.code.contains(left.statement)) {
                lost.push(left.statement);
            }
        }
        let why = format!("no fence holds {lost:?}");
        if lost.is_empty() { Ok(()) } else { Err(Failed::from(why)) }
    })
}
