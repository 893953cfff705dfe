//! A table or materialized view that is filled when it is made, by a query over tables in use.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::LongRead(made, read) = remark else { continue };
        let message = format!(
            "`{}` is filled at once: while the query reads {}, no VACUUM can remove rows that die \
            anywhere, and what the transaction has locked stays locked",
            table_name(made),
            relations(read)
        );
        let view = at.fact.analysis.kind.contains("view");
        sink.report(at, message).help(if view {
            "create it WITH NO DATA, and refresh it in a migration of its own"
        } else {
            "create the table empty, and copy rows into it in batches"
        });
    }
}
