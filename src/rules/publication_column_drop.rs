//! A published table that changes under its subscribers.

use super::Scene;
use super::Sink;
use super::listed;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Published(published) = remark else { continue };
        let by = listed(published.publications.iter().map(String::as_str));
        let message = format!(
            "`{}` is published by {by}, and {}: changes of the schema are not replicated, and a \
            subscriber that still expects the old one stops or misses values",
            table_name(&published.table.name),
            published.what
        );
        sink.report(at, message)
            .on(&published.table)
            .help("change the subscribers in step: let them do without it before it goes here");
    }
}
