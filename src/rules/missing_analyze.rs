//! An index over an expression, or extended statistics, of which the planner knows nothing yet.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;
use crate::sql::Name;
use std::collections::HashMap;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let analysed: HashMap<Option<&Name>, usize> = scene
        .remarks()
        .filter_map(|(at, remark)| match remark {
            Remark::Analyzes(name) => Some((name.as_ref(), at.index)),
            _ => None,
        })
        .collect();
    for (at, remark) in scene.remarks() {
        let Remark::NeedsAnalyze(table) = remark else { continue };
        let analysed = [None, Some(&table.name)]
            .iter()
            .any(|name| analysed.get(name).is_some_and(|last| at.index < *last));
        if !table.in_use() || analysed {
            continue;
        }
        let name = table_name(&table.name);
        let message = format!(
            "until `{name}` is analysed the planner knows no values of this, and guesses: queries \
            may not use it, or use it badly"
        );
        sink.report(at, message)
            .on(table)
            .help("gather its statistics when it is there")
            .safe(format!("ANALYZE {};", table_sql(&table.name)));
    }
}
