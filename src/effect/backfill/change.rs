//! An `UPDATE` or `DELETE`: what shows of a row that it is done.

use super::model::Backfill;
use super::model::Twice;
use super::model::Unfit;
use super::plain::Changed;
use crate::effect::batch::as_operand;
use crate::effect::batch::left_to_do;
use crate::effect::closes::Closes;
use crate::effect::model::SetColumn;
use crate::effect::model::Shows;
use crate::effect::reading;
use crate::effect::reading::Reading;
use crate::effect::scope::Scope;
use crate::effect::settled::comes_out_the_same;
use crate::effect::steady::Unsteady;
use crate::schema::TypeKind;
use crate::sql::Assignment;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Rows;
use crate::sql::Span;
use crate::sql::quote_identifier;

impl Changed<'_> {
    /// `DELETE`.
    pub(super) fn delete(&self) -> Result<Backfill, Unfit> {
        self.check_plain()?;
        self.check_target(&self.change.table)?;
        self.check_condition()?;
        self.check_own_rows()?;
        self.check_sides()?;
        self.check_references()?;
        let predicate = self.change.predicate.as_ref().map(|predicate| predicate.sql.as_str());
        let rest = self.rest(predicate, None);
        Ok(self.backfill(Twice::Gone, None, Some(rest)))
    }

    /// `UPDATE`.
    pub(super) fn update(&self) -> Result<Backfill, Unfit> {
        self.check_plain()?;
        self.check_target(&self.change.table)?;
        self.check_keys()?;
        self.check_condition()?;
        self.check_own_rows()?;
        self.check_sides()?;
        self.check_partners()?;
        self.check_no_change()?;
        let scope = Scope::of_change(self.analyst.schema, self.change);
        let name = self.analyst.schema.resolve(&self.change.table);
        let sets = self.analyst.sets(self.change, &name, &scope);
        let predicate = self.change.predicate.as_ref().map(|predicate| predicate.sql.as_str());
        match self.analyst.closes(self.change, &scope) {
            Closes::Surely => {
                let rest = self.rest(predicate, None);
                return Ok(self.backfill(Twice::Condition, None, Some(rest)));
            }
            Closes::UnlessNull(at) => {
                if let Some(known) = self.filled_once(at, &scope) {
                    return Ok(known);
                }
            }
            Closes::No => {}
        }
        if let Some(set) = sets.iter().position(|set| set.shows == Shows::No) {
            return Err(self.unproven(&sets[set]));
        }
        let table = self.change.clauses.from.as_ref().map(|_| self.alias());
        let narrow = left_to_do(&sets, table.as_deref());
        let rest = self.rest(predicate, Some(&narrow));
        Ok(self.backfill(Twice::Values, Some(narrow), Some(rest)))
    }

    /// `c IS NULL` where `c` gets what may be `NULL`: rows for which it is are left alone, if
    /// nothing else would happen to them.
    fn filled_once(&self, at: usize, scope: &Scope) -> Option<Backfill> {
        let set = &self.change.assignments[at];
        if is_default(set) {
            return None;
        }
        let reading = Reading::of(self.analyst.schema, self.change);
        let predicate = self.change.predicate.as_ref()?.sql.as_str();
        let alone = self.change.assignments.len() == 1;
        if self.analyst.unsteady_in(set, &reading).is_none()
            && reading.written(&set.value.tree).is_empty()
        {
            let narrow = if self.is_composite(set, scope) {
                format!("NOT ({} IS NULL)", as_operand(&set.value.sql))
            } else {
                format!("{} IS NOT NULL", as_operand(&set.value.sql))
            };
            let rest = self.rest(Some(predicate), Some(&narrow));
            return alone.then(|| self.backfill(Twice::Condition, Some(narrow), Some(rest)));
        }
        // A row that gets NULL gets another try, and nothing shows that it had one.
        let fresh = |set: &Assignment| reading.written(&set.value.tree).is_empty();
        let all = self.change.assignments.iter().all(fresh);
        all.then(|| self.backfill(Twice::Condition, None, None))
    }

    /// Whether a column may be of a type of several parts, of which some can be `NULL`.
    fn is_composite(&self, set: &Assignment, scope: &Scope) -> bool {
        let table = scope.sides.first().and_then(|side| side.table);
        let ty = table.and_then(|table| table.column(&set.column)?.ty.as_ref());
        let Some(ty) = ty.filter(|ty| !ty.is_builtin() && ty.serial_base().is_none()) else {
            return false;
        };
        let made = self.analyst.schema.type_(&ty.name).map(|made| &made.form);
        !matches!(made, Some(TypeKind::Enum(_) | TypeKind::Domain(_)))
    }

    fn backfill(&self, twice: Twice, narrow: Option<String>, rest: Option<String>) -> Backfill {
        let table = self.analyst.schema.resolve(&self.change.table);
        Backfill {
            verb: self.change.verb,
            walked: table.clone(),
            written: table,
            named: [self.change.table.clone(), self.change.table.clone()],
            alias: self.alias(),
            reference: self.change.target,
            filter: self.change.predicate.as_ref().map(|predicate| predicate.span),
            end: self.span.end(),
            narrow,
            rest,
            sets: self.change.assignments.iter().map(|set| set.column.clone()).collect(),
            twice,
        }
    }

    pub(super) fn alias(&self) -> String {
        quote_identifier(self.change.alias.as_deref().unwrap_or(&self.change.table.name))
    }

    /// The condition of a row that is not done, and asks nobody else.
    fn rest(&self, predicate: Option<&str>, narrow: Option<&str>) -> String {
        let all = match (predicate, narrow) {
            (Some(predicate), Some(narrow)) => format!("({predicate}) AND ({narrow})"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "true".to_owned(),
        };
        match &self.change.clauses.from {
            Some(from) => {
                let word = if self.change.verb == DataVerb::Delete { "USING" } else { "FROM" };
                let list = from[word.len()..].trim();
                format!("EXISTS (SELECT FROM {list} WHERE {all})")
            }
            None => all,
        }
    }

    /// Rows stay where they are among the others while they are walked.
    fn check_keys(&self) -> Result<(), Unfit> {
        let schema = self.analyst.schema;
        let name = schema.resolve(&self.change.table);
        let Some(table) = schema.table(&name) else { return Ok(()) };
        let mut parts = vec![table];
        while let Some((parent, _)) = parts.last().and_then(|last| last.partition_of.as_ref())
            && let Some(parent) = schema.table(parent)
        {
            parts.push(parent);
        }
        let below = schema.descendants(&name);
        parts.extend(below.iter().filter_map(|part| schema.table(part)));
        let partition = parts.iter().filter_map(|table| table.partition_by.as_ref());
        let partition: Vec<&String> =
            partition.flat_map(|by| by.columns.iter().flatten().chain(&by.computed_from)).collect();
        let key = self.analyst.key_of(&name);
        for set in &self.change.assignments {
            let (code, what) = if key.contains(&set.column) {
                ("sets-key", "the primary key")
            } else if partition.contains(&&set.column) {
                ("sets-partition-key", "the partition key")
            } else {
                continue;
            };
            let why = format!(
                "`{}` belongs to {what} of `{}`: a row that gets another one moves to where rows \
                 were walked already, or are walked once more",
                set.column, name.name
            );
            return Err(Unfit::batches(code, set.value.span, why)
                .words("fill a column of its own with the new value; make it the key after that"));
        }
        Ok(())
    }

    /// Which rows are written must not be another question for each batch.
    fn check_condition(&self) -> Result<(), Unfit> {
        let Some(predicate) = &self.change.predicate else { return Ok(()) };
        if predicate.tree == Expr::CurrentRow {
            let why = "a cursor stands on a row of its own session only";
            return Err(Unfit::batches("cursor", predicate.span, why)
                .words("write the condition that finds the rows"));
        }
        match self.analyst.unsteady(&predicate.tree) {
            Some(Unsteady::Volatile(call)) => {
                let why = format!("`{call}` picks other rows each time it is asked");
                Err(Unfit::twice("volatile-condition", predicate.span, why)
                    .words("write a condition that rows fulfil or not, whenever it is asked"))
            }
            _ => Ok(()),
        }
    }

    /// Nothing may be made from rows of the same table that other batches write.
    fn check_own_rows(&self) -> Result<(), Unfit> {
        let reading = Reading::of(self.analyst.schema, self.change);
        let values = self.change.assignments.iter().map(|set| &set.value);
        for part in values.chain(&self.change.predicate) {
            let queries = reading::queries(&part.tree);
            if queries.into_iter().any(|query| reading.reads_rows(query)) {
                return Err(self.own_rows(part.span));
            }
        }
        self.check_calls(&reading)
    }

    /// A join that brings rows of its own for which there is none on the left.
    fn check_sides(&self) -> Result<(), Unfit> {
        if self.change.source.from.iter().any(|source| source.outer) {
            let why = "an outer join brings rows that belong to no row of the table that is walked";
            return Err(
                Unfit::batches("outer-join", self.span, why).words("join with JOIN or LEFT JOIN")
            );
        }
        let reading = Reading::of(self.analyst.schema, self.change);
        let sources = &self.change.source.from;
        let itself = sources.iter().any(|source| match &source.rows {
            Rows::Relation(name) => reading.is_same(&self.analyst.schema.resolve(name)),
            Rows::Query(query) => reading.reads_rows(query),
            Rows::Function(_) => false,
        });
        if itself && self.change.verb == DataVerb::Delete {
            return Err(self.own_rows(self.span));
        }
        Ok(())
    }

    fn check_no_change(&self) -> Result<(), Unfit> {
        let same = |set: &&Assignment| {
            matches!(&set.value.tree, Expr::Column(parts) if
                parts.last() == Some(&set.column)
                    && (parts.len() == 1 || parts[parts.len() - 2] == self.name()))
        };
        match self.change.assignments.iter().find(same) {
            Some(set) => {
                let why =
                    format!("`{}` is set to what it is: no row shows that it is done", set.column);
                Err(Unfit::twice("no-change", set.value.span, why)
                    .words("write what its triggers do as a statement, or leave it out"))
            }
            None => Ok(()),
        }
    }

    fn name(&self) -> &str {
        self.change.alias.as_deref().unwrap_or(&self.change.table.name)
    }

    /// Why a row that is done twice is not as if it were done once.
    fn unproven(&self, set: &SetColumn) -> Unfit {
        let found = self.change.assignments.iter().find(|one| one.target == set.target);
        let Some(assignment) = found else {
            return Unfit::twice("unproven", self.span, "nothing shows that a row is done");
        };
        let (column, span) = (&assignment.column, assignment.value.span);
        let reading = Reading::of(self.analyst.schema, self.change);
        let read = reading.written(&assignment.value.tree);
        if let Some(other) = read.first().filter(|_| !comes_out_the_same(&reading, assignment)) {
            let why = if read == [column.as_str()] {
                format!("`{column}` is made from itself: a row that is done twice changes twice")
            } else {
                format!(
                    "`{column}` is made from `{other}`, which the statement writes too: a row that \
                     is done twice changes twice"
                )
            };
            let done = quote_identifier(&format!("{column}_done"));
            return Unfit::twice("self-reference", span, why).edited(
                self.span,
                self.guarded(&format!(", {done} = true"), &format!("{done} IS NOT TRUE")),
            );
        }
        let guard = format!("{} IS NULL", quote_identifier(column));
        let once = |unfit: Unfit| unfit.edited(self.span, self.guarded("", &guard));
        match self.analyst.unsteady_in(assignment, &reading) {
            Some(Unsteady::Moment(what)) => {
                let why = format!("`{what}` gives another value each time");
                once(Unfit::twice("volatile", span, why))
            }
            Some(Unsteady::Volatile(what)) => {
                let why = format!("`{what}` may give another value each time");
                once(Unfit::twice("volatile", span, why))
            }
            Some(Unsteady::AnyRow) => {
                let why = "of several rows LIMIT takes any, and another the next time";
                once(Unfit::twice("any-of-several", span, why))
            }
            Some(Unsteady::NoOrder(what)) => {
                let why =
                    format!("`{what}` puts rows together in no order, and in another next time");
                Unfit::twice("no-order", span, why).words("write ORDER BY into it: over a key")
            }
            Some(Unsteady::Opaque) | None => {
                let why = format!("nothing shows which rows have their new `{column}` already");
                Unfit::twice("unproven", span, why).words(if is_default(assignment) {
                    "write the value itself in the place of DEFAULT"
                } else if assignment.target.starts_with('(') {
                    "set each column to a value of its own: a subquery for each"
                } else {
                    "set the column as a whole: to the value that it is to have"
                })
            }
        }
    }

    /// The edits that add to what is set and to the condition.
    fn guarded(&self, set: &str, guard: &str) -> Vec<(Span, String)> {
        let last = self.change.assignments.iter().map(|set| set.value.span.end()).max();
        let mut edits = Vec::new();
        if let Some(end) = last.filter(|_| !set.is_empty()) {
            edits.push((Span::new(end, end), set.to_owned()));
        }
        let (at, text) = if let Some(predicate) = &self.change.predicate {
            let either = matches!(predicate.tree, Expr::Or(_));
            let sql = &predicate.sql;
            let sql = if either { format!("({sql})") } else { sql.clone() };
            (predicate.span, format!("{sql} AND {guard}"))
        } else {
            let end = self.span.end();
            (Span::new(end, end), format!(" WHERE {guard}"))
        };
        edits.push((at, text));
        edits
    }
}

fn is_default(set: &Assignment) -> bool {
    set.value.sql.eq_ignore_ascii_case("default")
}
