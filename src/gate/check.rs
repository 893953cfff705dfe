//! The checks, one file for what belongs together; each says who, where and which version.

mod database;
mod files;
mod people;
mod releases;
mod seen;
mod waiting;

use super::judgement::Check;
use super::scene::Scene;

impl Scene<'_> {
    /// All checks that are made of a change, in their order. Those that nothing is known of, the
    /// gates, flags, usage and rehearsals, are not among them.
    pub(super) fn checks(&self) -> Vec<Check> {
        let mut checks = vec![
            self.full_everywhere(),
            self.no_rival(),
            self.absent(),
            self.present(),
            self.soaked(),
            self.no_rollback(),
        ];
        checks.extend(self.filled());
        checks.extend([self.dependents(), self.people(), self.whole()]);
        checks
    }
}
