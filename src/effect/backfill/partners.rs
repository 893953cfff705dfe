//! The rows of other tables that a row of an `UPDATE` meets: one, at most; else what takes the
//! place of the join.

use super::joins;
use super::joins::Partner;
use super::model::Unfit;
use super::plain::Changed;
use crate::effect::reading::Reading;
use crate::effect::scope::Scope;
use crate::schema::TypeKind;
use crate::sql;
use crate::sql::Expr;
use crate::sql::Source;
use crate::sql::Span;
use crate::sql::TypeName;
use crate::sql::quote_identifier;

/// Built-in types of whose values `max()` gives the greatest, in all versions.
const ORDERED: &[&str] = &[
    "bigint",
    "character varying",
    "date",
    "double precision",
    "integer",
    "interval",
    "numeric",
    "real",
    "smallint",
    "text",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
];

impl Changed<'_> {
    /// Each row gets the values of one row of the others, and not of any of several.
    pub(super) fn check_partners(&self) -> Result<(), Unfit> {
        if self.change.clauses.from.is_none() {
            return Ok(());
        }
        let scope = Scope::of_change(self.analyst.schema, self.change);
        match joins::several(self.analyst.schema, &scope, self.change) {
            None => Ok(()),
            Some(Partner::Itself) => Err(self.own_rows(self.span)),
            Some(Partner::Made(source)) => {
                let name = if source.name.is_empty() { "the query in FROM" } else { &source.name };
                let why = format!("`{name}` is made anew, and whole, for each batch");
                Err(Unfit::batches("made-for-each", self.span, why).sql(self.as_subquery()))
            }
            Some(Partner::Several(source)) => Err(self.any_of(source, &scope)),
        }
    }

    /// The first column with a subquery in the place of a join.
    fn as_subquery(&self) -> String {
        let set = self.change.assignments.first();
        let column = set.map(|set| set.target.as_str()).unwrap_or_default();
        let (table, alias) = (self.table_sql(), self.alias());
        let rows = format!("… WHERE … = {alias}.…");
        format!("UPDATE {table} SET {column} = (SELECT {rows}) WHERE EXISTS (SELECT {rows})")
    }

    fn any_of(&self, source: &Source, scope: &Scope) -> Unfit {
        let table = self.change.table.name.as_str();
        let why = format!(
            "a row of `{table}` may meet several of `{}`, whose key the condition does not name, \
             and then gets the values of any of them",
            source.name
        );
        let unfit = Unfit::twice("any-of-several", self.span, why);
        match self.with_greatest(scope) {
            Some(sql) => unfit.sql(sql),
            None => unfit.words(
                "set each column to a subquery that makes one value of the rows that are met, by \
                 an aggregate; add WHERE EXISTS (SELECT …) with the same rows, so that a row that \
                 meets none keeps what it has",
            ),
        }
    }

    /// The same with the greatest of the values that are met; a row that meets none is left alone.
    fn with_greatest(&self, scope: &Scope) -> Option<String> {
        let [set] = self.change.assignments.as_slice() else { return None };
        let value = &set.value;
        let reading = Reading::of(self.analyst.schema, self.change);
        if !self.has_greatest(&value.tree, scope) || !reading.written(&value.tree).is_empty() {
            return None;
        }
        let (met, own) = self.terms(scope, &reading)?;
        let list = self.change.clauses.from.as_ref()?["FROM".len()..].trim();
        let rows = if met.is_empty() {
            list.to_owned()
        } else {
            format!("{list} WHERE {}", met.join(" AND "))
        };
        let mut all = vec![format!("EXISTS (SELECT FROM {rows})")];
        all.extend(own);
        let (table, target, value) = (self.table_sql(), &set.target, &value.sql);
        let all = all.join(" AND ");
        Some(format!("UPDATE {table} SET {target} = (SELECT max({value}) FROM {rows}) WHERE {all}"))
    }

    /// The terms of the condition by which rows are met, and those on the row at hand alone, which
    /// may ask what is set.
    fn terms(&self, scope: &Scope, reading: &Reading) -> Option<(Vec<String>, Vec<String>)> {
        let Some(predicate) = &self.change.predicate else { return Some(Default::default()) };
        let (trees, texts) = (predicate.tree.conjuncts(), terms(&predicate.sql));
        if trees.len() != texts.len() {
            let fresh = reading.written(&predicate.tree).is_empty();
            return fresh.then(|| (vec![format!("({})", predicate.sql)], Vec::new()));
        }
        let (mut met, mut own) = (Vec::new(), Vec::new());
        for (tree, text) in trees.iter().zip(texts) {
            // Among others it has its parentheses already.
            let bare = trees.len() == 1 && matches!(tree, Expr::Or(_));
            let text = if bare { format!("({text})") } else { text };
            let others = tree.any(&mut |part| match part {
                Expr::Column(parts) => scope.owner(parts) != Some(0),
                Expr::Subquery(_) | Expr::Opaque(_) => true,
                _ => false,
            });
            if others && !reading.written(tree).is_empty() {
                return None;
            }
            if others { met.push(text) } else { own.push(text) }
        }
        Some((met, own))
    }

    /// Whether `max()` takes a value.
    fn has_greatest(&self, value: &Expr, scope: &Scope) -> bool {
        let is_ordered = |ty: &TypeName| {
            let base = self.analyst.schema.base_type(ty);
            let made = self.analyst.schema.type_(&base.name).map(|made| &made.form);
            ORDERED.iter().any(|name| base.is(name))
                || (base.dimensions == 0 && matches!(made, Some(TypeKind::Enum(_))))
        };
        match value {
            Expr::Column(parts) => {
                let side = scope.owner(parts).and_then(|owner| scope.sides[owner].table);
                let column = side.zip(parts.last()).and_then(|(table, name)| table.column(name));
                column.and_then(|column| column.ty.as_ref()).is_some_and(is_ordered)
            }
            Expr::Cast { to, .. } => is_ordered(to),
            other => scope.is_text(other),
        }
    }

    /// The table as it is written, with its alias.
    pub(super) fn table_sql(&self) -> String {
        let name = self.change.table.to_sql();
        match &self.change.alias {
            Some(alias) => format!("{name} {}", quote_identifier(alias)),
            None => name,
        }
    }
}

/// The terms of a condition that `AND` joins, as they are written, without comments around them.
fn terms(sql: &str) -> Vec<String> {
    let (mut depth, mut between) = (0_i32, false);
    let mut terms: Vec<Option<Span>> = vec![None];
    for word in sql::words(sql, Span::new(0, sql.len())) {
        match word.of(sql).to_ascii_lowercase().as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "between" if depth == 0 => between = true,
            "and" if depth == 0 && between => between = false,
            "and" if depth == 0 => {
                terms.push(None);
                continue;
            }
            _ => {}
        }
        if let Some(term) = terms.last_mut() {
            *term = Some(term.map_or(word, |term| term.to(word)));
        }
    }
    terms.into_iter().flatten().map(|term| term.of(sql).to_owned()).collect()
}
