//! An index over an expression, or extended statistics, of which the planner knows nothing yet.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::NeedsAnalyze(table) = remark else { continue };
        let later = scene.remarks().filter(|(other, _)| at.index < other.index);
        let analysed = later.into_iter().any(|(_, remark)| match remark {
            Remark::Analyzes(None) => true,
            Remark::Analyzes(Some(name)) => *name == table.name,
            _ => false,
        });
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
