//! The verdict: all checks of a change at a moment, what they mean together, and when that can
//! change.

use super::clock::Clock;
use super::evidence::Evidence;
use super::judgement::Check;
use super::judgement::Class;
use super::policy::Policy;
use super::scene::Scene;
use crate::ledger::CheckId;
use crate::ledger::Deed;
use crate::ledger::Moment;
use crate::ledger::State;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is to be said of a change's contract at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The change.
    pub change: String,
    /// The moment.
    pub now: Moment,
    /// The last event it was made on.
    pub seq: i64,
    /// Since when nobody needs what is taken away.
    pub absence: Clock,
    /// Since when the fleet is well.
    pub health: Clock,
    /// The checks, in their order.
    pub checks: Vec<Check>,
    /// What was seen and counts for nothing.
    pub notes: Vec<String>,
    /// Another tool runs it, behind `migrate guard`.
    pub guarded: bool,
}

/// For so long one waits for a contract at once.
const WAIT: Duration = Duration::from_mins(30);

/// Judges whether the contract of a change may run now.
pub fn verdict(
    state: &State,
    change: &str,
    policy: &Policy,
    evidence: &Evidence,
    now: Moment,
) -> Verdict {
    let scene = Scene { state, change, policy, evidence, now };
    let mut checks = scene.checks();
    scene.grant(&mut checks);
    Verdict {
        change: change.to_owned(),
        now,
        seq: state.seq,
        absence: scene.absence(),
        health: scene.health(),
        checks,
        notes: scene.notes(),
        guarded: false,
    }
}

impl Verdict {
    /// The same of a file that another tool runs.
    #[must_use]
    pub fn of_another_tool(mut self, file: &str) -> Verdict {
        let own = format!("migrate contract --check --change {}", self.change);
        for next in self.checks.iter_mut().filter_map(|check| check.next.as_mut()) {
            if *next == own {
                *next = format!("migrate contract --check {file}");
            }
        }
        self.guarded = true;
        self
    }

    /// What it means.
    pub fn class(&self) -> Class {
        Class::of(&self.checks)
    }

    /// Whether the contract may run.
    pub fn ready(&self) -> bool {
        self.class() == Class::Ready
    }

    /// The earliest moment at which it may run, if all else stays as it is; `None` if it may now,
    /// or if time alone does not help.
    pub fn clears(&self) -> Option<Moment> {
        let waits: Option<Vec<Moment>> = self.open().map(|check| check.clears).collect();
        waits.and_then(|waits| waits.into_iter().max())
    }

    /// The checks that do not hold.
    pub fn open(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds())
    }

    /// The command that goes on from here: where it may run now that runs it, where only time is
    /// wanting it waits, else it mends what is worst.
    pub fn next(&self) -> String {
        let run = if self.guarded {
            "migrate guard -- …".to_owned()
        } else {
            format!("migrate contract --change {}", self.change)
        };
        if self.ready() {
            return run;
        }
        if let Some(clears) = self.clears() {
            let rest = clears.since(self.now);
            return if rest <= WAIT && !self.guarded {
                format!("{run} --wait {}s", rest.as_secs() + 30)
            } else {
                format!("{run}, from {clears} on")
            };
        }
        let mut open: Vec<&Check> = self.open().collect();
        // What no grant could pass over, such as an old release that is there, comes first.
        open.sort_by_key(|check| (std::cmp::Reverse(check.outcome), !check.firm));
        let next = open.into_iter().find_map(|check| check.next.clone());
        next.unwrap_or_else(|| "migrate rollout status".to_owned())
    }

    /// A check, if it was made.
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// What is put on record of it.
    pub fn deed(&self) -> Deed {
        let outcome = |check: &Check| match check.overridden {
            Some(_) => "overridden".to_owned(),
            None => check.outcome.word().to_owned(),
        };
        let checks = self.checks.iter().map(|check| (check.id.to_string(), outcome(check)));
        let (change, ready) = (self.change.clone(), self.ready());
        Deed::ContractEvaluated { change, ready, checks: checks.collect() }
    }

    /// What is put on record with the first thing that this verdict's grants let through: that
    /// they are used, and that somebody has to look at it.
    pub fn used(&self, state: &State) -> Vec<Deed> {
        let grants = self.checks.iter().filter_map(|check| check.overridden);
        let told = |grant: &i64| state.overrides.get(grant).is_some_and(|known| known.used);
        let grants: BTreeSet<i64> = grants.filter(|grant| !told(grant)).collect();
        let mut deeds = Vec::new();
        for grant in grants {
            deeds.push(Deed::OverrideUsed { change: self.change.clone(), grant });
            let cause = format!("{}{grant}", by_grant(&self.change));
            deeds.push(Deed::ReviewRequired { cause });
        }
        deeds
    }
}

/// Why a review is asked for, but for the number of the grant.
pub(super) fn by_grant(change: &str) -> String {
    format!("the contract of `{change}` ran by grant ")
}

impl Scene<'_> {
    /// Services at work that nobody declared: their needs are not looked at.
    fn notes(&self) -> Vec<String> {
        let seen = self.evidence.sightings.iter().map(|seen| (&seen.service, &seen.version));
        let sessions = &self.evidence.sessions;
        let live = sessions.iter().map(|session| (&session.service, &session.version));
        let strangers: BTreeSet<_> =
            seen.chain(live).filter(|(service, _)| !self.is_consumer(service)).collect();
        let words = strangers.into_iter().map(|(service, version)| {
            format!("`{service}` {version} was seen at work, and is no declared consumer")
        });
        words.collect()
    }
}
