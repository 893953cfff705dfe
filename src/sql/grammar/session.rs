//! Transactions, settings, privileges, comments, and statements that touch no relation.

use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::cursor::string_value;
use crate::sql::lexer::TokenKind;
use crate::sql::name::Name;
use crate::sql::statement::Body;
use crate::sql::statement::CreateOther;
use crate::sql::statement::Grant;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::statement::SetParameter;
use crate::sql::statement::TransactionVerb;

/// Transaction control, if that is what this is.
pub(super) fn transaction(c: &mut Cursor) -> Option<Read<Body>> {
    let verb = if c.eat("BEGIN") || c.eat("START TRANSACTION") {
        c.take(usize::MAX);
        TransactionVerb::Begin
    } else if c.eat("COMMIT PREPARED") {
        c.take(usize::MAX);
        TransactionVerb::CommitPrepared
    } else if c.eat("ROLLBACK PREPARED") {
        c.take(usize::MAX);
        TransactionVerb::RollbackPrepared
    } else if c.eat("PREPARE TRANSACTION") {
        c.take(usize::MAX);
        TransactionVerb::Prepare
    } else if c.eat("COMMIT") || c.eat("END") {
        if chained(c) { TransactionVerb::CommitAndChain } else { TransactionVerb::Commit }
    } else if c.looking_at("ROLLBACK") || c.looking_at("ABORT") {
        c.advance();
        work(c);
        if c.eat("TO") {
            c.eat("SAVEPOINT");
            match c.identifier() {
                Ok(name) => TransactionVerb::RollbackTo(name),
                Err(misread) => return Some(Err(misread)),
            }
        } else if chained(c) {
            TransactionVerb::RollbackAndChain
        } else {
            TransactionVerb::Rollback
        }
    } else if c.eat("SAVEPOINT") {
        match c.identifier() {
            Ok(name) => TransactionVerb::Savepoint(name),
            Err(misread) => return Some(Err(misread)),
        }
    } else if c.eat("RELEASE") {
        c.eat("SAVEPOINT");
        match c.identifier() {
            Ok(name) => TransactionVerb::Release(name),
            Err(misread) => return Some(Err(misread)),
        }
    } else {
        return None;
    };
    Some(Ok(Body::Transaction(verb)))
}

fn work(c: &mut Cursor) {
    let _ = c.eat("WORK") || c.eat("TRANSACTION");
}

/// `[WORK] [AND [NO] CHAIN]`.
fn chained(c: &mut Cursor) -> bool {
    work(c);
    let chained = c.eat("AND CHAIN");
    c.eat("AND NO CHAIN");
    chained
}

/// `EXPLAIN`, which only runs its statement with `ANALYZE`.
pub(super) fn explain(c: &mut Cursor) -> Read<Body> {
    c.expect("EXPLAIN")?;
    let mut analyze = false;
    if c.symbol_at(0, "(") && !["SELECT", "WITH", "VALUES"].iter().any(|word| c.word_at(1, word)) {
        let options = object::options(c)?;
        analyze = options.iter().any(|(option, _)| {
            let (name, value) = option.split_once(' ').unwrap_or((option, ""));
            name == "analyze" && !["false", "off", "0"].contains(&value)
        });
    } else {
        analyze |= c.eat("ANALYZE") || c.eat("ANALYSE");
        c.eat("VERBOSE");
    }
    let inner = super::statement(c.take(usize::MAX).nested());
    match inner.body {
        Body::Unreadable(misread) => Err(misread),
        _ => Ok(Body::Explain(Box::new(inner), analyze)),
    }
}

/// `PREPARE name [(types)] AS statement`.
pub(super) fn prepare(c: &mut Cursor) -> Read<Body> {
    c.expect("PREPARE")?;
    c.identifier()?;
    if c.symbol_at(0, "(") {
        c.brackets()?;
    }
    c.expect("AS")?;
    c.take(usize::MAX);
    Ok(Body::Utility("prepare"))
}

/// `COMMENT ON` and `SECURITY LABEL ON`.
pub(super) fn comment(c: &mut Cursor) -> Read<Body> {
    if c.eat("SECURITY LABEL") {
        if c.eat("FOR") {
            c.advance();
        }
    } else {
        c.expect("COMMENT")?;
    }
    c.expect("ON")?;
    let kind = object::kind(c)?;
    let object = object::reference(c, kind)?;
    c.expect("IS")?;
    if !c.eat("NULL") {
        c.string()?;
    }
    Ok(Body::Comment(object))
}

/// `GRANT` and `REVOKE`.
pub(super) fn grant(c: &mut Cursor) -> Read<Body> {
    let revoke = c.eat("REVOKE");
    if !revoke {
        c.expect("GRANT")?;
    }
    let to = if revoke { "FROM" } else { "TO" };
    let what = c.take_until(|c| c.word_at(0, "ON") || c.word_at(0, to));
    if what.is_done() {
        return Err(c.unexpected("a privilege or a role"));
    }
    if !c.eat("ON") {
        c.expect(to)?;
        c.take(usize::MAX);
        let (objects, schemas) = (Vec::new(), Vec::new());
        return Ok(Body::Grant(Grant { revoke, objects, schemas, of_roles: true }));
    }
    let (mut objects, mut schemas) = (Vec::new(), Vec::new());
    if c.eat("ALL") {
        c.label()?;
        c.expect("IN SCHEMA")?;
        schemas = c.list(Cursor::label)?;
    } else {
        let mark = c.mark();
        let kind = match object::kind(c) {
            // A table may be called like a kind: `GRANT … ON role TO …`.
            Ok(_) if c.word_at(0, to) || c.symbol_at(0, ",") || c.symbol_at(0, ".") => {
                c.reset(mark);
                ObjectKind::Table
            }
            Ok(kind) => kind,
            Err(_) => ObjectKind::Table,
        };
        objects = c.list(|c| match kind {
            ObjectKind::Type | ObjectKind::Domain | ObjectKind::Parameter => {
                Ok(ObjectRef::new(kind, c.name()?))
            }
            _ => object::reference(c, kind),
        })?;
    }
    c.expect(to)?;
    c.take(usize::MAX);
    Ok(Body::Grant(Grant { revoke, objects, schemas, of_roles: false }))
}

/// `SET` in all its forms.
pub(super) fn set(c: &mut Cursor) -> Read<Body> {
    c.expect("SET")?;
    if c.eat("CONSTRAINTS") {
        c.take(usize::MAX);
        return Ok(Body::Utility("set-constraints"));
    }
    if c.eat("TRANSACTION") || c.eat("SESSION CHARACTERISTICS AS TRANSACTION") {
        c.take(usize::MAX);
        return Ok(Body::Utility("set-transaction"));
    }
    let local = c.eat("LOCAL");
    if !local && !c.looking_at("SESSION AUTHORIZATION") {
        c.eat("SESSION");
    }
    let spelled = [
        ("TIME ZONE", "timezone"),
        ("SCHEMA", "search_path"),
        ("NAMES", "client_encoding"),
        ("ROLE", "role"),
        ("SESSION AUTHORIZATION", "session_authorization"),
        ("XML OPTION", "xmloption"),
    ];
    let name = if let Some((words, name)) = spelled
        .iter()
        .find(|(words, _)| c.looking_at(words) && !c.symbol_at(words.split(' ').count(), "="))
    {
        c.eat(words);
        (*name).to_owned()
    } else {
        let name = c.parts()?.join(".");
        if !c.eat("TO") {
            c.expect_symbol("=")?;
        }
        name.to_ascii_lowercase()
    };
    let values = if c.eat("DEFAULT") { None } else { Some(values(c)?) };
    Ok(Body::Set(SetParameter { name, values, local }))
}

fn values(c: &mut Cursor) -> Read<Vec<String>> {
    let values = c.list(|c| {
        let item = c.take_item();
        if item.is_done() {
            return Err(item.unexpected("a value"));
        }
        let text = item.slice(item.rest_span());
        Ok(match item.kind_at(0) {
            Some(TokenKind::String | TokenKind::Dollar) if item.rest().len() == 1 => {
                string_value(text)
            }
            Some(TokenKind::Quoted) if item.rest().len() == 1 => {
                crate::sql::cursor::unquote_identifier(text)
            }
            _ => text.to_ascii_lowercase(),
        })
    })?;
    Ok(values)
}

/// `RESET`.
pub(super) fn reset(c: &mut Cursor) -> Read<Body> {
    c.expect("RESET")?;
    let name = if c.eat("SESSION AUTHORIZATION") {
        "session_authorization".to_owned()
    } else if c.eat("TIME ZONE") {
        "timezone".to_owned()
    } else if c.eat("ALL") {
        "all".to_owned()
    } else {
        c.parts()?.join(".").to_ascii_lowercase()
    };
    Ok(Body::Set(SetParameter { name, values: None, local: false }))
}

/// `IMPORT FOREIGN SCHEMA`: the tables that it makes are not known.
pub(super) fn import(c: &mut Cursor) -> Read<Body> {
    c.expect("IMPORT FOREIGN SCHEMA")?;
    let name = Name::bare(c.label()?);
    c.take(usize::MAX);
    Ok(Body::CreateOther(CreateOther {
        object: ObjectRef::new(ObjectKind::ForeignTable, name),
        or_replace: false,
        if_not_exists: false,
        tables: Vec::new(),
        all_tables: false,
        options: Vec::new(),
    }))
}

/// Statements by their first words that need no more said.
pub(super) fn utility(c: &mut Cursor) -> Read<Body> {
    const WORDS: &[(&str, &str)] = &[
        ("CHECKPOINT", "checkpoint"),
        ("CLOSE", "close"),
        ("DEALLOCATE", "deallocate"),
        ("DISCARD ALL", "discard-all"),
        ("DISCARD", "discard"),
        ("EXECUTE", "execute"),
        ("FETCH", "fetch"),
        ("LISTEN", "listen"),
        ("LOAD", "load"),
        ("MOVE", "move"),
        ("NOTIFY", "notify"),
        ("REASSIGN OWNED BY", "reassign-owned"),
        ("SHOW", "show"),
        ("UNLISTEN", "unlisten"),
    ];
    if c.eat("CALL") {
        let procedure = c.name()?;
        c.take(usize::MAX);
        return Ok(Body::Call(procedure));
    }
    if c.eat("DECLARE") {
        // A cursor locks what its query does, once it is declared.
        c.identifier()?;
        c.take_until(|c| c.word_at(0, "FOR"));
        c.expect("FOR")?;
        return super::data::data(c);
    }
    let found = WORDS.iter().find(|(words, _)| c.eat(words));
    let Some(&(_, kind)) = found else { return Err(c.unexpected("a PostgreSQL statement")) };
    if c.is_done() && !kind.starts_with("discard") && kind != "checkpoint" {
        return Err(c.unexpected("more"));
    }
    c.take(usize::MAX);
    Ok(Body::Utility(kind))
}
