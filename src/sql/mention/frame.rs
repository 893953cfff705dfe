//! One query, and the relations that the names in it may belong to.

use super::Mention;
use super::Named;
use super::Owners;
use crate::sql::name::Name;
use crate::sql::span::Span;
use std::collections::HashSet;

/// Of so many relations a bare name is taken to belong to one.
const OWNERS_MAX: usize = 64;

/// The part of a query that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Clause {
    #[default]
    Other,
    /// The select list.
    Select,
    /// The list of relations, which starts this deep in brackets.
    From(usize),
    /// What is assigned to.
    Set,
    /// `GROUP BY` and `ORDER BY`, which may name what the select list made.
    Order,
}

/// A query and the relations that its names may belong to.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The name each goes by; `None` for what is no relation.
    pub(super) relations: Vec<(String, Option<Name>)>,
    /// Names whose owner is known at the end.
    pub(super) columns: Vec<Pending>,
    /// Names that the select list gives.
    pub(super) outputs: HashSet<String>,
    pub(super) clause: Clause,
    /// The relation that is written to.
    pub(super) target: Option<Name>,
    /// `USING` lists relations, as in `DELETE` and `MERGE`.
    pub(super) using: bool,
    /// The word before each open bracket, in lower case.
    pub(super) brackets: Vec<String>,
}

/// A name in a query that has not been read to its end.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) span: Span,
    pub(super) parts: Vec<String>,
    pub(super) clause: Clause,
}

impl Frame {
    /// What its names turn out to be, given the queries around it.
    pub(super) fn resolve(&mut self, around: &[Frame], found: &mut Vec<Mention>) {
        for pending in std::mem::take(&mut self.columns) {
            let Pending { span, mut parts, clause } = pending;
            let Some(name) = parts.pop() else { continue };
            let ordered = clause == Clause::Order && parts.is_empty();
            if ordered && self.outputs.contains(&name) {
                continue;
            }
            let of = match parts.last() {
                Some(qualifier) => self.named(qualifier, around),
                None => self.owners(around),
            };
            if of.tables.is_empty() {
                continue;
            }
            let what = if name == "*" {
                Named::Every(of)
            } else {
                Named::Column { name, of, written: false }
            };
            found.push(Mention { span, what });
        }
    }

    /// The owner that a qualifier stands for.
    fn named(&self, qualifier: &str, around: &[Frame]) -> Owners {
        let known = std::iter::once(self)
            .chain(around.iter().rev())
            .find_map(|frame| frame.relations.iter().find(|(alias, _)| alias == qualifier));
        match known {
            Some((_, Some(name))) => Owners { tables: vec![name.clone()], others: false },
            Some((_, None)) => Owners::default(),
            None => Owners { tables: vec![Name::bare(qualifier)], others: true },
        }
    }

    /// Whose a bare name may be: the relations of the nearest query that has any.
    fn owners(&self, around: &[Frame]) -> Owners {
        let frames = std::iter::once(self).chain(around.iter().rev());
        let Some(frame) = frames.into_iter().find(|frame| !frame.relations.is_empty()) else {
            return Owners::default();
        };
        let others = OWNERS_MAX < frame.relations.len();
        let mut owners = Owners { tables: Vec::new(), others };
        for (_, relation) in frame.relations.iter().take(OWNERS_MAX) {
            match relation {
                Some(name) if owners.tables.contains(name) => {}
                Some(name) => owners.tables.push(name.clone()),
                None => owners.others = true,
            }
        }
        owners
    }
}
