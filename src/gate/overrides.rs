//! Grants: checks that need not hold, by the word of a person, once and for a short time.

use super::judgement::Check;
use super::judgement::Outcome;
use super::scene::Scene;
use crate::ledger::Override;

impl Scene<'_> {
    /// Takes the grants of the change into account. A grant counts if it is neither void nor
    /// expired and was made for this very contract; one that expired while its check does not hold
    /// is refused, so that nobody takes it for the waiting to go on.
    pub(super) fn grant(&self, checks: &mut [Check]) {
        for check in checks.iter_mut().filter(|check| !check.holds()) {
            self.grant_one(check);
        }
        let used = checks.iter().find_map(|check| check.overridden);
        let Some(seq) = used else { return };
        for check in checks.iter_mut().filter(|check| check.firm && !check.holds()) {
            if check.outcome < Outcome::Refuse {
                check.outcome = Outcome::Refuse;
                let words =
                    format!("; {} cannot be overridden, and grant {seq} is not for it", check.id);
                check.evidence.push_str(&words);
                check.clears = None;
            }
        }
    }

    fn grant_one(&self, check: &mut Check) {
        let (change, id) = (self.change, check.id.id());
        let all = self.state.overrides.iter();
        let named = all.filter(|(_, grant)| grant.change == change && grant.checks.contains(id));
        // One that was used holds for what it let begin.
        let named = named.filter(|(_, grant)| !grant.used || self.began());
        let named: Vec<(i64, &Override)> = named.map(|(seq, grant)| (*seq, grant)).collect();
        let past = |grant: &Override| grant.expires <= self.now;
        let sound = named.iter().filter(|(_, grant)| self.unsound(grant).is_none());
        let (expired, valid): (Vec<_>, Vec<_>) = sound.partition(|(_, grant)| past(grant));
        let open = check.outcome <= Outcome::Block && !check.firm;
        if let Some((seq, _)) = valid.first() {
            if open {
                check.overridden = Some(*seq);
                return;
            }
            if check.outcome <= Outcome::Block {
                check.outcome = Outcome::Refuse;
                check.clears = None;
            }
            let words = format!("; grant {seq} does not help: this cannot be overridden");
            check.evidence.push_str(&words);
        } else if let Some((seq, grant)) = expired.last() {
            check.outcome = check.outcome.max(Outcome::Refuse);
            check.clears = None;
            let words = format!("; grant {seq} expired at {}: grant it anew", grant.expires);
            let grant = format!("migrate override grant --change {change} --check {id} --reason …");
            check.next = Some(grant);
            let or = format!(", or `migrate override revoke {seq}` and wait");
            check.evidence.push_str(&(words + &or));
        } else if let Some((seq, grant)) = named.last() {
            let why = self.unsound(grant).unwrap_or_default();
            let words = format!("; grant {seq} is void: {why}");
            check.evidence.push_str(&words);
        }
    }

    /// Why a grant does not count, however long it was to.
    fn unsound(&self, grant: &Override) -> Option<String> {
        let other = grant.digest != self.evidence.contract_digest;
        let other = other.then(|| "it was made for another contract".to_owned());
        grant.void.clone().or(other)
    }
}
