//! An `INSERT … SELECT`: whether a row that was inserted once is met again.

use super::joins;
use super::model::Backfill;
use super::model::Twice;
use super::model::Unfit;
use super::plain::Changed;
use crate::effect::reading;
use crate::effect::reading::Reading;
use crate::effect::scope::Scope;
use crate::effect::settled::comes_out_the_same;
use crate::effect::steady::Unsteady;
use crate::schema::Table;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::OnConflict;
use crate::sql::Rows;
use crate::sql::Select;
use crate::sql::Span;
use crate::sql::quote_identifier;

/// What to do where several rows bring the same key.
const ONE_EACH: &str = "walk a table that has a row for each key, with a subquery for the rest, \
                        where an aggregate chooses one value";

/// What a column of the new row gets.
struct Given<'a> {
    column: &'a str,
    value: Value<'a>,
}

enum Value<'a> {
    /// An expression, with its text.
    Made(&'a Expr, &'a str),
    /// A column of the table that is walked, by way of `*`.
    Column(Vec<String>),
}

impl Value<'_> {
    fn tree(&self) -> Expr {
        match self {
            Value::Made(tree, _) => (*tree).clone(),
            Value::Column(parts) => Expr::Column(parts.clone()),
        }
    }
}

/// The rows that are inserted, once it is known that they come from a table.
struct Inserted<'a> {
    select: &'a Select,
    walked: Name,
    /// The walked table as it is named.
    named: &'a Name,
    /// What the walked table is called.
    alias: &'a str,
    scope: Scope<'a>,
    target: Option<&'a Table>,
}

impl<'a> Changed<'a> {
    /// `INSERT`.
    pub(super) fn insert(&self) -> Result<Backfill, Unfit> {
        self.check_plain()?;
        self.check_target(&self.change.table)?;
        let rows = self.rows()?;
        self.check_conflict(&rows)?;
        self.check_query(&rows)?;
        self.check_groups(&rows)?;
        self.check_read(&rows)?;
        let Some(given) = self.given(&rows) else {
            let why = "which column gets what cannot be seen";
            return Err(Unfit::batches("columns", self.span, why)
                .words("write the columns of the table, and those that are selected, one by one"));
        };
        let key = self.key(&rows, &given)?;
        let nothing = self.change.on_conflict == Some(OnConflict::Nothing);
        if nothing {
            self.check_first(&rows, &given, &key)?;
        } else {
            self.check_update(&rows, &given, &key)?;
        }
        let rest = if nothing { self.absent(&rows, &given, &key) } else { None };
        Ok(Backfill {
            verb: self.change.verb,
            walked: rows.walked.clone(),
            written: self.analyst.schema.resolve(&self.change.table),
            named: [rows.named.clone(), self.change.table.clone()],
            alias: quote_identifier(rows.alias),
            reference: rows.select.first.unwrap_or(self.span),
            filter: rows.select.filter.as_ref().map(|filter| filter.span),
            end: rows.select.from.map_or(self.span.end(), Span::end),
            narrow: None,
            rest,
            sets: given.iter().map(|given| given.column.to_owned()).collect(),
            twice: Twice::Conflict,
        })
    }

    /// The query, and the table that is walked: the first in its `FROM`.
    fn rows(&self) -> Result<Inserted<'a>, Unfit> {
        let schema = self.analyst.schema;
        let unfit = |code, why: &str| Unfit::batches(code, self.span, why);
        let Some(select) = self.change.select.as_deref() else {
            return Err(unfit("no-source", "its rows stand in the statement: nothing is walked")
                .words("move it to expand.sql, or write INSERT … SELECT … FROM a table"));
        };
        if let Some(tail) = select.tail.filter(|_| !self.change.source.arms.is_empty()) {
            return Err(self.tail(tail));
        }
        let Some(first) = self.change.source.from.first().filter(|_| select.from.is_some()) else {
            return Err(unfit("no-source", "it reads no table that could be walked")
                .words("move it to expand.sql, or write INSERT … SELECT … FROM a table"));
        };
        let Rows::Relation(name) = &first.rows else {
            return Err(unfit(
                "no-source",
                "the first of what it reads is no table: it has no key \
                                           by which it could be walked",
            )
            .words("write the table whose rows are to be walked first in FROM"));
        };
        self.check_target(name)?;
        let scope = Scope::of_rows(schema, self.change);
        let target = schema.table(&schema.resolve(&self.change.table));
        let target = target.filter(|table| table.known || !table.columns.is_empty());
        let (walked, alias) = (schema.resolve(name), first.name.as_str());
        Ok(Inserted { select, walked, named: name, alias, scope, target })
    }

    /// What makes the rows of a query depend on all of them.
    fn check_query(&self, rows: &Inserted) -> Result<(), Unfit> {
        let select = rows.select;
        if let Some(tail) = select.tail {
            return Err(self.tail(tail));
        }
        if let Some(distinct) = select.distinct {
            let why = "DISTINCT compares the rows of one batch only; ON CONFLICT keeps a second \
                       row out anyhow";
            return Err(self.without("distinct", distinct, why));
        }
        if select.windowed {
            let why = "a window looks at other rows, and sees only those of its batch";
            return Err(Unfit::batches("window", self.span, why)
                .words("write what it gives as a subquery on the row at hand"));
        }
        if self.change.source.from.iter().any(|source| source.outer) {
            let why = "an outer join brings rows that belong to no row of the table that is walked";
            return Err(Unfit::batches("outer-join", self.span, why).words(
                "write the table whose rows are all needed first, and LEFT JOIN the others",
            ));
        }
        let condition = self.change.source.condition.as_deref();
        if let Some(Unsteady::Volatile(call)) =
            condition.and_then(|condition| self.analyst.unsteady(condition))
        {
            let why = format!("`{call}` picks other rows each time it is asked");
            let span = select.filter.as_ref().map_or(self.span, |filter| filter.span);
            return Err(Unfit::twice("volatile-condition", span, why)
                .words("write a condition that rows fulfil or not, whenever it is asked"));
        }
        Ok(())
    }

    fn tail(&self, tail: Span) -> Unfit {
        let query = &self.change.source;
        if !query.arms.is_empty() {
            let why = "UNION and its kin put several queries together, of which each has a table \
                       of its own to walk";
            return Unfit::batches("union", tail, why)
                .words("write each query as a statement of its own");
        }
        let why = if query.row_lock.is_some() {
            "a batch locks what it writes; other rows need no lock"
        } else {
            "ORDER BY and LIMIT pick rows of a batch, and not of the table: it is cut for you"
        };
        let code = if query.row_lock.is_some() { "row-lock" } else { "limit" };
        self.without(code, tail, why)
    }

    /// A group must be whole in its batch: it is one row of the table that is walked.
    fn check_groups(&self, rows: &Inserted) -> Result<(), Unfit> {
        let select = rows.select;
        let why = "a batch sees a part of the rows that are put together";
        if self.change.source.aggregated {
            return Err(Unfit::batches("aggregate", self.span, why)
                .words("write the aggregate as a subquery on the row at hand"));
        }
        let [first, ..] = select.group.as_slice() else { return Ok(()) };
        let named = |column: &String| {
            select.group.iter().any(|key| match &key.tree {
                Expr::Column(parts) => {
                    parts.last() == Some(column) && rows.scope.owner(parts) == Some(0)
                }
                _ => false,
            })
        };
        let schema = self.analyst.schema;
        let keys = rows.scope.sides[0].table.map(|table| joins::keys_of_all(schema, table));
        if keys.unwrap_or_default().iter().any(|key| key.iter().all(named)) {
            return Ok(());
        }
        let why = format!("{why}, unless GROUP BY has the whole key of `{}`", rows.walked.name);
        Err(Unfit::batches("group-by", first.span, why).words(
            "walk a table that has a row for each group, with a subquery for what is counted",
        ))
    }

    /// A table that is read must not be the one that grows; a condition may ask what is missing.
    fn check_read(&self, rows: &Inserted) -> Result<(), Unfit> {
        let reading = Reading::of(self.analyst.schema, self.change);
        let mut from = self.change.source.from.iter();
        let itself = from.any(|source| match &source.rows {
            Rows::Relation(name) => reading.is_same(&self.analyst.schema.resolve(name)),
            Rows::Query(query) => reading.reads_any(query),
            Rows::Function(_) => false,
        });
        let asks =
            |expr: &Expr| reading::queries(expr).into_iter().any(|query| reading.reads_any(query));
        // Whether a row is there is what may be asked, for it is what ON CONFLICT asks.
        let missing = |term: &Expr| match term {
            Expr::Other(parts) => matches!(parts.as_slice(), [Expr::Subquery(_)]),
            Expr::In { negated, .. } => *negated,
            _ => false,
        };
        let condition = self.change.source.condition.as_deref();
        let terms = condition.into_iter().flat_map(Expr::conjuncts);
        let other = self.change.source.selected.iter().any(asks)
            || terms.into_iter().any(|term| asks(term) && !missing(term));
        if itself || other || rows.walked == self.analyst.schema.resolve(&self.change.table) {
            return Err(self.own_rows(self.span));
        }
        self.check_calls(&reading)
    }

    fn check_conflict(&self, rows: &Inserted) -> Result<(), Unfit> {
        if self.change.on_conflict.is_some() {
            return Ok(());
        }
        let keys = rows.target.map(|table| joins::keys(self.analyst.schema, table));
        let given: Vec<&str> = self.change.columns.iter().flatten().map(String::as_str).collect();
        let covered =
            |key: &&Vec<String>| key.iter().all(|column| given.contains(&column.as_str()));
        let keys = keys.unwrap_or_default();
        let key = keys.iter().find(covered).map(|key| listed(key)).unwrap_or_default();
        let end = self.span.end();
        let why = "a row that is inserted twice is there twice, or fails";
        let clause = format!(" ON CONFLICT{key} DO NOTHING");
        Err(Unfit::twice("no-conflict", self.span, why)
            .edited(self.span, vec![(Span::new(end, end), clause)]))
    }

    /// What each column gets.
    fn given<'r>(&'r self, rows: &'r Inserted<'a>) -> Option<Vec<Given<'r>>> {
        let mut values: Vec<Value> = Vec::new();
        let trees = &self.change.source.selected;
        let trusted = trees.len() == rows.select.items.len();
        for (at, item) in rows.select.items.iter().enumerate() {
            let of = match item.sql.strip_suffix('*').map(|of| of.trim_end_matches('.')) {
                None => {
                    let tree = if trusted { &trees[at] } else { &item.tree };
                    values.push(Value::Made(tree, &item.sql));
                    continue;
                }
                Some("") if rows.scope.sides.len() == 1 => rows.alias,
                Some(of) => of,
            };
            let side = rows.scope.sides.iter().find(|side| side.name == of)?;
            let columns = &side.table.filter(|table| table.known)?.columns;
            values.extend(
                columns
                    .iter()
                    .map(|column| Value::Column(vec![side.name.to_owned(), column.name.clone()])),
            );
        }
        let columns: Vec<&str> = if let Some(columns) = &self.change.columns {
            columns.iter().map(String::as_str).collect()
        } else {
            let table = rows.target.filter(|table| table.known)?;
            table.columns.iter().map(|column| column.name.as_str()).collect()
        };
        let fits = values.len() == columns.len()
            || (self.change.columns.is_none() && values.len() < columns.len());
        let pairs = columns.into_iter().zip(values);
        fits.then(|| pairs.map(|(column, value)| Given { column, value }).collect())
    }

    /// The key by which a row that is there is met again.
    fn key(&self, rows: &Inserted, given: &[Given]) -> Result<Vec<String>, Unfit> {
        let table = self.change.table.name.as_str();
        let named = self.named_key(rows)?;
        let known = rows.target.map(|table| joins::keys(self.analyst.schema, table));
        let candidates = named.map_or_else(|| known.unwrap_or_default(), |key| vec![key]);
        let mut first = None;
        for key in candidates {
            match self.check_key(rows, given, &key) {
                Ok(()) => return Ok(key),
                Err(unfit) => first = first.or(Some(unfit)),
            }
        }
        Err(first.unwrap_or_else(|| {
            let why = format!("no key of `{table}` is known by which a row that is there is met");
            let at = self.change.conflict.as_ref().map_or(self.span, |conflict| conflict.span);
            Unfit::twice("no-key", at, why)
                .words("name the key: ON CONFLICT (…) DO NOTHING, over columns of a unique index")
        }))
    }

    /// The key after `ON CONFLICT`, where one is named.
    fn named_key(&self, rows: &Inserted) -> Result<Option<Vec<String>>, Unfit> {
        let Some(conflict) = &self.change.conflict else { return Ok(None) };
        let unseen = |why: &str| {
            Unfit::twice("no-key", conflict.span, why)
                .words("name the columns of a key that all rows have: ON CONFLICT (…) DO NOTHING")
        };
        if let Some(name) = &conflict.constraint {
            let found = rows.target.and_then(|table| table.constraint(name));
            return match found {
                Some(found) => Ok(Some(found.columns.clone())),
                None => Err(unseen("the columns of that constraint are not known")),
            };
        }
        let Some(columns) = &conflict.columns else { return Ok(None) };
        let columns: Option<Vec<String>> = columns.iter().cloned().collect();
        match columns.filter(|_| !conflict.partial) {
            Some(columns) => Ok(Some(columns)),
            None => Err(unseen(
                "a key of expressions, or of a part of the rows, does not show \
                                which row is met",
            )),
        }
    }

    fn check_key(&self, rows: &Inserted, given: &[Given], key: &[String]) -> Result<(), Unfit> {
        let table = self.change.table.name.as_str();
        let at = self.change.conflict.as_ref().map_or(self.span, |conflict| conflict.span);
        for column in key {
            let Some(given) = given.iter().find(|given| given.column == column) else {
                let why = format!(
                    "`{column}`, of the key of `{table}`, is not among what is inserted: each run \
                     makes a row of its own"
                );
                return Err(Unfit::twice("key-not-given", at, why)
                    .words("insert a column of the source into a unique column of the table"));
            };
            let tree = given.value.tree();
            if self.analyst.unsteady(&tree).is_some() {
                let why = format!(
                    "`{column}`, by which a row that is there is met, gets another value each time"
                );
                return Err(Unfit::twice("key-volatile", at, why)
                    .words("conflict on a column that gets a value of the source"));
            }
            let filled = rows.target.is_none_or(|table| is_filled(table, column));
            if !filled && !rows.scope.is_never_null(&tree) {
                let why = format!(
                    "`{column}` may be NULL, which is never met again: each run makes a row of its \
                     own"
                );
                return Err(self.with_value(&given.value, Unfit::twice("key-null", at, why)));
            }
        }
        Ok(())
    }

    /// The statement for rows whose value is there.
    fn with_value(&self, value: &Value, unfit: Unfit) -> Unfit {
        let Value::Made(_, sql) = value else {
            return unfit.words("leave out rows where it is NULL, in WHERE");
        };
        let term = format!("{sql} IS NOT NULL");
        let Some(select) = self.change.select.as_deref() else { return unfit };
        let edit = match (&select.filter, select.from) {
            (Some(filter), _) => (filter.span, format!("({}) AND {term}", filter.sql)),
            (None, Some(from)) => (Span::new(from.end(), from.end()), format!(" WHERE {term}")),
            (None, None) => return unfit,
        };
        unfit.edited(self.span, vec![edit])
    }

    /// `DO UPDATE` must give a row the same values each time, and those of one row.
    fn check_update(&self, rows: &Inserted, given: &[Given], key: &[String]) -> Result<(), Unfit> {
        let reading = Reading::of(self.analyst.schema, self.change);
        let conflict = self.change.conflict.as_ref().map_or(self.span, |conflict| conflict.span);
        let nothing = |unfit: Unfit| {
            let clause = format!("ON CONFLICT{} DO NOTHING", listed(key));
            unfit.edited(self.span, vec![(conflict, clause)])
        };
        for set in &self.change.assignments {
            let (column, value) = (&set.column, &set.value);
            if !comes_out_the_same(&reading, set) {
                let why = format!("`{column}` grows each time that its row is met");
                return Err(nothing(Unfit::twice("accumulates", value.span, why)));
            }
            let mut queries = reading::queries(&value.tree).into_iter();
            if queries.any(|query| reading.reads_any(query)) {
                return Err(self.own_rows(value.span));
            }
            let fresh = given.iter().any(|given| {
                let ty = reading.column(given.column).and_then(|column| column.ty.as_ref());
                excludes(&value.tree, given.column)
                    && self.analyst.unsteady_as(&given.value.tree(), ty).is_some()
            });
            if fresh || self.analyst.unsteady_in(set, &reading).is_some() {
                let why = format!("`{column}` gets another value each time that its row is met");
                return Err(nothing(Unfit::twice("volatile", value.span, why)));
            }
        }
        let plain = plain(rows, given, key);
        let one = rows.scope.sides.len() == 1 && self.is_key(rows, &plain);
        if one {
            return Ok(());
        }
        let why = format!(
            "several rows of `{}` may meet the same row, which then has the values of any of them",
            rows.walked.name
        );
        Err(Unfit::twice("any-of-several", conflict, why).words(ONE_EACH))
    }

    /// Of rows of one table that meet the same row, `DO NOTHING` keeps the first: they must not
    /// differ in what else they bring.
    fn check_first(&self, rows: &Inserted, given: &[Given], key: &[String]) -> Result<(), Unfit> {
        let plain = plain(rows, given, key);
        let alone = rows.scope.sides.len() == 1 && rows.select.group.is_empty();
        if !alone || rows.scope.sides[0].table.is_none() || self.is_key(rows, &plain) {
            return Ok(());
        }
        let differs = |given: &&Given| {
            let is_other = |parts: &[String]| !parts.last().is_some_and(|it| plain.contains(it));
            !key.iter().any(|column| column == given.column)
                && given.value.tree().any(&mut |part| match part {
                    Expr::Column(parts) => is_other(parts),
                    Expr::Subquery(query) => query.columns.iter().any(|parts| {
                        parts.len() > 1 && parts[parts.len() - 2] == rows.alias && is_other(parts)
                    }),
                    _ => false,
                })
        };
        let Some(other) = given.iter().find(differs) else { return Ok(()) };
        let at = self.change.conflict.as_ref().map_or(self.span, |conflict| conflict.span);
        let why = format!(
            "several rows of `{}` may bring the same key, and `{}` is that of the one that comes \
             first",
            rows.walked.name, other.column
        );
        Err(Unfit::twice("any-of-several", at, why).words(ONE_EACH))
    }

    /// Whether columns of the walked table have a key of it among them.
    fn is_key(&self, rows: &Inserted, columns: &[String]) -> bool {
        let schema = self.analyst.schema;
        let keys = rows.scope.sides[0].table.map(|table| joins::keys_of_all(schema, table));
        keys.unwrap_or_default().iter().any(|key| key.iter().all(|it| columns.contains(it)))
    }

    /// The condition of a row of the source for which there is none in the target.
    fn absent(&self, rows: &Inserted, given: &[Given], key: &[String]) -> Option<String> {
        if rows.scope.sides.len() > 1 || !rows.select.group.is_empty() {
            return None;
        }
        let missing = self.missing(rows, given, key)?;
        let named = self.change.conflict.as_ref();
        let named = named.is_some_and(|one| one.columns.is_some() || one.constraint.is_some());
        let mut all = vec![missing];
        // Without a key that is named, a row is kept out by any.
        let keys = rows.target.map(|table| joins::keys(self.analyst.schema, table));
        for other in keys.unwrap_or_default().iter().filter(|other| !named && *other != key) {
            if other.iter().all(|column| given.iter().any(|given| given.column == column)) {
                all.push(self.missing(rows, given, other)?);
            }
        }
        let missing = all.join(" AND ");
        Some(match &rows.select.filter {
            Some(filter) => format!("({}) AND {missing}", filter.sql),
            None => missing,
        })
    }

    /// There is no row in the target with the same key.
    fn missing(&self, rows: &Inserted, given: &[Given], key: &[String]) -> Option<String> {
        let there = if rows.alias == "there" { "there_already" } else { "there" };
        let mut terms = Vec::new();
        for column in key {
            let given = given.iter().find(|given| given.column == column)?;
            let value = outside(&given.value, rows.alias)?;
            terms.push(format!("{there}.{} = {value}", quote_identifier(column)));
        }
        let (table, terms) = (self.change.table.to_sql(), terms.join(" AND "));
        Some(format!("NOT EXISTS (SELECT FROM {table} AS {there} WHERE {terms})"))
    }
}

/// The columns of the walked table that are inserted as they are into those of a key.
fn plain(rows: &Inserted, given: &[Given], key: &[String]) -> Vec<String> {
    let of_key = given.iter().filter(|given| key.iter().any(|column| column == given.column));
    let column = |given: &Given| match given.value.tree() {
        Expr::Column(parts) if rows.scope.owner(&parts) == Some(0) => parts.last().cloned(),
        _ => None,
    };
    of_key.filter_map(column).collect()
}

/// A value as it is written in a query of its own, where columns of the source need their table.
fn outside(value: &Value, alias: &str) -> Option<String> {
    let column = |parts: &[String]| {
        let column = parts.last().map(|column| quote_identifier(column));
        column.map(|column| format!("{}.{column}", quote_identifier(alias)))
    };
    match value {
        Value::Column(parts) | Value::Made(Expr::Column(parts), _) => column(parts),
        Value::Made(tree, sql) => {
            let bare = tree.any(&mut |part| match part {
                Expr::Column(parts) => parts.len() < 2,
                Expr::Subquery(_) | Expr::Opaque(_) => true,
                _ => false,
            });
            (!bare).then(|| format!("({sql})"))
        }
    }
}

/// Whether a value of `DO UPDATE` uses what would have been inserted into a column.
fn excludes(value: &Expr, column: &str) -> bool {
    value.any(&mut |part| match part {
        Expr::Column(parts) => {
            matches!(parts.as_slice(), [.., of, name] if of == "excluded" && name == column)
        }
        _ => false,
    })
}

/// Whether a table lets no `NULL` into a column, as far as it was seen.
fn is_filled(table: &Table, column: &str) -> bool {
    let key = table.primary_key();
    let not_null = table.column(column).is_none_or(|column| column.not_null);
    not_null || key.is_some_and(|key| key.columns.iter().any(|known| known == column))
}

fn listed(key: &[String]) -> String {
    if key.is_empty() {
        return String::new();
    }
    let columns: Vec<String> = key.iter().map(|column| quote_identifier(column)).collect();
    format!(" ({})", columns.join(", "))
}
