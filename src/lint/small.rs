//! What only takes time is less bad on a small table.

use crate::effect::Fact;
use crate::rules::Hit;
use crate::rules::Rule;
use crate::rules::Severity;
use crate::schema::Size;
use crate::sql::Name;
use std::collections::BTreeMap;

/// Tables that the user calls small.
#[derive(Clone, Debug)]
pub struct Small {
    /// Those with fewer rows than this.
    pub rows: u64,
    /// How large tables are.
    pub sizes: BTreeMap<Name, Size>,
}

impl Small {
    /// The next lower severity of a finding, and why, where all that it costs is time on tables
    /// that are known to be small.
    pub(super) fn lower(
        &self,
        rule: &Rule,
        severity: Severity,
        hit: &Hit,
        fact: &Fact,
    ) -> Option<(Severity, String)> {
        let lower = match severity {
            Severity::Error => Severity::Warning,
            Severity::Warning => Severity::Info,
            Severity::Info => return None,
        };
        if !rule.settings().grows_with_table {
            return None;
        }
        let named = hit.relation.as_deref()?;
        let (table, size) = self.sizes.iter().find(|(name, _)| name.to_string() == named)?;
        let analysis = &fact.analysis;
        let read = analysis.scans.iter().chain(&analysis.rewrites);
        let mut all = read.chain([table]).map(|name| self.sizes.get(name));
        let small = all.all(|size| size.is_some_and(|size| size.is_below(self.rows)));
        small.then(|| (lower, format!("{}, for {named} has {}", severity.word(), size.words())))
    }
}
