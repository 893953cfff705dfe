//! A foreign key between columns of different types.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::KeyTypes(key) = remark else { continue };
        let (table, other) = (table_name(&key.table.name), table_name(&key.references));
        let harm = if key.overflows {
            "once the referenced numbers outgrow it, no row can be written that references them"
        } else {
            "values are converted for each comparison, which may round them or pass over an index"
        };
        let message = format!(
            "`{table}.{}` is {}, and `{other}.{}` which it references is {}: {harm}",
            key.column, key.ty, key.other, key.other_ty
        );
        sink.report(at, message)
            .on(&key.table)
            .help(format!("give the referencing column the type {}", key.other_ty));
    }
}
