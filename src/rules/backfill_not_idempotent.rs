//! A statement of a `migrate.sql` that does something else when it is run again.

use super::Scene;
use super::Sink;
use super::backfill;
use crate::effect::Danger;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    backfill::report(scene, sink, Danger::Twice);
}
