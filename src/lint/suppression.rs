//! Comments that allow what a rule would find: `-- migrate: allow <id> because <reason>`.

use crate::effect::Confidence;
use crate::nearest::nearest;
use crate::rules;
use crate::rules::Hit;
use crate::sql::Script;
use crate::sql::Span;

/// The suppressions of a file.
pub(super) struct Suppressions {
    all: Vec<Suppression>,
}

/// One rule allowed for one statement.
struct Suppression {
    rule: String,
    /// Where the rule's name stands.
    span: Span,
    reason: bool,
    /// The statement it is for; `None` where none follows.
    statement: Option<usize>,
    used: bool,
}

/// Reads the suppressions of a file.
pub(super) fn read(text: &str, script: &Script) -> Suppressions {
    let mut all = Vec::new();
    for comment in &script.comments {
        let statement = statement_of(script, comment.span, comment.trailing);
        all.extend(parse(text, comment.span, statement));
    }
    Suppressions { all }
}

/// The statement that a comment is about: the one it stands in or after on a line, else the next.
fn statement_of(script: &Script, comment: Span, trailing: bool) -> Option<usize> {
    let statements = &script.statements;
    let next = statements.partition_point(|statement| statement.span.offset <= comment.offset);
    let before = next.checked_sub(1);
    let inside = before.filter(|&at| trailing || statements[at].span.contains(comment.offset));
    inside.or((next < statements.len()).then_some(next))
}

/// The suppressions in one comment.
fn parse(text: &str, comment: Span, statement: Option<usize>) -> Vec<Suppression> {
    let body = comment.of(text);
    let trimmed = body.trim_start_matches(['-', '/', '*', ' ', '\t']);
    let Some(rest) = trimmed.strip_prefix("migrate:").map(str::trim_start) else {
        return Vec::new();
    };
    let Some(rest) = rest.strip_prefix("allow").filter(|rest| rest.starts_with([' ', '\t'])) else {
        return Vec::new();
    };
    let rest = rest.trim_end_matches(['*', '/', ' ']);
    let (rules, reason) = match rest.split_once(" because") {
        Some((rules, reason)) => (rules, !reason.trim().is_empty()),
        None => (rest, false),
    };
    // The words are slices of the text, so that their places can be told.
    let words = rules.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let suppression = |word: &str| {
        let start = place(word);
        Suppression {
            rule: word.to_owned(),
            span: Span::new(start, start + word.len()),
            reason,
            statement,
            used: false,
        }
    };
    words.map(suppression).collect()
}

impl Suppressions {
    /// Whether a finding of this rule about this statement is allowed.
    pub(super) fn allows(&mut self, rule: &str, statement: usize) -> bool {
        let mut allowed = false;
        for suppression in &mut self.all {
            if suppression.rule == rule && suppression.statement == Some(statement) {
                suppression.used = true;
                allowed = true;
            }
        }
        allowed
    }

    /// What is to be said of the suppressions themselves.
    pub(super) fn hits(&self, script: &Script) -> Vec<Hit> {
        let mut hits = Vec::new();
        for suppression in &self.all {
            let rule = &suppression.rule;
            if rules::find(rule).is_none() {
                let near = nearest(rule, rules::all().map(|rule| rule.id))
                    .map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no rule `{rule}` to allow");
                hits.push(hit("suppression-of-unknown-rule", suppression, message, near));
                continue;
            }
            if !suppression.reason {
                let message = format!("`{rule}` is allowed here without a reason");
                let help = format!("say why: -- migrate: allow {rule} because <reason>");
                hits.push(hit("suppression-without-reason", suppression, message, Some(help)));
            }
            if !suppression.used {
                let what = match suppression.statement {
                    Some(_) => "the statement",
                    None if script.statements.is_empty() => "a file without statements",
                    None => "what follows",
                };
                let message = format!("`{rule}` is allowed here, but finds nothing in {what}");
                let help = Some("remove the comment".to_owned());
                hits.push(hit("unused-suppression", suppression, message, help));
            }
        }
        hits
    }
}

fn hit(rule: &'static str, at: &Suppression, message: String, help: Option<String>) -> Hit {
    Hit {
        rule,
        statement: at.statement.unwrap_or(0),
        span: at.span,
        phase: None,
        confidence: Confidence::Known,
        relation: None,
        message,
        help,
        safe: Vec::new(),
    }
}
