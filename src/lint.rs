//! Files to findings, less what is allowed.

mod fingerprint;
mod kin;
mod small;
mod suppression;
mod understanding;

pub use fingerprint::Baseline;
pub use fingerprint::BaselineError;
pub use small::Small;
pub use understanding::Counts;
pub use understanding::Miss;
pub use understanding::survey;

use crate::effect::Confidence;
use crate::effect::Delivery;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::sight;
use crate::examine::Examined;
use crate::migration::Arrival;
use crate::rules;
use crate::rules::Category;
use crate::rules::Cure;
use crate::rules::Edit;
use crate::rules::Fix;
use crate::rules::Hit;
use crate::rules::Related;
use crate::rules::Rule;
use crate::rules::Scene;
use crate::rules::Severity;
use crate::rules::Then;
use crate::sql::Lines;
use crate::sql::Position;
use crate::sql::Script;
use crate::sql::Span;
use crate::version::Major;
use std::collections::HashMap;

/// How bad the findings of a rule are to this user: `None` for rules that are off.
pub type Severities = HashMap<&'static str, Option<Severity>>;

/// Something found, ready to be shown.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// How bad it is, to this user.
    pub severity: Severity,
    /// What kind of harm.
    pub category: Category,
    /// The phase it belongs to.
    pub phase: Phase,
    /// How much of it is known.
    pub confidence: Confidence,
    /// The file.
    pub path: String,
    /// The place.
    pub span: Span,
    /// Where the place starts, for people.
    pub start: Position,
    /// Where it ends, for people.
    pub end: Position,
    /// The relation, schema included.
    pub relation: Option<String>,
    /// What happens.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Safe statements.
    pub safe: Vec<String>,
    /// What can be done about it without a person.
    pub cure: Cure,
    /// The same for the same finding, wherever in the file it moves.
    pub fingerprint: String,
    /// Lines of code elsewhere that belong to it.
    pub related: Vec<Related>,
}

/// A file with what was found in it.
#[derive(Debug)]
pub struct Linted {
    /// The file, relative to the root of its repository.
    pub path: String,
    /// The file as the user would name it.
    pub shown: String,
    /// Its text.
    pub text: String,
    /// Findings, in the order of the file.
    pub findings: Vec<Finding>,
    /// What was read of it.
    pub counts: Counts,
    /// Its place among the files of its project.
    pub place: usize,
}

/// Looks for what the rules find in a file. On small tables some of it is less bad.
pub fn lint(
    file: Examined,
    severities: &Severities,
    small: Option<&Small>,
    postgres: Major,
) -> Linted {
    judge(file, None, severities, small, postgres)
}

/// The same for a file of a change set, with what the rules found of the change in it.
pub fn lint_in_change(
    file: Examined,
    of_change: &[Hit],
    severities: &Severities,
    small: Option<&Small>,
    postgres: Major,
) -> Linted {
    judge(file, Some(of_change), severities, small, postgres)
}

fn judge(
    file: Examined,
    of_change: Option<&[Hit]>,
    severities: &Severities,
    small: Option<&Small>,
    postgres: Major,
) -> Linted {
    let severity = |rule: &Rule| severity_of(rule, severities);
    let scene = Scene {
        text: &file.text,
        facts: &file.facts,
        delivery: file.delivery,
        phase: file.phase,
        arrival: &file.arrival,
        postgres,
        sight: sight(&file.facts),
    };
    // Whether a rule is off by itself, its page tells: it is read once the rule finds something.
    let mut hits = rules::check(&scene, |rule| severities.get(rule.id) != Some(&None));
    let is_asked = |rule: &Rule| of_change.is_some() || !rules::is_of_changes(rule);
    let lines = Lines::new(&file.text);
    let mut allowed = suppression::read(&file.text, &file.script);
    let beside = Beside::of_file(&file);
    let mut findings = Vec::new();
    hits.extend(of_change.unwrap_or_default().iter().cloned());
    for hit in hits {
        if allowed.allows(hit.rule, hit.statement, hit.span) {
            continue;
        }
        findings.extend(finding(&file, &lines, &hit, &beside, (severities, small)));
    }
    for hit in allowed.hits(&file.facts, |rule| severity(rule).is_some(), is_asked) {
        findings.extend(finding(&file, &lines, &hit, &beside, (severities, small)));
    }
    if of_change.is_some() {
        kin::join(&mut findings);
    }
    findings.sort_by_key(|finding| (finding.span.offset, finding.rule));
    fingerprint::fill(&mut findings, &file.text);
    let (counts, _) = understanding::survey(&file.script);
    Linted {
        path: file.path,
        shown: file.shown,
        text: file.text,
        findings,
        counts,
        place: file.place,
    }
}

/// How bad the findings of a rule are; `None` if it is off.
fn severity_of(rule: &Rule, severities: &Severities) -> Option<Severity> {
    if let Some(told) = severities.get(rule.id) {
        *told
    } else {
        let settings = &rule.settings();
        (!settings.opt_in).then_some(settings.severity)
    }
}

/// The phase of a file: as its name claims, or as the strongest of its statements says. Alone what
/// fits any is migrate, for it neither adds nor takes away.
fn phase_of(file: &Examined) -> Phase {
    let strongest = || file.facts.iter().filter_map(|fact| fact.analysis.phase()).max();
    file.phase.or_else(strongest).unwrap_or(Phase::Migrate)
}

/// The phases of findings that belong to none by themselves.
struct Beside {
    /// That of the file.
    file: Phase,
    /// Statements that were put together at run time or not understood: theirs is contract.
    opaque: Vec<bool>,
}

impl Beside {
    fn of_file(file: &Examined) -> Beside {
        let opaque = |fact: &Fact| {
            let mut parts = fact.analysis.parts.iter();
            parts.any(|part| matches!(part.effect, Effect::Dynamic(_) | Effect::Unreadable(_)))
        };
        Beside { file: phase_of(file), opaque: file.facts.iter().map(opaque).collect() }
    }

    fn of(&self, statement: usize) -> Phase {
        let opaque = self.opaque.get(statement).copied().unwrap_or(false);
        if opaque { Phase::Contract } else { self.file }
    }
}

fn finding(
    file: &Examined,
    lines: &Lines,
    hit: &Hit,
    beside: &Beside,
    (severities, small): (&Severities, Option<&Small>),
) -> Option<Finding> {
    let rule = rules::find(hit.rule)?;
    let severity = severity_of(rule, severities)?;
    let fact = file.facts.get(hit.statement);
    let lowered = small.zip(fact).and_then(|(small, fact)| small.lower(rule, severity, hit, fact));
    let (severity, message) = match lowered {
        Some((lower, why)) => (lower, format!("{} (no {why})", hit.message)),
        None => (severity, hit.message.clone()),
    };
    let severity = hit.severity_max.map_or(severity, |most| severity.min(most));
    let page = rule.settings().phase.map(Phase::from);
    let phase = hit.phase.or(page).unwrap_or_else(|| beside.of(hit.statement));
    let written = |text: &str| file.script.as_written(text);
    Some(Finding {
        rule: rule.id,
        severity,
        category: rule.settings().category,
        phase,
        confidence: hit.confidence,
        path: file.path.clone(),
        span: hit.span,
        start: lines.position(&file.text, hit.span.offset),
        end: lines.position(&file.text, hit.span.end()),
        relation: hit.relation.as_deref().map(written),
        message: written(&message),
        help: hit.help.as_deref().map(written),
        safe: hit.safe.iter().map(|sql| written(sql)).collect(),
        cure: cure_as_written(&hit.cure, written),
        fingerprint: String::new(),
        related: hit.related.clone(),
    })
}

/// What the rules found of a change in a file that is no migration of it, or is gone: it holds no
/// statement that is judged.
pub fn lint_elsewhere(
    (path, shown, text): (&str, &str, &str),
    hits: &[Hit],
    severities: &Severities,
    postgres: Major,
) -> Linted {
    let file = Examined {
        path: path.to_owned(),
        shown: shown.to_owned(),
        version: String::new(),
        phase: None,
        place: usize::MAX,
        arrival: Arrival::default(),
        text: text.to_owned(),
        script: Script::default(),
        delivery: Delivery::default(),
        facts: Vec::new(),
    };
    lint_in_change(file, hits, severities, None, postgres)
}

/// A cure with the names as they are written.
fn cure_as_written(cure: &Cure, written: impl Fn(&str) -> String) -> Cure {
    match cure {
        Cure::Fix(fix) => {
            let edit = |edit: &Edit| Edit { span: edit.span, text: written(&edit.text) };
            let edits = fix.edits.iter().map(edit).collect();
            let then = |then: &Then| Then { sql: written(&then.sql), ..*then };
            Cure::Fix(Fix { edits, outside: fix.outside, then: fix.then.as_ref().map(then) })
        }
        Cure::Withheld(_) | Cure::None => cure.clone(),
    }
}
