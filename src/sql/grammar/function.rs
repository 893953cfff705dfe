//! Routines, and what calls them: functions, procedures, triggers, rules, policies.

use super::data;
use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::cursor::string_value;
use crate::sql::expr::Expr;
use crate::sql::lexer::TokenKind;
use crate::sql::lower;
use crate::sql::query::Query;
use crate::sql::query::RelationUse;
use crate::sql::query::With;
use crate::sql::query::WithBody;
use crate::sql::statement::Body;
use crate::sql::statement::CreateFunction;
use crate::sql::statement::CreateOnTable;
use crate::sql::statement::CreateTrigger;
use crate::sql::statement::FunctionBody;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::Statement;
use crate::sql::statement::Volatility;
use crate::sql::types;

/// After `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`.
pub(super) fn create_function(c: &mut Cursor, or_replace: bool, procedure: bool) -> Read<Body> {
    let name = c.name()?;
    let optional = object::optional_arguments(&mut c.clone())?;
    let mut function = CreateFunction {
        name,
        procedure,
        or_replace,
        arguments: object::argument_types(c)?,
        optional,
        returns: None,
        language: None,
        volatility: Volatility::default(),
        strict: false,
        security_definer: false,
        sets_parameters: false,
        body: None,
    };
    while !c.is_done() {
        option(c, &mut function)?;
    }
    Ok(Body::CreateFunction(Box::new(function)))
}

/// Options that say what holds anyway, or what an analysis does not ask.
const DEFAULTS: &[&str] = &[
    "VOLATILE",
    "WINDOW",
    "CALLED ON NULL INPUT",
    "LEAKPROOF",
    "NOT LEAKPROOF",
    "SECURITY INVOKER",
    "EXTERNAL SECURITY INVOKER",
];

fn option(c: &mut Cursor, function: &mut CreateFunction) -> Read<()> {
    if c.eat("RETURNS NULL ON NULL INPUT") || c.eat("STRICT") {
        function.strict = true;
    } else if c.eat("RETURNS TABLE") {
        c.brackets()?;
        function.returns = Some(types::TypeName::builtin("record"));
    } else if c.eat("RETURNS") {
        function.returns = Some(types::type_name(c)?);
    } else if c.eat("LANGUAGE") {
        let name = if c.kind_at(0) == Some(TokenKind::String) { c.string()? } else { c.label()? };
        function.language = Some(name.to_ascii_lowercase());
    } else if c.eat("IMMUTABLE") {
        function.volatility = Volatility::Immutable;
    } else if c.eat("STABLE") {
        function.volatility = Volatility::Stable;
    } else if c.eat("SECURITY DEFINER") || c.eat("EXTERNAL SECURITY DEFINER") {
        function.security_definer = true;
    } else if c.eat_one(DEFAULTS).is_some() {
    } else if c.eat("PARALLEL") || c.eat("SUPPORT") {
        c.name()?;
    } else if c.eat("COST") || c.eat("ROWS") {
        c.advance();
    } else if c.eat("SET") {
        function.sets_parameters = true;
        parameter(c)?;
    } else if c.eat("TRANSFORM") {
        c.list(|c| {
            c.expect("FOR TYPE")?;
            types::type_name(c)
        })?;
    } else if c.eat("WITH") {
        c.brackets()?;
    } else {
        return body(c, function);
    }
    Ok(())
}

/// `name {TO|=} values` or `name FROM CURRENT`; the values end where another option starts.
fn parameter(c: &mut Cursor) -> Read<()> {
    c.parts()?;
    if c.eat("FROM CURRENT") {
        return Ok(());
    }
    if !c.eat("TO") {
        c.expect_symbol("=")?;
    }
    loop {
        c.eat_symbol("-");
        if c.advance().is_none() {
            return Err(c.unexpected("a value"));
        }
        if !c.eat_symbol(",") {
            return Ok(());
        }
    }
}

fn body(c: &mut Cursor, function: &mut CreateFunction) -> Read<()> {
    let mark = c.mark();
    if c.eat("AS") {
        let span = c.here();
        let token = c.peek().ok_or_else(|| c.unexpected("a function body"))?;
        let text = string_value(c.text_of(token));
        c.string()?;
        if c.eat_symbol(",") {
            c.string()?;
        }
        function.body = Some(FunctionBody { span, text, parsed: false });
        return Ok(());
    }
    if c.eat("RETURN") {
        let rest = c.take(usize::MAX);
        let text = format!("SELECT {}", rest.slice(rest.rest_span()));
        function.body = Some(FunctionBody { span: rest.rest_span(), text, parsed: true });
        return Ok(());
    }
    if c.looking_at("BEGIN ATOMIC") {
        let span = c.rest_span();
        let text = c.slice(span).to_owned();
        c.take(usize::MAX);
        function.body = Some(FunctionBody { span, text, parsed: true });
        return Ok(());
    }
    c.reset(mark);
    Err(c.unexpected("an option of a function"))
}

/// From `[CONSTRAINT] TRIGGER` on.
pub(super) fn create_trigger(c: &mut Cursor, or_replace: bool) -> Read<Body> {
    let constraint = c.eat("CONSTRAINT");
    c.expect("TRIGGER")?;
    let name = c.identifier()?;
    if c.eat_one(&["BEFORE", "AFTER", "INSTEAD OF"]).is_none() {
        return Err(c.unexpected("`BEFORE`, `AFTER` or `INSTEAD OF`"));
    }
    let mut update_of = Vec::new();
    loop {
        let event = c.eat_one(&["INSERT", "UPDATE", "DELETE", "TRUNCATE"]);
        if event.is_none() {
            return Err(c.unexpected("an event"));
        }
        if c.eat("OF") {
            update_of.extend(c.list(Cursor::identifier)?);
        }
        if !c.eat("OR") {
            break;
        }
    }
    c.expect("ON")?;
    let table = c.name()?;
    let from = if c.eat("FROM") { Some(c.name()?) } else { None };
    let rest = ["REFERENCING", "FOR", "WHEN", "EXECUTE"];
    c.take_until(|c| rest.iter().any(|word| c.word_at(0, word)));
    let transitions = c.eat("REFERENCING");
    c.take_until(|c| ["FOR", "WHEN", "EXECUTE"].iter().any(|word| c.word_at(0, word)));
    let mut each_row = false;
    if c.eat("FOR") {
        c.eat("EACH");
        each_row = c.eat("ROW");
        if !each_row {
            c.expect("STATEMENT")?;
        }
    }
    let when = if c.eat("WHEN") { Some(lower::expression(&c.brackets()?)) } else { None };
    c.expect("EXECUTE")?;
    if c.eat_one(&["FUNCTION", "PROCEDURE"]).is_none() {
        return Err(c.unexpected("`FUNCTION`"));
    }
    let function = c.name()?;
    c.brackets()?;
    Ok(Body::CreateTrigger(Box::new(CreateTrigger {
        name,
        table,
        or_replace,
        constraint,
        from,
        update_of,
        transitions,
        when,
        each_row,
        function,
    })))
}

/// After `CREATE [OR REPLACE] RULE`.
pub(super) fn create_rule(c: &mut Cursor, or_replace: bool) -> Read<Body> {
    let name = c.identifier()?;
    c.expect("AS ON")?;
    if c.eat_one(&["SELECT", "INSERT", "UPDATE", "DELETE"]).is_none() {
        return Err(c.unexpected("an event"));
    }
    c.expect("TO")?;
    let table = c.name()?;
    let mut uses = Query { understood: true, ..Query::default() };
    if c.eat("WHERE") {
        let condition = lower::expression(&c.take_until(|c| c.word_at(0, "DO")));
        data::add_expression(&mut uses, &condition.tree);
    }
    c.expect("DO")?;
    c.eat_one(&["ALSO", "INSTEAD"]);
    if !c.eat("NOTHING") {
        let actions = if c.symbol_at(0, "(") { c.brackets()? } else { c.take(usize::MAX) };
        let mut actions = actions.nested();
        while !actions.is_done() {
            let action = actions.take_until(|c| c.symbol_at(0, ";"));
            let ended = actions.eat_symbol(";");
            if !action.is_done() {
                add_statement(&mut uses, super::statement(action));
            } else if !ended {
                // A bracket that nothing opened: the server would not read on either.
                return Err(actions.unexpected("a statement"));
            }
        }
    }
    Ok(Body::CreateOnTable(CreateOnTable { kind: ObjectKind::Rule, name, table, or_replace, uses }))
}

/// What a statement inside another object's definition reads and writes.
fn add_statement(uses: &mut Query, statement: Statement) {
    match statement.body {
        Body::Query(query) => data::merge(uses, *query),
        Body::Data(change) => {
            data::merge(uses, change.source.clone());
            if let Some(condition) = &change.predicate {
                data::add_expression(uses, &condition.tree);
            }
            for set in &change.assignments {
                data::add_expression(uses, &set.value.tree);
                uses.columns.push(vec![change.table.name.clone(), set.column.clone()]);
            }
            uses.relations.push(RelationUse { name: change.table.clone(), alias: None });
            uses.with.push(With { name: String::new(), body: WithBody::Change(change) });
        }
        Body::Utility(_) | Body::Call(_) => {}
        _ => uses.understood = false,
    }
}

/// After `CREATE POLICY`.
pub(super) fn create_policy(c: &mut Cursor) -> Read<Body> {
    let name = c.identifier()?;
    c.expect("ON")?;
    let table = c.name()?;
    let mut uses = Query { understood: true, ..Query::default() };
    if c.eat("AS") {
        c.label()?;
    }
    if c.eat("FOR") {
        c.label()?;
    }
    if c.eat("TO") {
        c.list(Cursor::label)?;
    }
    let mut add = |c: &mut Cursor| -> Read<()> {
        let expression = lower::expression(&c.brackets()?);
        uses.understood &= !matches!(expression.tree, Expr::Opaque(_));
        data::add_expression(&mut uses, &expression.tree);
        Ok(())
    };
    if c.eat("USING") {
        add(c)?;
    }
    if c.eat("WITH CHECK") {
        add(c)?;
    }
    let kind = ObjectKind::Policy;
    Ok(Body::CreateOnTable(CreateOnTable { kind, name, table, or_replace: false, uses }))
}
