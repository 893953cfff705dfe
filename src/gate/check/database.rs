//! K9 and K10: what the database says of data and dependents.

use crate::gate::Check;
use crate::gate::Outcome;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::scene::Scene;
use crate::gate::words::span;
use crate::ledger::CheckId;
use crate::ledger::Moment;

impl Scene<'_> {
    /// K9, of a change that has data to fill in: that none is left was proven after the last that
    /// still wrote the old way was seen, and not long ago. Without a backfill on record the steps
    /// of its migrate phase are what has to be done.
    pub(super) fn filled(&self) -> Option<Check> {
        let known = self.state.changes.get(self.change)?;
        let phase = known.complete("migrate");
        if known.backfill.is_none() && phase.is_ok() && known.done("migrate").next().is_none() {
            return None;
        }
        let next = format!("`migrate backfill verify --change {}` proves it", self.change);
        let mut reasons = Vec::new();
        if let (None, Err(why)) = (&known.backfill, phase) {
            let next = format!("`migrate backfill run --change {}` goes on", self.change);
            let command = format!("migrate backfill run --change {}", self.change);
            reasons.push(Reason::block(format!("{why}: {next}")).next(command));
        }
        let prove = format!("migrate backfill verify --change {}", self.change);
        let verified = known.backfill.as_ref().map(|backfill| backfill.verified);
        match verified {
            None => {}
            Some(None) => {
                let words = format!("no proof says that no row is left: {next}");
                reasons.push(Reason::block(words).next(&prove));
            }
            Some(Some(at)) => reasons.extend(self.proof(at).map(|why| {
                let words = format!("that no row is left was proven at {at}, {why}: {next}");
                Reason::block(words).next(&prove)
            })),
        }
        Some(check(CheckId::K9, &reasons, || match verified.flatten() {
            Some(at) => format!("no row is left, as was proven at {at}"),
            None => "its migrate phase is done".to_owned(),
        }))
    }

    /// Why a proof of that moment does not count.
    fn proof(&self, at: Moment) -> Option<String> {
        let Some((full, place)) = self.full() else {
            return Some("while releases that need the old data are at work".to_owned());
        };
        if let Some(session) = self.bad_sessions().next() {
            let (service, version) = (&session.service, &session.version);
            return Some(format!("and `{service}` {version}, connected now, may write more"));
        }
        let last = self.bad().max_by_key(|seen| seen.until);
        if let Some(seen) = last.filter(|seen| seen.until >= at) {
            let (service, version) = (&seen.service, &seen.version);
            let until = seen.until;
            return Some(format!("and `{service}` {version} was seen after that, at {until}"));
        }
        if full > at {
            let words = place.words();
            return Some(format!("before {words} could do without the old data"));
        }
        let max = self.policy.verify_max_age;
        (self.now.since(at) > max).then(|| format!("which counts for {}", span(max)))
    }

    /// K10: nothing in the database depends on what goes, and what goes can be told.
    pub(super) fn dependents(&self) -> Check {
        let dependents = &self.evidence.dependents;
        let mut reasons = Vec::new();
        if !dependents.is_empty() {
            let which = dependents.join(", ");
            let words = format!("this depends on it: {which}; drop or change it first");
            let next = format!("migrate contract --check --change {}", self.change);
            reasons.push(Reason::block(words).next(next));
        }
        if let Some(what) = &self.evidence.opaque {
            let words = format!(
                "nothing is known of what {what} does, and so of what depends on it: write it \
                 out, or look at it by hand and run it with --allow-opaque"
            );
            let next = format!("migrate contract --allow-opaque --change {}", self.change);
            reasons.push(Reason::new(Outcome::Refuse, words).firm().next(next));
        }
        check(CheckId::K10, &reasons, || "nothing depends on it".to_owned())
    }
}
