//! Our reader beside another parser of PostgreSQL: the same statements, kinds, sub-commands and
//! flags.

use super::project::root;
use migrate::rules;
use migrate::sql;
use migrate::sql::Body;
use migrate::sql::Statement;
use serde::Deserialize;
use squawk_syntax::SourceFile;
use squawk_syntax::ast;
use squawk_syntax::ast::AstNode;
use std::fs;

/// Scripts that PostgreSQL takes: the fences of the pages, the cases of the tests, and statements
/// of every kind.
fn scripts() -> Vec<String> {
    let mut scripts = Vec::new();
    for rule in rules::all() {
        let fences = rule.page().fences.iter().filter(|fence| fence.info.starts_with("sql"));
        scripts.extend(fences.map(|fence| fence.code.clone()));
    }
    let cases = read("tests/data/locks/cases.toml");
    let cases: Cases = toml::from_str(&cases).expect("the data is TOML of this form");
    for case in cases.case {
        scripts.extend([case.setup, case.session, Some(case.sql)].into_iter().flatten());
    }
    scripts.push(read("tests/data/locks/base.sql"));
    let all_kinds = read("tests/data/statements.sql");
    scripts.extend(all_kinds.split("\n\n").map(str::to_owned));
    scripts
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the data is there")
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    setup: Option<String>,
    session: Option<String>,
    sql: String,
}

/// What the other parser takes and PostgreSQL does not: `syntax error at or near "NOT"` says a
/// server of version 15 to a `CHECK` of a new column that is `NOT VALID`.
const THEY_TAKE_TOO_MUCH: &[&str] = &["ADD COLUMN age int CHECK (age > 0) NOT VALID"];

/// The statements of a script as the other parser sees them; `None` if it finds a fault.
fn theirs(script: &str) -> Option<Vec<ast::Stmt>> {
    let parsed = SourceFile::parse(script);
    if !parsed.errors().is_empty() {
        return None;
    }
    let statements = parsed.tree().stmts();
    Some(statements.filter(|statement| !matches!(statement, ast::Stmt::EmptyStmt(_))).collect())
}

fn ours(script: &str) -> Vec<Statement> {
    sql::read(script, std::slice::from_ref(&(0..script.len()))).statements
}

fn words_of(text: &str) -> String {
    text.trim().trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_another_parser_reads_we_read() {
    let mut compared = 0;
    let mut faults = Vec::new();
    for script in scripts() {
        let Some(theirs) = theirs(&script) else { continue };
        let ours = ours(&script);
        if ours.len() != theirs.len() {
            faults.push(format!("{} statements, not {}: {script}", ours.len(), theirs.len()));
            continue;
        }
        for (our, their) in ours.iter().zip(&theirs) {
            compared += 1;
            let text = our.span.of(&script);
            if words_of(&their.syntax().text().to_string()) != words_of(text) {
                faults.push(format!("another statement: {text}"));
            }
            if THEY_TAKE_TOO_MUCH.iter().any(|wrong| text.contains(wrong)) {
                assert!(matches!(our.body, Body::Unreadable(_)), "{text}");
                continue;
            }
            let differences = differences(our, their).into_iter();
            faults.extend(differences.map(|what| format!("{what}: {text}")));
        }
    }
    assert!(faults.is_empty(), "{} of {compared}:\n{}", faults.len(), faults.join("\n"));
    assert!(compared > 1_500, "only {compared} statements were compared");
}

/// What the two say otherwise of one statement.
fn differences(our: &Statement, their: &ast::Stmt) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what} {ours}, not {theirs}"));
        }
    };
    match (&our.body, their) {
        (Body::Unreadable(misread), _) => same("read", misread.reason.clone(), String::new()),
        // What a block puts together while it runs, or in another language, nobody can read.
        (Body::Do(_) | Body::Dynamic(_), _) => {}
        (body, _) if !body.is_understood() => same("read", "in part".into(), "whole".into()),
        (Body::AlterRelation(alter), ast::Stmt::AlterTable(other)) => {
            let moves = other.all_in_tablespace().is_some();
            let count = if moves { 1 } else { other.actions().count() };
            same("sub-commands", alter.actions.len().to_string(), count.to_string());
            let exists = other.if_exists().is_some();
            same("IF EXISTS", alter.if_exists.to_string(), exists.to_string());
            let relation = other.table_relation_name().map(|name| name.syntax().text().to_string());
            let relation = relation.unwrap_or_default();
            let last = relation.trim_matches(['*', ' ']).rsplit('.').next().unwrap_or_default();
            let last = last.trim_matches('"').to_lowercase();
            if !moves {
                same("relation", alter.name.name.to_lowercase(), last);
            }
        }
        (Body::CreateIndex(create), ast::Stmt::CreateIndex(other)) => {
            let concurrently = other.concurrently_token().is_some();
            same("CONCURRENTLY", create.concurrently.to_string(), concurrently.to_string());
            let exists = other.if_not_exists().is_some();
            same("IF NOT EXISTS", create.if_not_exists.to_string(), exists.to_string());
            let partial = other.where_clause().is_some();
            same("WHERE", create.predicate.is_some().to_string(), partial.to_string());
        }
        (Body::Drop(drop), ast::Stmt::DropIndex(other)) => {
            let concurrently = other.concurrently_token().is_some();
            same("CONCURRENTLY", drop.concurrently.to_string(), concurrently.to_string());
            let count = other.index_refs().count();
            same("objects", drop.objects.len().to_string(), count.to_string());
        }
        (body, other) => {
            if let Some(expected) = expected_body(other) {
                same("kind", body_word(body).to_owned(), expected.to_owned());
            }
        }
    }
    found
}

/// A word for what we take a statement for.
fn body_word(body: &Body) -> &'static str {
    match body {
        Body::CreateTable(_) => "create table",
        Body::CreateTableAs(_) => "create table as",
        Body::CreateIndex(_) => "create index",
        Body::CreateView(_) => "create view",
        Body::CreateSequence(_) => "create sequence",
        Body::CreateDomain(_) => "create domain",
        Body::CreateFunction(_) => "create function",
        Body::CreateTrigger(_) => "create trigger",
        Body::CreateSchema(_) => "create schema",
        Body::Drop(_) => "drop",
        Body::Truncate(_) => "truncate",
        Body::Lock(_) => "lock",
        Body::Comment(_) => "comment",
        Body::Grant(_) => "grant",
        Body::Reindex(_) => "reindex",
        Body::Cluster(_) => "cluster",
        Body::Refresh(_) => "refresh",
        Body::Vacuum(_) => "vacuum",
        Body::Data(_) => "data",
        Body::Query(_) => "query",
        Body::Copy(_) => "copy",
        Body::Do(_) => "do",
        Body::Transaction(_) => "transaction",
        _ => "other",
    }
}

/// The word for it, going by the other parser; `None` where the two divide things otherwise.
fn expected_body(statement: &ast::Stmt) -> Option<&'static str> {
    Some(match statement {
        ast::Stmt::CreateTable(_) | ast::Stmt::CreateForeignTable(_) => "create table",
        ast::Stmt::CreateTableAs(_) | ast::Stmt::SelectInto(_) => "create table as",
        ast::Stmt::CreateView(_) | ast::Stmt::CreateMaterializedView(_) => "create view",
        ast::Stmt::CreateSequence(_) => "create sequence",
        ast::Stmt::CreateDomain(_) => "create domain",
        ast::Stmt::CreateFunction(_) | ast::Stmt::CreateProcedure(_) => "create function",
        ast::Stmt::CreateTrigger(_) => "create trigger",
        ast::Stmt::CreateSchema(_) => "create schema",
        ast::Stmt::DropTable(_)
        | ast::Stmt::DropView(_)
        | ast::Stmt::DropFunction(_)
        | ast::Stmt::DropType(_)
        | ast::Stmt::DropSequence(_)
        | ast::Stmt::DropSchema(_)
        | ast::Stmt::DropTrigger(_) => "drop",
        ast::Stmt::Truncate(_) => "truncate",
        ast::Stmt::Lock(_) => "lock",
        ast::Stmt::CommentOn(_) => "comment",
        ast::Stmt::Grant(_) | ast::Stmt::Revoke(_) => "grant",
        ast::Stmt::Reindex(_) => "reindex",
        ast::Stmt::Cluster(_) => "cluster",
        ast::Stmt::Refresh(_) => "refresh",
        ast::Stmt::Vacuum(_) | ast::Stmt::Analyze(_) => "vacuum",
        ast::Stmt::Insert(_)
        | ast::Stmt::Update(_)
        | ast::Stmt::Delete(_)
        | ast::Stmt::Merge(_) => "data",
        ast::Stmt::Values(_) | ast::Stmt::Table(_) => "query",
        ast::Stmt::Copy(_) => "copy",
        ast::Stmt::Do(_) => "do",
        ast::Stmt::Begin(_)
        | ast::Stmt::Commit(_)
        | ast::Stmt::Rollback(_)
        | ast::Stmt::SavepointCreate(_)
        | ast::Stmt::ReleaseSavepoint(_) => "transaction",
        _ => return None,
    })
}
