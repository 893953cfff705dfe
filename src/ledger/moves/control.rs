//! What people decide: consumers, freezes, grants, reviews, and which database it is about.

use super::names;
use super::refusal::Admission;
use super::refusal::Admitted;
use super::refusal::NEW;
use super::refusal::Refusal;
use super::refusal::conflict;
use super::refusal::policy;
use super::refusal::usage;
use crate::ledger::CheckId;
use crate::ledger::Consumer;
use crate::ledger::Deed;
use crate::ledger::Moment;
use crate::ledger::Override;
use crate::ledger::State;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a grant may hold.
const GRANT_MAX: Duration = Duration::from_hours(4);

/// While all is frozen nothing goes forward; going back is always possible.
pub(super) fn not_frozen(state: &State) -> Result<(), Refusal> {
    match &state.frozen {
        None => Ok(()),
        Some(why) => policy(
            format!("everything is frozen, {why}"),
            "`migrate unfreeze --reason …` lifts it; going back is possible all the time",
        ),
    }
}

pub(super) fn opening(state: &State, deed: &Deed) -> Admitted {
    match deed {
        Deed::Rebound { .. } if state.ledger.is_empty() => {
            conflict("there is no ledger to bind", "`migrate ledger install` makes one")
        }
        Deed::Rebound { reason, .. } => names::reason(reason, "binding a ledger anew").and(NEW),
        _ if state.ledger.is_empty() => NEW,
        _ => conflict(
            format!("the ledger {} was opened already", state.ledger),
            "`migrate status` says what is in it",
        ),
    }
}

pub(super) fn consumers(state: &State, consumers: &[Consumer], reason: &str) -> Admitted {
    let mut seen = BTreeSet::new();
    for Consumer { service, regions, interval, cadence } in consumers {
        names::name("service", service)?;
        let places: BTreeSet<&String> = regions.iter().collect();
        if !seen.insert(service) || places.len() != regions.len() {
            return usage(format!("`{service}` stands there twice"), "list each once");
        }
        if regions.is_empty() {
            return usage(format!("`{service}` runs nowhere"), "name its regions, or none at all");
        }
        for region in regions.iter().filter(|region| !region.is_empty()) {
            names::name("region", region)?;
        }
        if *interval == 0 || *cadence == Some(0) {
            let why = format!("`{service}` cannot say every 0 seconds that it is alive");
            return usage(why, "give it an interval, such as \"30s\"");
        }
    }
    match &state.consumers {
        Some(known) if known == consumers => Ok(Admission::Replay(state.consumers_seq)),
        Some(_) => names::reason(reason, "a change of the consumers").and(NEW),
        None => NEW,
    }
}

pub(super) fn approve(state: &State, scope: &str, reason: &str) -> Admitted {
    if scope != "consumers" {
        return usage(format!("`{scope}` is nothing to approve of"), "`consumers` is");
    }
    names::reason(reason, "an approval")?;
    if state.shrunk.is_empty() {
        let why = "nobody was taken off the list of consumers";
        return conflict(why, "`migrate status` says what holds a change up");
    }
    NEW
}

pub(super) fn grant(state: &State, deed: &Deed, now: Moment) -> Admitted {
    let Deed::OverrideGranted { change, checks, reason, expires, seen, .. } = deed else {
        return NEW;
    };
    names::reason(reason, "a grant")?;
    if checks.is_empty() {
        return usage("the grant names no check", "name them, such as `--check K5`");
    }
    for check in checks {
        let check = match check.parse::<CheckId>() {
            Ok(check) => check,
            Err(why) => return usage(why, "name each check; nothing stands for all of them"),
        };
        if !check.is_judged() {
            let why = format!("no contract is judged by {check} ({}) yet", check.title());
            return usage(why, "`migrate contract --check` lists the checks that hold it up");
        }
        if !check.can_be_overridden() {
            let why = format!("{check} ({}) cannot be overridden", check.title());
            return policy(why, "mend what it says");
        }
    }
    if *expires <= now {
        return usage(format!("the grant expired at {expires}"), "`--expires 2h` is from now on");
    }
    if expires.since(now) > GRANT_MAX {
        return policy("a grant holds for 4 hours at most", "say `--expires 4h`, or less");
    }
    not_frozen(state)?;
    match state.changes.get(change).filter(|known| known.seq > 0) {
        None => {
            let why = format!("the ledger does not know the change `{change}`");
            return conflict(why, "`migrate expand` registers it");
        }
        Some(known) if known.executed.is_some() => {
            let why = format!("the contract of `{change}` ran already");
            return conflict(why, "`migrate status` says where the change stands");
        }
        Some(_) => {}
    }
    match &state.shaken {
        Some((at, why)) if at > seen => conflict(
            format!("{why} the state that the grant was decided on, at event {seen}"),
            "`migrate status` says what is so now; decide anew",
        ),
        _ => NEW,
    }
}

/// The grant of that event, for that change.
fn granted<'a>(state: &'a State, change: &str, grant: i64) -> Result<&'a Override, Refusal> {
    match state.overrides.get(&grant).filter(|granted| granted.change == change) {
        Some(granted) => Ok(granted),
        None => conflict(
            format!("event {grant} is no grant for `{change}` that is still open"),
            "`migrate status` lists those that are",
        ),
    }
}

pub(super) fn spend(state: &State, change: &str, grant: i64, now: Moment) -> Admitted {
    let granted = granted(state, change, grant)?;
    if granted.used {
        let why = format!("event {grant} is no grant for `{change}` that is still open");
        return conflict(why, "`migrate override grant` makes a new one");
    }
    not_frozen(state)?;
    let why = match &granted.void {
        Some(why) => Some(format!("grant {grant} is void: {why}")),
        None if granted.expires <= now => {
            Some(format!("grant {grant} expired at {}", granted.expires))
        }
        None => None,
    };
    match why {
        Some(why) => policy(why, "`migrate override grant` makes a new one"),
        None => NEW,
    }
}

pub(super) fn revoke(state: &State, change: &str, grant: i64) -> Admitted {
    granted(state, change, grant).and(NEW)
}

pub(super) fn freeze(state: &State, reason: &str) -> Admitted {
    names::reason(reason, "a freeze")?;
    match &state.frozen {
        Some(why) => conflict(
            format!("everything is frozen already, {why}"),
            "`migrate unfreeze --reason …` lifts it",
        ),
        None => NEW,
    }
}

pub(super) fn lift(state: &State, reason: &str) -> Admitted {
    names::reason(reason, "lifting a freeze")?;
    if state.frozen.is_none() {
        return conflict("nothing is frozen", "`migrate freeze --reason …` does that");
    }
    NEW
}

pub(super) fn file(state: &State, url: &str) -> Admitted {
    if url.trim().is_empty() {
        return usage("the review is nowhere", "say where it is written with `--url`");
    }
    if state.reviews.is_empty() {
        return conflict("no review is open", "`migrate status` says what holds a change up");
    }
    NEW
}

pub(super) fn recover(state: &State, gate: &str) -> Admitted {
    if !state.failing.contains_key(gate) {
        let why = format!("gate `{gate}` does not fail");
        return conflict(why, "`migrate status` says what holds a change up");
    }
    NEW
}
