//! A key that is widened while what has to hold its values stays narrow.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Remark;

/// How many columns are named.
const NAMED_MAX: usize = 4;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::LeftNarrow(left) = remark else { continue };
        let widened = |table: &crate::sql::Name, column: &str| {
            scene.parts_around(at.index).any(|other| match &other.part.effect {
                Effect::ChangeType(change) => {
                    change.table.name == *table && change.column == column
                }
                _ => false,
            })
        };
        let columns: Vec<String> = left
            .columns
            .iter()
            .filter(|(table, column)| !widened(table, column))
            .map(|(table, column)| format!("`{}.{column}`", table_name(table)))
            .collect();
        let sequence = left.sequence.as_ref().filter(|sequence| {
            !scene.parts_around(at.index).any(|other| match &other.part.effect {
                Effect::Remark(Remark::Counts(name, what)) if name == *sequence => {
                    let mut words = what.split_whitespace();
                    words.any(|word| word.eq_ignore_ascii_case("as")) && !other.part.made_good
                }
                _ => false,
            })
        });
        let narrow: Vec<String> = columns
            .iter()
            .cloned()
            .chain(sequence.map(|name| format!("its sequence `{}`", table_name(name))))
            .collect();
        if narrow.is_empty() || !left.table.in_use() {
            continue;
        }
        let table = table_name(&left.table.name);
        let stays = if narrow.len() == 1 { "stays" } else { "stay" };
        let more = narrow.len().saturating_sub(NAMED_MAX);
        let mut narrow = narrow[..narrow.len() - more].join(", ");
        if more > 0 {
            narrow = format!("{narrow} and {more} more");
        }
        let message = format!(
            "`{table}.{}` becomes {}, and {} {stays} as narrow as it was: the first number beyond \
            the old type fails there",
            left.column, left.to, narrow
        );
        let hit = sink.report(at, message);
        hit.on(&left.table);
        if !columns.is_empty() {
            hit.help("widen the columns that reference it first, each by way of a new column");
        }
        if let Some(sequence) = sequence {
            if columns.is_empty() {
                hit.help("let the sequence count as far as the column");
            }
            hit.safe(format!("ALTER SEQUENCE {} AS {};", table_sql(sequence), left.to));
        }
    }
}
