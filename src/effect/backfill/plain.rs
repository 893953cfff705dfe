//! A change of rows, whichever of the three it is: what of it is not plain, and tables that have no
//! rows of their own.

use super::by_hand;
use super::by_hand::ByHand;
use super::calls;
use super::model::Unfit;
use super::side_effects;
use crate::effect::analyst::Analyst;
use crate::effect::reading;
use crate::effect::reading::Reading;
use crate::schema::Relation;
use crate::schema::TableKind;
use crate::sql::DataChange;
use crate::sql::Name;
use crate::sql::Rows;
use crate::sql::Source;
use crate::sql::Span;
use crate::sql::quote_identifier;

/// A change of rows that is looked at.
pub(super) struct Changed<'a> {
    pub(super) analyst: &'a Analyst<'a>,
    pub(super) change: &'a DataChange,
    pub(super) span: Span,
}

impl Changed<'_> {
    /// What is no part of a plain statement.
    pub(super) fn check_plain(&self) -> Result<(), Unfit> {
        let change = self.change;
        if change.clauses.with.is_some() || !change.source.with.is_empty() {
            let why = "the query in WITH is worked out anew, and whole, for each batch";
            return Err(Unfit::batches("with", self.span, why)
                .words("write it as a subquery where it is used, on the row at hand"));
        }
        if change.source.columns.iter().any(|parts| parts.len() > 2) {
            let why =
                "a column is named with its table's schema, by which a batch does not know it";
            return Err(Unfit::batches("column-by-schema", self.span, why)
                .words("write table.column, or give the table an alias"));
        }
        let parts = change.predicate.iter().chain(change.assignments.iter().map(|set| &set.value));
        let within = parts.flat_map(|part| reading::queries(&part.tree)).flat_map(|it| &it.from);
        let renamed = |source: &&Source| source.renamed && matches!(source.rows, Rows::Relation(_));
        if let Some(source) = change.source.from.iter().chain(within).find(renamed) {
            let why = format!(
                "the columns of `{}` get other names, which neither a batch nor a key knows",
                source.name
            );
            return Err(Unfit::batches("column-aliases", self.span, why)
                .words("give the table an alias alone, and name its columns as they are"));
        }
        if let Some(returning) = change.returning {
            let why = "nobody is there to read what RETURNING gives";
            return Err(self.without("returning", returning, why));
        }
        if let Some(tail) = change.tail {
            let why = "PostgreSQL has neither ORDER BY nor LIMIT here, and none is needed: the \
                       statement is cut for you";
            return Err(self.without("limit", tail, why));
        }
        match by_hand::sign(change) {
            None => {}
            Some(found) => return Err(self.made_by_hand(&found)),
        }
        if let Some(name) = side_effects::with_effects(self.analyst.schema, &change.source.calls) {
            let why = format!(
                "`{name}()` does more than give a value, and does it again when a batch is run \
                 again"
            );
            return Err(Unfit::twice("side-effect", self.span, why)
                .words("write rows that tell what is to be done, and do it from there"));
        }
        if !change.is_understood() {
            let why = "a part of it could not be read, and so nobody knows what it does twice";
            return Err(
                Unfit::batches("unreadable", self.span, why).words("write that part more plainly")
            );
        }
        Ok(())
    }

    fn made_by_hand(&self, found: &ByHand) -> Unfit {
        let predicate = self.change.predicate.as_ref();
        let at = predicate.map_or(self.span, |predicate| predicate.span);
        let what = match found {
            ByHand::Places => "it picks rows by their place, which changes with every write",
            ByHand::First => "it picks the first rows of a query, and so is a batch already",
            ByHand::Locked => "it passes over rows that somebody else has locked",
        };
        let why = format!("{what}: write the plain statement, it is cut for you");
        let edits = by_hand::without_batches(self.change);
        Unfit::batches("batched-by-hand", at, why).edited(self.span, edits)
    }

    pub(super) fn without(&self, code: &'static str, clause: Span, why: &str) -> Unfit {
        let edits = vec![(clause, String::new())];
        Unfit::batches(code, clause, why).edited(self.span, edits)
    }

    /// The table must have rows of its own.
    pub(super) fn check_target(&self, name: &Name) -> Result<(), Unfit> {
        let schema = self.analyst.schema;
        let full = schema.resolve(name);
        let refused = |code, why: String| Unfit::batches(code, self.span, why);
        match schema.relation(&full) {
            Some(Relation::View(view)) => {
                let table = view.reads.keys().next().map_or("<table>".to_owned(), Name::to_sql);
                let why = format!("`{}` is a view: it has no rows to be walked", full.name);
                Err(refused("view", why).words(format!("write to the table behind it, `{table}`")))
            }
            Some(Relation::Table(table)) if table.kind == TableKind::Foreign => {
                let why = format!("the rows of `{}` are on another server", full.name);
                Err(refused("foreign-table", why).words("run the backfill on that server"))
            }
            Some(Relation::Table(table)) if self.change.only && !table.children.is_empty() => {
                let why = format!("ONLY leaves out the rows of what inherits from `{}`", full.name);
                Err(refused("only", why).words("leave ONLY out, or name the table that is meant"))
            }
            Some(Relation::Index(_) | Relation::Sequence(_)) => {
                let why = format!("`{}` is no table", full.name);
                Err(refused("no-table", why).words("name a table"))
            }
            Some(Relation::Table(_)) | None => Ok(()),
        }
    }

    /// Functions may read such rows as well.
    pub(super) fn check_calls(&self, reading: &Reading) -> Result<(), Unfit> {
        let Some(name) = calls::that_reads(reading, &self.change.source.calls) else {
            return Ok(());
        };
        let table = &self.change.table.name;
        let why = format!(
            "`{name}()` may read rows of `{table}` that other batches write, so that what it gives \
             depends on which came first"
        );
        Err(Unfit::twice("own-rows", self.span, why).words(format!(
            "keep what it gives in a table of its own first; then join that. If it reads no table, \
             say so: ALTER FUNCTION {} … IMMUTABLE",
            name.to_sql()
        )))
    }

    pub(super) fn own_rows(&self, span: Span) -> Unfit {
        let table = &self.change.table.name;
        let why = format!(
            "it reads rows of `{table}` that other batches write, so that what it gives depends \
             on which came first"
        );
        Unfit::twice("own-rows", span, why).words(format!(
            "keep what is read in a table of its own first; then join that: \
             CREATE TABLE {} AS SELECT …",
            quote_identifier(&format!("{table}_before"))
        ))
    }
}
