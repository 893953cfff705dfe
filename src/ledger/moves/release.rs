//! Releases: one version, one artifact, and a lineage that is not rewritten.

use super::names;
use super::refusal::Admission;
use super::refusal::Admitted;
use super::refusal::NEW;
use super::refusal::Refusal;
use super::refusal::conflict as clash;
use super::refusal::policy;
use super::refusal::usage;
use crate::ledger::ChangeState;
use crate::ledger::Deed;
use crate::ledger::Release;
use crate::ledger::State;
use std::collections::BTreeSet;

pub(super) fn declare(state: &State, deed: &Deed) -> Admitted {
    let Deed::ReleaseDeclared {
        service, version, digest, parent, satisfies, takes_back, uses, ..
    } = deed
    else {
        return NEW;
    };
    names::release(service, version)?;
    if let Some(parent) = parent {
        names::version(parent)?;
        no_circle(state, service, version, parent)?;
    }
    if let Some(both) = satisfies.iter().find(|change| takes_back.contains(change)) {
        let why = format!("{version} both satisfies `{both}` and takes it back");
        return usage(why, "say one of them");
    }
    if let Some(gone) = takes_back
        .iter()
        .find(|change| state.changes.get(*change).is_some_and(ChangeState::contracted))
    {
        return policy(
            format!("{version} needs again what the contract of `{gone}` took away"),
            "bring it back with an expand of its own first",
        );
    }
    let Some(known) = state.releases.get(service, version) else { return NEW };
    same_artifact(service, version, known, digest.as_ref(), parent.as_ref())?;
    let within = |said: &[String], known: &BTreeSet<String>| {
        said.iter().all(|change| known.contains(change))
    };
    let adds = (digest.is_some() && known.digest.is_none())
        || (parent.is_some() && known.parent.is_none())
        || !within(satisfies, &known.satisfies)
        || !within(takes_back, &known.takes_back)
        || !within(uses, &known.uses);
    if adds { NEW } else { Ok(Admission::Replay(known.seq)) }
}

fn same_artifact(
    service: &str,
    version: &str,
    known: &Release,
    digest: Option<&String>,
    parent: Option<&String>,
) -> Result<(), Refusal> {
    let next = "release it under a name of its own";
    if let (Some(said), Some(known)) = (digest, &known.digest)
        && said != known
    {
        return clash(format!("`{service}` {version} is {known}, and this is {said}"), next);
    }
    if let (Some(said), Some(known)) = (parent, &known.parent)
        && said != known
    {
        return clash(format!("`{service}` {version} was made from {known}, not {said}"), next);
    }
    Ok(())
}

/// A release is not made from itself.
fn no_circle(state: &State, service: &str, version: &str, parent: &str) -> Result<(), Refusal> {
    let mut at = Some(parent);
    let mut left = state.releases.0.len() + 1;
    while let Some(next) = at.filter(|_| left > 0) {
        if next == version {
            let why = format!("`{service}` {version} cannot be made from {parent}, made from it");
            return usage(why, "name the release that it was made from");
        }
        at = state.releases.get(service, next).and_then(|release| release.parent.as_deref());
        left -= 1;
    }
    Ok(())
}

pub(super) fn conflict(state: &State, service: &str, version: &str, digest: &str) -> Admitted {
    match state.releases.get(service, version) {
        None => clash(
            format!("`{service}` {version} was never declared"),
            format!("`migrate release declare --service {service} --version {version}` does it"),
        ),
        Some(known) if known.conflict.as_deref() == Some(digest) => {
            Ok(Admission::Replay(known.seq))
        }
        Some(_) => NEW,
    }
}
