//! A statement of a `migrate.sql` that cannot be cut into batches.

use super::Scene;
use super::Sink;
use super::backfill;
use crate::effect::Danger;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    backfill::report(scene, sink, Danger::Batches);
}
