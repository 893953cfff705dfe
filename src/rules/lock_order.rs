//! Tables that two files lock in opposite order.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::LockOrder(first, then) = remark else { continue };
        let message = format!(
            "this transaction locks `{}` and then `{}`, and an earlier file locks them in the \
            opposite order: where both run at once, each waits for the other until one is killed \
            (40P01)",
            table_name(first),
            table_name(then)
        );
        sink.report(at, message)
            .help("lock tables in the same order everywhere, or one table a transaction");
    }
}
