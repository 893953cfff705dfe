//! K13: whether a person holds it up.

use crate::gate::Check;
use crate::gate::Outcome;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::scene::Scene;
use crate::gate::verdict::by_grant;
use crate::ledger::CheckId;

impl Scene<'_> {
    /// K13: nothing is frozen, and no review is open.
    pub(super) fn people(&self) -> Check {
        let mut reasons = Vec::new();
        if let Some(why) = &self.state.frozen {
            let words = format!("everything is frozen, {why}: `migrate unfreeze` lifts it");
            let reason = Reason::new(Outcome::Refuse, words).firm();
            reasons.push(reason.next("migrate unfreeze --reason …"));
        }
        // A contract that stopped in its midst does not wait for the review of itself.
        let own = |cause: &&String| self.began() && cause.starts_with(&by_grant(self.change));
        for cause in self.state.reviews.iter().filter(|cause| !own(cause)) {
            let words = format!("a review is open, {cause}: `migrate review` closes it");
            reasons.push(Reason::block(words).next("migrate review --url …"));
        }
        check(CheckId::K13, &reasons, || "no review is open, and nothing is frozen".to_owned())
    }
}
