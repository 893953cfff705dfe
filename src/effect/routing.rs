//! Which partitions a statement reaches: those whose bounds its condition, or its rows, leave.

use super::analyst::Analyst;
use super::implication::Key;
use super::implication::Says;
use super::partition::key_of;
use crate::schema::Table;
use crate::sql::Bound;
use crate::sql::Expr;
use crate::sql::Name;

impl Analyst<'_> {
    /// A table with its children, at any depth, but for partitions without a row that passes the
    /// condition: the planner does not open those.
    pub(super) fn reached(&self, name: &Name, condition: Option<&Expr>) -> Vec<Name> {
        let mut found = Vec::new();
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            if let Some(table) = self.table(&name) {
                self.schema.follow(table.children.len() + 1);
                let below = open.len();
                open.extend(self.opened(table, condition).cloned());
                open[below..].reverse();
            }
            found.push(name);
        }
        found
    }

    /// The children of a table that the planner opens.
    fn opened<'s>(
        &'s self,
        table: &'s Table,
        condition: Option<&Expr>,
    ) -> impl Iterator<Item = &'s Name> {
        let key = key_of(table);
        let known = key.as_ref().zip(condition).map(|(key, condition)| passing(key, condition));
        table.children.iter().filter(move |child| {
            let bound = self.table(child).and_then(|child| child.partition_of.as_ref());
            match (&key, &known, bound) {
                (Some(key), Some(known), Some((_, bound))) => {
                    !self.holds_none(table, key, known, bound)
                }
                _ => true,
            }
        })
    }

    /// Whether rows of which something is known cannot be in the partition with this bound.
    fn holds_none(&self, parent: &Table, key: &Key, known: &Says, bound: &Bound) -> bool {
        if *bound != Bound::Default {
            return key.proves(known, &key.outside(bound));
        }
        let bounds = parent
            .children
            .iter()
            .filter_map(|child| self.table(child)?.partition_of.as_ref().map(|(_, bound)| bound));
        let mut others = bounds.filter(|bound| **bound != Bound::Default);
        others.any(|bound| key.proves(known, &key.inside(bound)))
    }

    /// The table that rows are put into, with the partitions that they go to: any, where the rows
    /// are not known.
    pub(super) fn routed(
        &self,
        name: &Name,
        named: Option<&Vec<String>>,
        rows: Option<&[Vec<Expr>]>,
    ) -> Vec<Name> {
        let Some(table) = self.table(name).filter(|table| table.is_partitioned()) else {
            return vec![name.clone()];
        };
        let Some(rows) = rows else { return self.reached(name, None) };
        let columns = named
            .cloned()
            .unwrap_or_else(|| table.columns.iter().map(|column| column.name.clone()).collect());
        let mut found = vec![name.clone()];
        for row in rows {
            let says = |(column, value): (&String, &Expr)| Expr::Binary {
                operator: "=".to_owned(),
                left: Box::new(Expr::Column(vec![column.clone()])),
                right: Box::new(value.clone()),
            };
            let condition = Expr::And(columns.iter().zip(row).map(says).collect());
            for reached in self.reached(name, Some(&condition)) {
                if !found.contains(&reached) {
                    found.push(reached);
                }
            }
        }
        found
    }
}

/// What is known of the key in rows that pass a condition: what is compared is not `NULL`.
fn passing(key: &Key, condition: &Expr) -> Says {
    let mut terms: Vec<Says> = condition.conjuncts().iter().map(|term| key.read(term)).collect();
    if terms.iter().any(|term| matches!(term, Says::Compare(..))) {
        terms.push(Says::NotNull);
    }
    Says::All(terms)
}
