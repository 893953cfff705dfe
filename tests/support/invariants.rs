//! What holds of any text, however broken: of its statements, of what is said of them, of a
//! configuration. Property tests and fuzzers ask for the same.

use migrate::config;
use migrate::examine;
use migrate::examine::Examined;
use migrate::examine::Options;
use migrate::examine::Scope;
use migrate::lint;
use migrate::lint::Severities;
use migrate::migration;
use migrate::sql;
use migrate::sql::Script;
use migrate::sql::Span;
use migrate::version::Major;
use migrate::workspace::MemoryTree;

fn read(text: &str) -> Script {
    sql::read(text, std::slice::from_ref(&(0..text.len())))
}

/// The texts of the statements of a text.
pub(crate) fn statements(text: &str) -> Vec<String> {
    let script = read(text);
    script.statements.iter().map(|statement| statement.span.of(text).to_owned()).collect()
}

/// A span is inside its text, and cuts no character.
fn check_span(text: &str, span: Span) {
    assert!(text.get(span.offset..span.end()).is_some(), "{span:?} cuts {text:?}");
}

/// Statements stand in order beside each other, so that with what is between them they are the text
/// again.
pub(crate) fn splits_and_joins(text: &str) {
    let script = read(text);
    let (mut joined, mut at) = (String::new(), 0);
    for statement in &script.statements {
        check_span(text, statement.span);
        assert!(at <= statement.span.offset, "{:?} overlaps in {text:?}", statement.span);
        joined.push_str(&text[at..statement.span.offset]);
        joined.push_str(statement.span.of(text));
        // Other blanks than those of ASCII are none to the server.
        let words = statement.span.of(text).trim_ascii();
        assert!(!words.is_empty(), "nothing is a statement: {text:?}");
        at = statement.span.end();
    }
    joined.push_str(&text[at..]);
    assert_eq!(joined, text);
    for comment in &script.comments {
        check_span(text, comment.span);
    }
    for meta in &script.metas {
        check_span(text, meta.span);
    }
}

fn examine(history: &str, text: &str, postgres: Major, wrapped: bool) -> Examined {
    let path = "case.sql".to_owned();
    let tree = MemoryTree::new(vec![(path.clone(), text.to_owned())]);
    let project = migration::loose(migration::plain(), &[path]);
    let history = [read(history)];
    let options = Options {
        postgres,
        scope: Scope::all(),
        wrapped: Some(wrapped),
        history: &history,
        alone: false,
        adopted: false,
        catalog: None,
    };
    let mut files = Vec::new();
    examine::examine(&tree, &project, &options, str::to_owned, |file| files.push(file));
    files.pop().expect("the file is judged")
}

/// The same is said of the same text each time, and of places that are in it.
pub(crate) fn is_judged_alike(history: &str, text: &str, postgres: Major, wrapped: bool) {
    let (once, again) =
        (examine(history, text, postgres, wrapped), examine(history, text, postgres, wrapped));
    assert_eq!(format!("{:?}", once.facts), format!("{:?}", again.facts));
    for fact in &once.facts {
        check_span(text, fact.analysis.span);
        for part in &fact.analysis.parts {
            check_span(text, part.span);
        }
    }
    let of = |examined| lint::lint(examined, &Severities::default(), None, postgres).findings;
    let (once, again) = (of(once), of(again));
    for finding in &once {
        check_span(text, finding.span);
    }
    assert_eq!(format!("{once:?}"), format!("{again:?}"));
}

/// A configuration is read, or its mistakes are said, at places that are in it.
pub(crate) fn is_configured(text: &str) {
    if let Err(mistakes) = config::parse(text) {
        assert!(!mistakes.is_empty());
        for mistake in mistakes {
            check_span(text, mistake.span);
        }
    }
}
