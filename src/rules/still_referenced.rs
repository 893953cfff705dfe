//! Code still uses what is taken away.

use super::ChangeScene;
use super::ChangeSink;
use super::CodeUse;
use super::Related;
use super::Severity;
use super::Taken;
use crate::code::Rank;
use std::collections::BTreeSet;

/// How many lines of code are shown for one thing that is taken away.
const SHOWN_MAX: usize = 8;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    for taken in scene.taken.iter().filter(|taken| !taken.uses.is_empty()) {
        let sure = taken.uses.iter().map(|at| at.rank).min().unwrap_or(Rank::Possible);
        let severity = match sure {
            Rank::Certain => Severity::Error,
            Rank::Likely => Severity::Warning,
            Rank::Possible => Severity::Info,
        };
        let verb = if sure == Rank::Possible { "may still use" } else { "still uses" };
        let message = format!("code {verb} {}: {}", taken.object, counts(taken));
        let shown = taken.uses.iter().take(SHOWN_MAX).map(place);
        sink.report_taken(scene, taken, message)
            .help(
                "stop using it, ship that, and take it away once no running release uses it; \
                 where a line is about something else, say so: -- migrate: allow still-referenced \
                 because <reason>",
            )
            .at_most(severity)
            .related(shown);
    }
}

fn place(at: &CodeUse) -> Related {
    let label = format!("{}: {}", at.rank.word(), at.why);
    Related { at: at.clone(), label }
}

/// How many lines there are of each rank, and in how many files.
fn counts(taken: &Taken) -> String {
    let files: BTreeSet<&str> = taken.uses.iter().map(|at| at.path.as_str()).collect();
    let ranks = [Rank::Certain, Rank::Likely, Rank::Possible].into_iter().filter_map(|rank| {
        let count = taken.uses.iter().filter(|at| at.rank == rank).count();
        (count > 0).then(|| format!("{count} {}", rank.word()))
    });
    let ranks = ranks.collect::<Vec<_>>().join(", ");
    let lines = if taken.uses.len() == 1 { "line" } else { "lines" };
    let word = if files.len() == 1 { "file" } else { "files" };
    format!("{ranks} {lines} in {} {word}", files.len())
}
