//! K14: whether the ledger, the database, the change and its files are what they were.

use crate::gate::Check;
use crate::gate::Outcome;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::scene::Scene;
use crate::gate::words::release;
use crate::ledger::ChangeState;
use crate::ledger::CheckId;

impl Scene<'_> {
    /// K14: the ledger is whole and of this database, the change is known and its files are what
    /// was registered, no version stands for two artifacts, and the list of consumers is whole.
    pub(super) fn whole(&self) -> Check {
        let mut reasons = Vec::new();
        if let Err(why) = &self.evidence.integrity {
            reasons
                .push(Reason::new(Outcome::Integrity, why.clone()).next("migrate ledger verify"));
        }
        let unknown = self.unknown();
        let known = self.state.changes.get(self.change);
        let next = known.map_or("migrate expand", ChangeState::goes_on);
        reasons.extend(unknown.map(|why| Reason::new(Outcome::Refuse, why).next(next)));
        reasons.extend(self.files());
        for (key, lane) in self.lanes() {
            let active = lane.active.as_ref().map(|active| active.version.as_str());
            for version in lane.current().into_iter().chain(active) {
                let known = self.state.releases.get(&key.service, version);
                if known.is_some_and(|known| known.conflict.is_some()) {
                    let who = release(&key.service, version, &key.region);
                    let words = format!("{who} stands for two artifacts: release a version anew");
                    reasons.push(Reason::block(words));
                }
            }
        }
        if !self.state.shrunk.is_empty() {
            let which = self.state.shrunk.join(", ");
            let words = format!("{which} is no longer on the list of consumers");
            let next = "`migrate approve consumers` says that this is right";
            let reason = Reason::block(format!("{words}: {next}"));
            reasons.push(reason.next("migrate approve consumers --reason …"));
        }
        check(CheckId::K14, &reasons, || {
            "the ledger is whole, and the files are those that were registered".to_owned()
        })
    }

    /// Why a contract of this change cannot be thought of yet, or any more.
    fn unknown(&self) -> Option<String> {
        let change = self.change;
        let Some(known) = self.state.changes.get(change).filter(|known| known.seq > 0) else {
            let next = "`migrate expand` goes on";
            return Some(format!("the ledger does not know the change `{change}`: {next}"));
        };
        let next = format!("`{}` goes on", known.goes_on());
        if let Some(at) = known.executed {
            return Some(format!("its contract ran at {at}, and there is nothing left to do"));
        }
        known.complete("expand").err().map(|why| format!("{why}: {next}"))
    }

    /// Files that are not what was registered.
    fn files(&self) -> Vec<Reason> {
        let Some(known) = self.state.changes.get(self.change) else { return Vec::new() };
        let now = &self.evidence.prints;
        let mut faults = Vec::new();
        for (phase, print) in &known.prints {
            match now.get(phase) {
                None => faults.push(format!("its {phase} file is gone")),
                Some(now) if now != print => {
                    faults.push(format!("its {phase} file is not the one that was registered"));
                }
                Some(_) => {}
            }
        }
        // An expand that was taken back is registered anew by the next one.
        let taken = |phase: &str| phase == "expand" && known.back.contains_key(phase);
        let new = now.keys().filter(|phase| !known.prints.contains_key(*phase) && !taken(phase));
        faults.extend(new.map(|phase| format!("its {phase} file was never registered")));
        let next = format!("migrate ledger register {} --reason …", self.change);
        let reason = |fault| Reason::new(Outcome::Refuse, fault).next(&next);
        faults.into_iter().map(reason).collect()
    }
}
