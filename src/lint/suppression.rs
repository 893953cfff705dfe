//! Comments that allow what a rule would find: `-- migrate: allow <id> because <reason>`.

use crate::effect::Confidence;
use crate::effect::Fact;
use crate::effect::Part;
use crate::effect::Phase;
use crate::nearest::nearest;
use crate::rules;
use crate::rules::Cure;
use crate::rules::Hit;
use crate::rules::Rule;
use crate::sql::Body;
use crate::sql::Comment;
use crate::sql::InnerStatement;
use crate::sql::Script;
use crate::sql::Span;
use std::collections::HashMap;

/// The suppressions of a file.
pub(super) struct Suppressions {
    all: Vec<Suppression>,
    /// Their places in the list, by statement.
    of: HashMap<usize, Vec<usize>>,
    /// Comments that were meant to be one, each with what is said of it.
    slips: Vec<Slip>,
}

/// One rule allowed for one statement.
struct Suppression {
    rule: String,
    /// Where the rule's name stands.
    span: Span,
    reason: Reason,
    about: About,
    /// Other rules are allowed by the same comment.
    listed: bool,
    used: bool,
}

/// What is said after the rules.
#[derive(Clone)]
enum Reason {
    Given,
    Missing,
    /// Words, but not `because` before them.
    WithoutBecause(String),
}

/// What a comment is about.
#[derive(Clone, Copy, Default)]
struct About {
    /// The statement's place in the file; `None` where none follows.
    statement: Option<usize>,
    /// The statement in it, where it is a block and the comment stands inside.
    inner: Option<Span>,
}

/// A comment that is no suppression, and was meant to be one.
struct Slip {
    span: Span,
    about: About,
    message: String,
    help: String,
}

/// Reads the suppressions of a file.
pub(super) fn read(text: &str, script: &Script) -> Suppressions {
    let mut found = Suppressions { all: Vec::new(), of: HashMap::new(), slips: Vec::new() };
    for comment in &script.comments {
        if let Some(words) = addressed(text, comment.span) {
            found.read(text, words, about(text, script, *comment));
        }
    }
    found
}

/// What stands after `migrate:` in a comment that begins with it.
fn addressed(text: &str, comment: Span) -> Option<&str> {
    let body = comment.of(text).trim_start_matches(['-', '/', '*', ' ', '\t']);
    Some(body.strip_prefix("migrate:")?.trim_start().trim_end_matches(['*', '/', ' ']))
}

/// The statement that a comment is about: the one it stands in or after on a line, else the next.
fn about(text: &str, script: &Script, comment: Comment) -> About {
    let statements = &script.statements;
    let at = comment.span.offset;
    let next = statements.partition_point(|statement| statement.span.offset <= at);
    let before = next.checked_sub(1);
    if let Some(before) = before
        && let Body::Do(block) = &statements[before].body
        && statements[before].span.contains(at)
    {
        let inner = inner(text, &block.inner, comment.span);
        return About { statement: inner.map(|_| before), inner };
    }
    let inside = before.filter(|&before| comment.trailing || statements[before].span.contains(at));
    let statement = inside.or((next < statements.len()).then_some(next));
    About { statement, inner: None }
}

/// The statement of a block that a comment in it is about.
fn inner(text: &str, statements: &[InnerStatement], comment: Span) -> Option<Span> {
    let spans = statements.iter().map(|inner| inner.statement.span);
    let (before, after): (Vec<Span>, Vec<Span>) =
        spans.partition(|span| span.offset <= comment.offset);
    let beside = |span: &Span| {
        let end = span.end().min(comment.offset);
        span.contains(comment.offset) || !text[end..comment.offset].contains('\n')
    };
    before.into_iter().rfind(beside).or_else(|| after.into_iter().next())
}

impl Suppressions {
    /// Reads what stands after `migrate:`; the words are slices of the text, so that their places
    /// can be told.
    fn read(&mut self, text: &str, words: &str, about: About) {
        let place = |word: &str| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            Span::new(start, start + word.len())
        };
        let (verb, rest) = words.split_once([' ', '\t']).unwrap_or((words, ""));
        if verb != "allow" {
            if let Some(help) = meant_to_allow(verb, rest) {
                let message = format!("`migrate: {verb}` allows nothing");
                self.slips.push(Slip { span: place(verb), about, message, help });
            }
            return;
        }
        let (names, reason) = divide(rest);
        if names.is_empty() {
            let message = "this comment names no rule to allow".to_owned();
            let help = "write: -- migrate: allow <rule> because <reason>".to_owned();
            self.slips.push(Slip { span: place(verb), about, message, help });
        }
        let listed = names.len() > 1;
        for (number, name) in names.into_iter().enumerate() {
            // One comment is reminded once of `because`.
            let reason = match &reason {
                Reason::WithoutBecause(_) if number > 0 => Reason::Given,
                other => other.clone(),
            };
            if let Some(statement) = about.statement {
                self.of.entry(statement).or_default().push(self.all.len());
            }
            self.all.push(Suppression {
                rule: name.to_owned(),
                span: place(name),
                reason,
                about,
                listed,
                used: false,
            });
        }
    }
}

/// What to say of a word that stands where `allow` would, if that is what was meant: the name of a
/// rule, or something like one, has to follow.
fn meant_to_allow(verb: &str, rest: &str) -> Option<String> {
    const OTHERS: &[&str] = &["disable", "ignore", "nolint", "off", "skip", "suppress"];
    let lower = verb.to_lowercase();
    let meant = nearest(&lower, ["allow"]).is_some() || OTHERS.contains(&lower.as_str());
    let next = rest.split([' ', '\t', ',']).find(|word| !word.is_empty())?;
    let named = next.contains('-') && like(next).is_some();
    (meant && named).then(|| "did you mean `allow`?".to_owned())
}

/// The rule that a name is, or is like.
fn like(name: &str) -> Option<&'static str> {
    nearest(&name.to_lowercase(), rules::all().map(|rule| rule.id))
}

/// The names of rules, and the reason. Without `because`, names go on as long as there are commas
/// between them, or they are rules.
fn divide(rest: &str) -> (Vec<&str>, Reason) {
    let is_blank = |c: char| [' ', '\t', ','].contains(&c);
    let words = |text: &'_ str| text.split(is_blank).filter(|word| !word.is_empty()).count();
    let lower = rest.to_ascii_lowercase();
    let because = lower.match_indices("because").map(|(at, _)| at).find(|&at| {
        let end = at + "because".len();
        (at == 0 || lower[..at].ends_with([' ', '\t']))
            && (lower.len() == end || lower[end..].starts_with([' ', '\t', ':']))
    });
    if let Some(at) = because {
        let given = words(&rest[at + "because".len()..]) > 0;
        let names = rest[..at].split(is_blank).filter(|word| !word.is_empty()).collect();
        return (names, if given { Reason::Given } else { Reason::Missing });
    }
    let mut names: Vec<&str> = Vec::new();
    let mut left = rest.trim_start_matches(is_blank);
    let mut goes_on = true;
    while !left.is_empty() {
        let word = &left[..left.find(is_blank).unwrap_or(left.len())];
        if !goes_on && rules::find(word).is_none() {
            break;
        }
        names.push(word);
        let after = &left[word.len()..];
        left = after.trim_start_matches(is_blank);
        goes_on = after[..after.len() - left.len()].contains(',');
    }
    let reason = left.trim_start_matches(['-', ':', ' ', '(']).trim_end_matches([' ', ')']);
    if reason.is_empty() {
        (names, Reason::Missing)
    } else {
        (names, Reason::WithoutBecause(reason.to_owned()))
    }
}

impl Suppressions {
    /// Whether a finding of this rule at this place of this statement is allowed.
    pub(super) fn allows(&mut self, rule: &str, statement: usize, span: Span) -> bool {
        // Most files have none: no page is read for them.
        if self.all.is_empty() || !rules::find(rule).is_none_or(is_allowable) {
            return false;
        }
        let mut allowed = false;
        for &at in self.of.get(&statement).into_iter().flatten() {
            let suppression = &mut self.all[at];
            let here = suppression.about.inner.is_none_or(|of| of.contains(span.offset));
            if suppression.rule == rule && here {
                suppression.used = true;
                allowed = true;
            }
        }
        allowed
    }

    /// What is to be said of the suppressions themselves. Of a rule that was not asked it is not
    /// known whether it finds anything.
    pub(super) fn hits(
        &self,
        facts: &[Fact],
        is_on: impl Fn(&Rule) -> bool,
        is_asked: impl Fn(&Rule) -> bool,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        for slip in &self.slips {
            let help = Some(slip.help.clone());
            let rule = "suppression-of-unknown-rule";
            hits.push(hit(rule, facts, slip.about, slip.span, slip.message.clone(), help));
        }
        for suppression in &self.all {
            let Suppression { rule, span, about, .. } = suppression;
            let mut say = |id: &'static str, message: String, help: Option<String>| {
                hits.push(hit(id, facts, *about, *span, message, help));
            };
            let Some(known) = rules::find(rule) else {
                let near = like(rule).map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no rule `{rule}` to allow");
                say("suppression-of-unknown-rule", message, near);
                continue;
            };
            if let Some((message, help)) = suppression.lacks() {
                say("suppression-without-reason", message, Some(help));
            }
            if !is_allowable(known) {
                let message = format!("`{rule}` cannot be allowed by a comment");
                let help = format!("remove the comment; migrate explain {rule} tells the way out");
                say("unused-suppression", message, Some(help));
            } else if !suppression.used && is_asked(known) {
                let (message, help) = suppression.is_idle(is_on(known));
                say("unused-suppression", message, Some(help.to_owned()));
            }
        }
        hits
    }
}

/// Whether a comment silences a rule.
fn is_allowable(rule: &Rule) -> bool {
    rule.settings().allowable
}

impl Suppression {
    /// What is said where no reason is given.
    fn lacks(&self) -> Option<(String, String)> {
        let rule = &self.rule;
        match &self.reason {
            Reason::Given => None,
            Reason::Missing => Some((
                format!("`{rule}` is allowed here without a reason"),
                format!("say why: -- migrate: allow {rule} because <reason>"),
            )),
            Reason::WithoutBecause(words) => Some((
                format!("`{rule}` is allowed here, and `because` is missing before the reason"),
                format!("write: -- migrate: allow {rule} because {words}"),
            )),
        }
    }

    /// What is said where it allows nothing.
    fn is_idle(&self, is_on: bool) -> (String, &'static str) {
        let rule = &self.rule;
        if !is_on {
            let message = format!("`{rule}` is allowed here, and is turned off anyway");
            return (message, "remove the comment, or turn the rule on");
        }
        let help = if self.listed { "take it out of the list" } else { "remove the comment" };
        match self.about.statement {
            Some(_) => {
                (format!("`{rule}` is allowed here, but finds nothing in the statement"), help)
            }
            None => (format!("`{rule}` is allowed here, but no statement follows"), help),
        }
    }
}

fn hit(
    rule: &'static str,
    facts: &[Fact],
    about: About,
    span: Span,
    message: String,
    help: Option<String>,
) -> Hit {
    Hit {
        rule,
        // One that no file holds, where it is about none.
        statement: about.statement.unwrap_or(usize::MAX),
        span,
        phase: phase(facts, about),
        confidence: Confidence::Known,
        relation: None,
        message,
        help,
        safe: Vec::new(),
        cure: Cure::None,
        severity_max: None,
        related: Vec::new(),
    }
}

/// The phase of what a comment is about.
fn phase(facts: &[Fact], about: About) -> Option<Phase> {
    let fact = facts.get(about.statement?)?;
    let inside = |part: &&Part| about.inner.is_none_or(|inner| inner.contains(part.span.offset));
    fact.analysis.parts.iter().filter(inside).filter_map(Part::phase).max()
}
