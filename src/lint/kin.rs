//! Findings of a change that say more of a statement than a finding of its file does: both are told
//! as one.

use super::Finding;

/// Rules about a file, each with the rule about a change that says the same, and more.
const KIN: &[(&str, &str)] = &[
    ("contract-before-expand-deployed", "contract-with-its-expand"),
    ("rename-column", "rename-in-one-step"),
    ("rename-object", "rename-in-one-step"),
    ("rename-table", "rename-in-one-step"),
];

/// Leaves the finding of the change alone where there are both, with the safe statements of the
/// other.
pub(super) fn join(findings: &mut Vec<Finding>) {
    for (of_file, of_change) in KIN {
        let Some(first) = findings.iter().position(|finding| finding.rule == *of_change) else {
            continue;
        };
        let mut told = findings.split_off(first);
        let (mut wider, rest): (Vec<Finding>, Vec<Finding>) =
            told.drain(..).partition(|finding| finding.rule == *of_change);
        findings.extend(rest);
        findings.retain(|finding| {
            let same = |other: &&mut Finding| other.span == finding.span;
            let kin = wider.iter_mut().find(same).filter(|_| finding.rule == *of_file);
            let Some(kin) = kin else { return true };
            if kin.safe.is_empty() {
                kin.safe.clone_from(&finding.safe);
            }
            kin.relation = kin.relation.take().or_else(|| finding.relation.clone());
            false
        });
        findings.extend(wider);
    }
}
