//! Names that are fit to be put on record: they end up in queries, labels and file names of others.

use super::refusal::Refusal;
use super::refusal::usage;
use crate::ledger::LaneKey;
use crate::ledger::State;
use crate::nearest::did_you_mean;

/// What is said of a name that is none.
const FIT: &str = "use 1 to 200 of the letters A-Z and a-z, digits, and . _ : + @ / -";

/// Names that mean another artifact tomorrow.
const MUTABLE: [&str; 5] = ["latest", "main", "master", "head", "dev"];

/// Whether a text is fit to be the name of a service, a version or a region.
pub fn is_name(name: &str) -> bool {
    let fit = |c: char| c.is_ascii_alphanumeric() || "._:+@/-".contains(c);
    (1..=200).contains(&name.len()) && name.chars().all(fit)
}

pub(super) fn name(what: &str, name: &str) -> Result<(), Refusal> {
    if is_name(name) { Ok(()) } else { usage(format!("{name:?} is no name of a {what}"), FIT) }
}

/// A version: one name, one artifact.
pub(super) fn version(version: &str) -> Result<(), Refusal> {
    name("version", version)?;
    let tag = version.rsplit([':', '/', '@']).next().unwrap_or(version).to_ascii_lowercase();
    if MUTABLE.contains(&tag.as_str()) {
        let why = format!("`{version}` means another artifact tomorrow");
        return usage(why, "name the version by its number, its commit or its digest");
    }
    Ok(())
}

pub(super) fn release(service: &str, of: &str) -> Result<(), Refusal> {
    name("service", service)?;
    version(of)
}

/// A region; where the service is a consumer it is one of those that it runs in, or ran in.
pub(super) fn region(state: &State, service: &str, region: &str) -> Result<(), Refusal> {
    if !region.is_empty() {
        name("region", region)?;
    }
    let Some(consumer) = state.consumer(service) else { return Ok(()) };
    let key = LaneKey { service: service.to_owned(), region: region.to_owned() };
    if consumer.regions.contains(&key.region) || state.lanes.contains_key(&key) {
        return Ok(());
    }
    let regions: Vec<&str> = consumer.regions.iter().map(String::as_str).collect();
    let named = regions.iter().any(|region| !region.is_empty());
    let why = match region {
        "" => format!("`{service}` runs in {}, and no region is named", regions.join(", ")),
        region => format!("`{service}` does not run in `{region}`, as far as consumers say"),
    };
    let next = did_you_mean(region, regions.iter().copied(), || {
        if named {
            format!("it runs in {}", regions.join(", "))
        } else {
            "leave the region out, or name its regions in its [[consumer]]".to_owned()
        }
    });
    usage(why, next)
}

/// A reason, which is why the ledger is read later.
pub(super) fn reason(text: &str, of: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return usage(format!("{of} needs a reason"), "say it with `--reason`");
    }
    Ok(())
}
