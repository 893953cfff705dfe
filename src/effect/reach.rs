//! How many rows a data change can touch, going by its text: a number, few, those that match, all.
//!
//! Rows are few where a key names them or bounds them on both sides, where a `LIMIT` or an
//! aggregate bounds them, and where each is found by its key from rows that are few.

use super::model::Reach;
use crate::schema::ConstraintForm;
use crate::schema::Schema;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::Rows;
use crate::sql::Source;
use crate::sql::With;
use crate::sql::WithBody;

/// A series with more rows than this is long.
const SERIES_MAX: u64 = 10_000;

/// In longer `FROM` lists nobody looks for who joins whom.
const SOURCES_MAX: usize = 16;

/// What is known where a query stands: the schema, and what each query in `WITH` gives.
#[derive(Clone)]
pub(super) struct Known<'a> {
    schema: &'a Schema,
    with: Vec<(String, Reach)>,
}

impl<'a> Known<'a> {
    pub(super) fn new(schema: &'a Schema) -> Known<'a> {
        Known { schema, with: Vec::new() }
    }

    /// Adds a statement in `WITH`, for those after it.
    pub(super) fn learn(&mut self, with: &With) {
        // What a recursive query reads of itself is what it gave before.
        self.with.push((with.name.clone(), Reach::Bounded));
        let reach = match &with.body {
            WithBody::Query(query) => self.of_query(query),
            WithBody::Change(change) => self.of_change(change),
        };
        if let Some((_, known)) = self.with.last_mut() {
            *known = reach;
        }
    }

    fn inside(&self, query: &Query) -> Known<'a> {
        let mut known = self.clone();
        for with in &query.with {
            known.learn(with);
        }
        known
    }

    fn named(&self, name: &Name) -> Option<Reach> {
        let found = self.with.iter().rev().find(|(known, _)| *known == name.name);
        found.filter(|_| name.schema.is_none()).map(|(_, reach)| *reach)
    }

    /// How many rows a change writes.
    pub(super) fn of_change(&self, change: &DataChange) -> Reach {
        let known = self.inside(&change.source);
        let Some(predicate) = &change.predicate else {
            return match change.verb {
                DataVerb::Insert => self.of_query(&change.source),
                _ => Reach::Everything,
            };
        };
        match &predicate.tree {
            Expr::Bool(false) => return Reach::Listed(0),
            Expr::CurrentRow => return Reach::Listed(1),
            tree if is_true(tree) => return Reach::Everything,
            _ => {}
        }
        let target = Source {
            name: change.alias.clone().unwrap_or_else(|| change.table.name.clone()),
            rows: Rows::Relation(change.table.clone()),
            on: None,
            optional: false,
            outer: false,
            renamed: false,
        };
        let sources: Vec<&Source> = std::iter::once(&target).chain(&change.source.from).collect();
        let few = known.few(&sources, Some(&predicate.tree));
        let bounded = if change.verb == DataVerb::Merge {
            let inserts = change.merges.contains(&DataVerb::Insert);
            let matched = change.merges.iter().any(|verb| *verb != DataVerb::Insert);
            let sources = few[1..].iter().all(|few| *few);
            (!matched || few[0]) && (!inserts || sources) && !change.by_source
        } else {
            few[0]
        };
        if bounded { Reach::Bounded } else { Reach::Matching }
    }

    /// How many rows a query gives.
    fn of_query(&self, query: &Query) -> Reach {
        if let Some(rows) = query.constant_rows {
            return Reach::Listed(rows);
        }
        let unseen = query.from.is_empty() && query.arms.is_empty();
        if query.limited || query.aggregated || (unseen && query.relations.is_empty()) {
            return Reach::Bounded;
        }
        let known = self.inside(query);
        let few = if query.arms.is_empty() {
            let sources: Vec<&Source> = query.from.iter().collect();
            !unseen && known.few(&sources, query.condition.as_deref()).iter().all(|few| *few)
        } else {
            query.arms.iter().all(|arm| is_few(known.of_query(arm)))
        };
        match (few, query.filtered) {
            (true, _) => Reach::Bounded,
            (false, true) => Reach::Matching,
            (false, false) => Reach::Everything,
        }
    }

    /// Of which of these sources only few rows are left by a condition.
    fn few(&self, sources: &[&Source], condition: Option<&Expr>) -> Vec<bool> {
        let mut few: Vec<bool> = sources.iter().map(|source| self.gives_few(source)).collect();
        let condition = condition.map_or(&[][..], Expr::conjuncts);
        let said: Vec<Vec<Said>> = (0..sources.len())
            .map(|at| {
                // What stands with an outer join leaves out no row of what is before it.
                let joins = sources.iter().enumerate();
                let joins = joins.filter(|(other, join)| *other == at || !join.optional);
                let joins = joins.filter_map(|(_, join)| join.on.as_ref());
                let terms = condition.iter().chain(joins.flat_map(Expr::conjuncts));
                View { known: self, sources, at }.said(terms)
            })
            .collect();
        let keys: Vec<Vec<Vec<String>>> = sources.iter().map(|source| self.keys(source)).collect();
        for _ in 0..sources.len().min(SOURCES_MAX) {
            let before = few.clone();
            for (at, said) in said.iter().enumerate() {
                few[at] |= bounds(said, &keys[at], &before);
            }
            if few == before {
                break;
            }
        }
        few
    }

    fn gives_few(&self, source: &Source) -> bool {
        match &source.rows {
            Rows::Relation(name) => self.named(name).is_some_and(is_few),
            Rows::Query(query) => is_few(self.of_query(query)),
            Rows::Function(rows) => rows.is_none_or(|rows| rows <= SERIES_MAX),
        }
    }

    /// The keys of a source, as far as they are known.
    fn keys(&self, source: &Source) -> Vec<Vec<String>> {
        let Rows::Relation(name) = &source.rows else { return Vec::new() };
        let Some(table) = self.schema.table(name) else { return Vec::new() };
        let unique = |kind: &ConstraintForm| {
            matches!(kind, ConstraintForm::Primary | ConstraintForm::Unique)
        };
        let constraints = table.constraints.iter().filter(|known| unique(&known.kind));
        let indexes = table.indexes.iter().filter_map(|index| self.schema.index(index));
        let indexes = indexes.filter(|index| index.unique && !index.partial);
        let indexes = indexes.filter_map(|index| index.keys.iter().cloned().collect());
        constraints.map(|constraint| constraint.columns.clone()).chain(indexes).collect()
    }
}

/// What a condition says of a column of a source.
enum Said<'a> {
    /// It has one of a few values.
    Names(&'a str),
    /// It has a value of another source, by its place.
    Joins(&'a str, usize),
    /// It is above something.
    From(&'a str),
    /// It is below something.
    To(&'a str),
    /// One of these is said.
    Either(Vec<Vec<Said<'a>>>),
}

/// Whether what is said leaves few rows: each column of a key has one value, or a range of it has
/// both ends. Where no key is known, a column that is called like one is taken for it.
fn bounds(said: &[Said], keys: &[Vec<String>], few: &[bool]) -> bool {
    let mut named: Vec<&str> = Vec::new();
    let (mut from, mut to): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for said in said {
        match said {
            Said::Names(column) => named.push(column),
            // To be found from another row, a key has to be one for sure.
            Said::Joins(column, other) => {
                let sure = !keys.is_empty() || ["id", "uuid", "ctid"].contains(column);
                if few[*other] && sure {
                    named.push(column);
                }
            }
            Said::From(column) => from.push(column),
            Said::To(column) => to.push(column),
            Said::Either(arms) => {
                if arms.iter().all(|arm| bounds(arm, keys, few)) {
                    return true;
                }
            }
        }
    }
    let alone = |column: &str| column == "ctid" || (keys.is_empty() && looks_like_key(column));
    let part = |column: &str| keys.iter().flatten().any(|known| known == column);
    let whole = |key: &Vec<String>| key.iter().all(|column| named.contains(&column.as_str()));
    named.iter().any(|column| alone(column))
        || keys.iter().any(whole)
        || from.iter().any(|column| (alone(column) || part(column)) && to.contains(column))
}

/// A condition, seen from one source.
struct View<'a> {
    known: &'a Known<'a>,
    sources: &'a [&'a Source],
    at: usize,
}

impl View<'_> {
    /// What terms that all hold say about columns of this source.
    fn said<'t>(&self, terms: impl Iterator<Item = &'t Expr>) -> Vec<Said<'t>> {
        let mut said = Vec::new();
        for term in terms {
            self.add(term, &mut said);
        }
        said
    }

    fn add<'t>(&self, term: &'t Expr, said: &mut Vec<Said<'t>>) {
        match term {
            Expr::Or(arms) => {
                let arms = arms.iter().map(|arm| self.said(arm.conjuncts().iter()));
                said.push(Said::Either(arms.collect()));
            }
            Expr::Binary { operator, left, right } => {
                for (column, value, operator) in
                    [(left, right, operator.as_str()), (right, left, turned(operator))]
                {
                    let Some(column) = self.own(column) else { continue };
                    said.extend(match operator {
                        "=" => self.equal(column, value),
                        ">" | ">=" if self.is_constant(value) => Some(Said::From(column)),
                        "<" | "<=" if self.is_constant(value) => Some(Said::To(column)),
                        _ => None,
                    });
                }
            }
            Expr::Between { expr, bounds, negated: false } => {
                if let Some(column) = self.own(expr)
                    && self.is_constant(&bounds.0)
                    && self.is_constant(&bounds.1)
                {
                    said.extend([Said::From(column), Said::To(column)]);
                }
            }
            Expr::In { expr, list, negated: false } => {
                if let Some(column) = self.own(expr)
                    && list.iter().all(|item| self.is_short(item))
                {
                    said.push(Said::Names(column));
                }
            }
            _ => {}
        }
    }

    fn equal<'t>(&self, column: &'t str, value: &Expr) -> Option<Said<'t>> {
        let owner = match value {
            Expr::Column(parts) => self.owner(parts),
            _ => None,
        };
        match owner {
            Some(owner) if owner != self.at => Some(Said::Joins(column, owner)),
            Some(_) => None,
            None => self.is_constant(value).then_some(Said::Names(column)),
        }
    }

    /// The column, where the expression is one of this source.
    fn own<'t>(&self, expr: &'t Expr) -> Option<&'t str> {
        let Expr::Column(parts) = expr else { return None };
        (self.owner(parts) == Some(self.at)).then(|| parts.last().map(String::as_str))?
    }

    /// The source that a column is of; `None` for what is a variable of the code around it.
    fn owner(&self, parts: &[String]) -> Option<usize> {
        let (column, qualifier) = match parts {
            [.., qualifier, column] => (column, Some(qualifier)),
            [column] => (column, None),
            [] => return None,
        };
        if let Some(qualifier) = qualifier {
            return self.sources.iter().position(|source| source.name == *qualifier);
        }
        let holds = |source: &Source| match &source.rows {
            Rows::Relation(name) => {
                let table = self.known.schema.table(name);
                table
                    .filter(|table| table.known)
                    .map(|table| table.column(column).is_some() || column == "ctid")
            }
            Rows::Query(query) => query.outputs.as_ref().map(|outputs| outputs.contains(column)),
            Rows::Function(_) => None,
        };
        let known: Vec<Option<bool>> = self.sources.iter().map(|source| holds(source)).collect();
        let sure = known.iter().position(|holds| *holds == Some(true));
        sure.or_else(|| known.iter().position(Option::is_none))
    }

    /// Whether a value is the same for all rows of all sources.
    fn is_constant(&self, value: &Expr) -> bool {
        !value.any(&mut |part| match part {
            Expr::Column(parts) => self.owner(parts).is_some(),
            Expr::Subquery(query) => self.is_correlated(query),
            Expr::Opaque(_) => true,
            _ => false,
        })
    }

    /// Whether an item of a list is a value, or gives few.
    fn is_short(&self, item: &Expr) -> bool {
        let mut short = self.is_constant(item);
        item.walk(&mut |part| {
            if let Expr::Subquery(query) = part {
                short &= is_few(self.known.of_query(query));
            }
        });
        short
    }

    /// Whether a query names one of the sources around it.
    fn is_correlated(&self, query: &Query) -> bool {
        query.columns.iter().any(|parts| match parts.as_slice() {
            [.., qualifier, _] => {
                let inside = query
                    .relations
                    .iter()
                    .any(|used| used.alias.as_ref().unwrap_or(&used.name.name) == qualifier);
                !inside && self.sources.iter().any(|source| source.name == *qualifier)
            }
            _ => false,
        })
    }
}

/// The operator with its sides changed.
fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

/// Whether few rows are meant, or as many as stand in the file.
pub(super) fn is_few(reach: Reach) -> bool {
    matches!(reach, Reach::Listed(_) | Reach::Bounded)
}

fn looks_like_key(column: &str) -> bool {
    column == "id" || column == "uuid" || column == "key" || column.ends_with("_id")
}

/// Whether a condition holds for every row, as `true` and `1 = 1` do.
pub(super) fn is_true(expr: &Expr) -> bool {
    match expr {
        Expr::Bool(value) => *value,
        Expr::Binary { operator, left, right } => {
            operator == "=" && left == right && left.columns().is_empty()
        }
        _ => false,
    }
}
