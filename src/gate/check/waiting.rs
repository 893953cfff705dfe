//! K5: whether enough was earned by waiting.

use super::releases::NOBODY;
use crate::gate::Check;
use crate::gate::Clock;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::scene::Scene;
use crate::ledger::CheckId;

impl Scene<'_> {
    /// K5: both clocks have come to the soak, and somebody still looks.
    pub(super) fn soaked(&self) -> Check {
        let (absence, health) = (self.absence(), self.health());
        let shown = |name: &str, clock: &Clock| format!("{name}: {}", clock.words());
        let mut reasons = Vec::new();
        if self.consumers().is_empty() {
            reasons.push(Reason::silent(NOBODY));
        } else {
            let both: &[_] = if absence == health {
                &[("absence and health", &absence)]
            } else {
                &[("absence", &absence), ("health", &health)]
            };
            for (name, clock) in both {
                reasons.extend(self.short(clock, &shown(name, clock)));
            }
        }
        check(CheckId::K5, &reasons, || {
            if absence == health {
                return shown("absence and health", &absence);
            }
            format!("{}; {}", shown("absence", &absence), shown("health", &health))
        })
    }

    fn short(&self, clock: &Clock, shown: &str) -> Option<Reason> {
        let fails = !self.state.failing.is_empty();
        match &clock.standing {
            _ if clock.since.is_none() => Some(Reason::block(shown)),
            // Only the clock of health stands at nothing while a gate fails.
            Some(why) if fails && clock.earned.is_zero() => {
                Some(Reason::block(format!("{shown}; {why}")))
            }
            Some(why) => Some(Reason::silent(format!("{shown}; {why}"))),
            None if clock.complete() => None,
            None => Some(Reason::block(shown).clears(clock.clears(self.now))),
        }
    }
}
