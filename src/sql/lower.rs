//! Expressions and queries: read by `sqlparser`, lowered into our own types. The only file that
//! names `sqlparser`.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a parser with a lifetime is not general enough to be passed by its name"
)]

use super::cursor::Cursor;
use super::expr::Expr;
use super::expr::Expression;
use super::lexer::Token;
use super::lexer::TokenKind;
use super::name;
use super::name::Name;
use super::query::Query;
use super::query::RelationUse;
use super::query::RowLock;
use super::query::Rows;
use super::query::Setting;
use super::query::Source;
use super::query::With;
use super::query::WithBody;
use super::types;
use super::types::TypeName;
use sqlparser::ast;
use sqlparser::ast::Visit;
use sqlparser::ast::Visitor;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::parser::ParserError;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The longest run of operators between two commas that is given to `sqlparser`: its trees lean to
/// the left, one level for each, and are walked and dropped by recursion.
const CHAIN_MAX: usize = 1_000;

/// The deepest nesting of brackets that is given to `sqlparser`.
const DEPTH_MAX: usize = 64;

/// Reads all of `c` as one expression.
pub(crate) fn expression(c: &Cursor) -> Expression {
    let span = c.rest_span();
    let sql = c.slice(span).to_owned();
    let tree = parse(c, |parser| parser.parse_expr())
        .map_or_else(|| Expr::Opaque(scan_expr(c)), |expr| lower(&expr));
    Expression { span, sql, tree }
}

/// Reads all of `c` as the condition of a data change, which may be the row of a cursor.
pub(crate) fn condition(c: &Cursor) -> Expression {
    if !c.looking_at("CURRENT OF") {
        return expression(c);
    }
    let span = c.rest_span();
    Expression { span, sql: c.slice(span).to_owned(), tree: Expr::CurrentRow }
}

/// Reads all of `c`, which starts with `TABLE`, as the query it is short for.
pub(crate) fn table_query(c: &Cursor) -> Query {
    let text = c.slice(c.rest_span());
    let text = format!("SELECT * FROM {}", &text["TABLE".len()..]);
    let parsed =
        if is_too_deep(c) { None } else { parse_text(&text, |parser| parser.parse_query()) };
    parsed.map_or_else(|| scan_query(c), |query| query_facts(&query))
}

/// Reads all of `c` as one query without `WITH`.
pub(crate) fn query(c: &Cursor) -> Query {
    match parse(c, |parser| parser.parse_query()) {
        Some(parsed) => query_facts(&parsed),
        None => scan_query(c),
    }
}

/// Reads all of `c` as what follows `SELECT`, as `PERFORM` of PL/pgSQL writes it.
pub(crate) fn selected(c: &Cursor) -> Query {
    let text = format!("SELECT {}", c.slice(c.rest_span()));
    let parsed =
        if is_too_deep(c) { None } else { parse_text(&text, |parser| parser.parse_query()) };
    parsed.map_or_else(|| scan_query(c), |query| query_facts(&query))
}

/// Reads all of `c` as the list after `FROM` or `USING`.
pub(crate) fn from_list(c: &Cursor) -> Query {
    let read =
        |parser: &mut Parser| parser.parse_comma_separated(|parser| parser.parse_table_and_joins());
    match parse(c, read) {
        Some(tables) => {
            let mut collector = Collector::default();
            collector.query.understood = true;
            let _: ControlFlow<()> = tables.visit(&mut collector);
            let mut query = collector.finish();
            query.from = sources(&tables);
            query
        }
        None => scan_query(c),
    }
}

/// Runs one of `sqlparser`'s readers over all of `c`.
fn parse<T>(c: &Cursor, read: impl FnOnce(&mut Parser) -> Result<T, ParserError>) -> Option<T> {
    if c.is_done() || is_too_deep(c) {
        return None;
    }
    parse_text(&simplified(c), read)
}

/// The text of `c` without the words that `sqlparser` stumbles over and no question depends on,
/// each put out by blanks: `BETWEEN SYMMETRIC`, `f(VARIADIC a)`, `trim(BOTH FROM a)`.
fn simplified<'a>(c: &Cursor<'a>) -> Cow<'a, str> {
    let whole = c.rest_span();
    let mut text = Cow::Borrowed(c.slice(whole));
    let mut blank = |token: Token| {
        let at = token.span.offset - whole.offset;
        text.to_mut().replace_range(at..at + token.span.length, &" ".repeat(token.span.length));
    };
    for (at, &token) in c.rest().iter().enumerate() {
        if token.kind != TokenKind::Word {
            continue;
        }
        let sides = ["BOTH", "LEADING", "TRAILING"];
        let follows = |word: &str| at > 0 && c.word_at(at - 1, word);
        let opens = at > 0 && (c.symbol_at(at - 1, "(") || c.symbol_at(at - 1, ","));
        let trims = at > 0 && sides.iter().any(|side| c.word_at(at - 1, side));
        let needless = (c.word_at(at, "SYMMETRIC") && follows("BETWEEN"))
            || (c.word_at(at, "VARIADIC") && opens)
            || (c.word_at(at, "FROM") && trims)
            || (c.word_at(at + 1, "FROM") && sides.iter().any(|side| c.word_at(at, side)));
        if needless {
            blank(token);
        }
    }
    text
}

fn parse_text<T>(
    text: &str,
    read: impl FnOnce(&mut Parser) -> Result<T, ParserError>,
) -> Option<T> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?;
    let value = read(&mut parser).ok()?;
    (parser.peek_token_ref().token == sqlparser::tokenizer::Token::EOF).then_some(value)
}

fn is_too_deep(c: &Cursor) -> bool {
    let mut chains = vec![0_usize];
    for &token in c.rest() {
        let text = c.text_of(token);
        match (token.kind, text) {
            (TokenKind::Punctuation, "(" | "[") => chains.push(0),
            (TokenKind::Punctuation, ")" | "]") if 1 < chains.len() => {
                chains.pop();
            }
            (TokenKind::Punctuation, ",") => {
                if let Some(chain) = chains.last_mut() {
                    *chain = 0;
                }
            }
            (TokenKind::Operator | TokenKind::Word, _) | (TokenKind::Punctuation, "::")
                if token.kind != TokenKind::Word || is_chaining(text) =>
            {
                if let Some(chain) = chains.last_mut() {
                    *chain += 1;
                    if CHAIN_MAX < *chain {
                        return true;
                    }
                }
            }
            _ => {}
        }
        if DEPTH_MAX < chains.len() {
            return true;
        }
    }
    false
}

/// Words that make a tree one level deeper without a bracket.
fn is_chaining(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "and",
        "or",
        "is",
        "like",
        "ilike",
        "similar",
        "between",
        "in",
        "at",
        "collate",
        "union",
        "intersect",
        "except",
        "not",
        "isnull",
        "notnull",
        "join",
    ];
    word.len() <= 9 && WORDS.iter().any(|chaining| word.eq_ignore_ascii_case(chaining))
}

fn ident(ident: &ast::Ident) -> String {
    match ident.quote_style {
        Some(_) => name::truncate(ident.value.clone()),
        None => name::fold(&ident.value),
    }
}

fn object_name(name: &ast::ObjectName) -> Name {
    let mut parts: Vec<String> =
        name.0.iter().filter_map(|part| part.as_ident()).map(ident).collect();
    let name = parts.pop().unwrap_or_default();
    Name { schema: parts.pop(), name }
}

/// Our own reader knows more spellings of types, so the text goes through it.
fn type_of(data_type: &ast::DataType) -> TypeName {
    let text = data_type.to_string();
    let lexed = super::lexer::lex(&text, std::slice::from_ref(&(0..text.len())));
    types::type_name(&mut Cursor::new(&lexed.text, 0, &lexed.tokens, 0))
        .unwrap_or_else(|_| TypeName::builtin(&text))
}

fn lower(expr: &ast::Expr) -> Expr {
    let boxed = |expr: &ast::Expr| Box::new(lower(expr));
    match expr {
        ast::Expr::Identifier(column) => Expr::Column(vec![ident(column)]),
        ast::Expr::CompoundIdentifier(parts) => Expr::Column(parts.iter().map(ident).collect()),
        ast::Expr::QualifiedWildcard(row, _) => Expr::Column(vec![object_name(row).name]),
        ast::Expr::Value(value) => literal(&value.value),
        ast::Expr::TypedString(typed) => Expr::Cast {
            expr: Box::new(literal(&typed.value.value)),
            to: type_of(&typed.data_type),
        },
        ast::Expr::Interval(interval) => {
            Expr::Cast { expr: boxed(&interval.value), to: TypeName::builtin("interval") }
        }
        ast::Expr::Cast { expr, data_type, .. } => {
            Expr::Cast { expr: boxed(expr), to: type_of(data_type) }
        }
        ast::Expr::Nested(inner) => lower(inner),
        ast::Expr::UnaryOp { op: ast::UnaryOperator::Not, expr } => Expr::Not(boxed(expr)),
        ast::Expr::UnaryOp { op, expr } => signed(*op, lower(expr)),
        ast::Expr::BinaryOp { left, op, right } => binary(left, op, right),
        ast::Expr::IsNull(inner) | ast::Expr::IsUnknown(inner) => {
            Expr::IsNull { expr: boxed(inner), negated: false }
        }
        ast::Expr::IsNotNull(inner) => Expr::IsNull { expr: boxed(inner), negated: true },
        ast::Expr::Trim { expr, trim_what, trim_characters, .. } => {
            let more = trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten());
            trimmed(expr, more)
        }
        ast::Expr::InList { expr, list, negated } => Expr::In {
            expr: boxed(expr),
            list: list.iter().map(lower).collect(),
            negated: *negated,
        },
        ast::Expr::Between { expr, negated, low, high } => Expr::Between {
            expr: boxed(expr),
            bounds: Box::new((lower(low), lower(high))),
            negated: *negated,
        },
        ast::Expr::Array(array) => Expr::List(array.elem.iter().map(lower).collect()),
        ast::Expr::Tuple(items) => Expr::List(items.iter().map(lower).collect()),
        ast::Expr::Function(function) => call(function),
        ast::Expr::Subquery(query) => Expr::Subquery(Box::new(query_facts(query))),
        ast::Expr::Exists { subquery, .. } => {
            Expr::Other(vec![Expr::Subquery(Box::new(query_facts(subquery)))])
        }
        ast::Expr::InSubquery { expr, subquery, negated } => Expr::In {
            expr: boxed(expr),
            list: vec![Expr::Subquery(Box::new(query_facts(subquery)))],
            negated: *negated,
        },
        ast::Expr::AnyOp { left, compare_op: ast::BinaryOperator::Eq, right, .. } => {
            among(left, right, false).unwrap_or_else(|| {
                let list = vec![lower(right)];
                Expr::In { expr: boxed(left), list, negated: false }
            })
        }
        ast::Expr::AllOp { left, compare_op: ast::BinaryOperator::NotEq, right } => {
            among(left, right, true).unwrap_or_else(|| Expr::Other(parts(expr)))
        }
        ast::Expr::AtTimeZone { timestamp, time_zone } => Expr::Call {
            name: Name::bare("timezone"),
            arguments: vec![lower(time_zone), lower(timestamp)],
        },
        other => compared(other).unwrap_or_else(|| Expr::Other(parts(other))),
    }
}

/// `… IS [NOT] DISTINCT FROM …`, which `IS TRUE` and its kin say of a truth value.
fn compared(expr: &ast::Expr) -> Option<Expr> {
    Some(match expr {
        ast::Expr::IsDistinctFrom(left, right) => distinct(left, lower(right), true),
        ast::Expr::IsNotDistinctFrom(left, right) => distinct(left, lower(right), false),
        ast::Expr::IsTrue(inner) => distinct(inner, Expr::Bool(true), false),
        ast::Expr::IsNotTrue(inner) => distinct(inner, Expr::Bool(true), true),
        ast::Expr::IsFalse(inner) => distinct(inner, Expr::Bool(false), false),
        ast::Expr::IsNotFalse(inner) => distinct(inner, Expr::Bool(false), true),
        _ => return None,
    })
}

/// `… = ANY (ARRAY[…])`, which says the same as `… IN (…)`; dumps write it so.
fn among(expr: &ast::Expr, array: &ast::Expr, negated: bool) -> Option<Expr> {
    let mut array = array;
    while let ast::Expr::Nested(inner) | ast::Expr::Cast { expr: inner, .. } = array {
        array = inner;
    }
    let ast::Expr::Array(array) = array else { return None };
    let list = array.elem.iter().map(lower).collect();
    Some(Expr::In { expr: Box::new(lower(expr)), list, negated })
}

fn literal(value: &ast::Value) -> Expr {
    match value {
        ast::Value::Null => Expr::Null,
        ast::Value::Boolean(value) => Expr::Bool(*value),
        ast::Value::Number(number, _) => Expr::Number(number.clone()),
        ast::Value::Placeholder(_) => Expr::Other(Vec::new()),
        other => Expr::String(other.clone().into_string().unwrap_or_default()),
    }
}

fn signed(op: ast::UnaryOperator, expr: Expr) -> Expr {
    match (op, expr) {
        (ast::UnaryOperator::Minus, Expr::Number(number)) => Expr::Number(format!("-{number}")),
        (ast::UnaryOperator::Plus, expr @ Expr::Number(_)) => expr,
        (_, expr) => Expr::Other(vec![expr]),
    }
}

fn binary(left: &ast::Expr, op: &ast::BinaryOperator, right: &ast::Expr) -> Expr {
    let join = |left: Expr, right: Expr, and: bool| {
        let mut terms = Vec::new();
        for side in [left, right] {
            match side {
                Expr::And(inner) if and => terms.extend(inner),
                Expr::Or(inner) if !and => terms.extend(inner),
                other => terms.push(other),
            }
        }
        if and { Expr::And(terms) } else { Expr::Or(terms) }
    };
    match op {
        ast::BinaryOperator::And => join(lower(left), lower(right), true),
        ast::BinaryOperator::Or => join(lower(left), lower(right), false),
        op => Expr::Binary {
            operator: op.to_string(),
            left: Box::new(lower(left)),
            right: Box::new(lower(right)),
        },
    }
}

/// `trim(…)`; which side is trimmed was left out before it was read.
fn trimmed<'e>(expr: &'e ast::Expr, more: impl Iterator<Item = &'e ast::Expr>) -> Expr {
    let arguments = std::iter::once(expr).chain(more).map(lower).collect();
    Expr::Other(vec![Expr::Call { name: Name::bare("trim"), arguments }])
}

fn distinct(left: &ast::Expr, right: Expr, distinct: bool) -> Expr {
    let operator = if distinct { "IS DISTINCT FROM" } else { "IS NOT DISTINCT FROM" };
    Expr::Binary {
        operator: operator.to_owned(),
        left: Box::new(lower(left)),
        right: Box::new(right),
    }
}

fn call(function: &ast::Function) -> Expr {
    let name = object_name(&function.name);
    let arguments = match &function.args {
        ast::FunctionArguments::None if function.over.is_none() => {
            return Expr::SqlValue(name.name);
        }
        ast::FunctionArguments::None => Vec::new(),
        ast::FunctionArguments::Subquery(query) => {
            vec![Expr::Subquery(Box::new(query_facts(query)))]
        }
        ast::FunctionArguments::List(list) => list.args.iter().filter_map(argument).collect(),
    };
    let call = Expr::Call { name, arguments };
    match &function.filter {
        Some(filter) => Expr::Other(vec![call, lower(filter)]),
        None => call,
    }
}

fn argument(argument: &ast::FunctionArg) -> Option<Expr> {
    let (ast::FunctionArg::Named { arg, .. }
    | ast::FunctionArg::ExprNamed { arg, .. }
    | ast::FunctionArg::Unnamed(arg)) = argument;
    match arg {
        ast::FunctionArgExpr::Expr(expr) => Some(lower(expr)),
        // All columns of a row are the row.
        ast::FunctionArgExpr::QualifiedWildcard(row) => {
            Some(Expr::Column(vec![object_name(row).name]))
        }
        _ => None,
    }
}

/// The expressions that `expr` is directly made of, for shapes that have no name of their own.
fn parts(expr: &ast::Expr) -> Vec<Expr> {
    struct Children {
        depth: usize,
        found: Vec<Expr>,
    }
    impl Visitor for Children {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
            if self.depth == 1 {
                self.found.push(lower(expr));
            }
            self.depth += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_expr(&mut self, _: &ast::Expr) -> ControlFlow<()> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }
    }
    let mut children = Children { depth: 0, found: Vec::new() };
    let _: ControlFlow<()> = expr.visit(&mut children);
    children.found
}

fn query_facts(parsed: &ast::Query) -> Query {
    let mut collector = Collector::default();
    collector.query.understood = true;
    let _: ControlFlow<()> = parsed.visit(&mut collector);
    let mut query = collector.finish();
    let tables = parsed.with.iter().flat_map(|with| &with.cte_tables);
    query.with = tables
        .map(|table| With {
            name: ident(&table.alias.name),
            body: WithBody::Query(Box::new(query_facts(&table.query))),
        })
        .collect();
    if let Some(lock) = parsed.locks.first() {
        let strength = match lock.lock_type {
            ast::LockType::Share => RowLock::Share,
            ast::LockType::Update => RowLock::Update,
        };
        let of = parsed.locks.iter().filter_map(|lock| lock.of.as_ref()).map(object_name);
        query.row_lock = Some((strength, of.collect()));
    }
    body_facts(&parsed.body, &mut query);
    query.limited |= has_limit(parsed);
    query
}

/// `LIMIT ALL` and a bare `OFFSET` bound nothing.
fn has_limit(parsed: &ast::Query) -> bool {
    let limit = parsed.limit_clause.as_ref().is_some_and(|clause| match clause {
        ast::LimitClause::LimitOffset { limit, .. } => limit.is_some(),
        ast::LimitClause::OffsetCommaLimit { .. } => true,
    });
    limit || parsed.fetch.is_some()
}

fn body_facts(body: &ast::SetExpr, query: &mut Query) {
    match body {
        ast::SetExpr::Select(select) => select_facts(select, query),
        ast::SetExpr::Values(values) => query.constant_rows = Some(values.rows.len()),
        ast::SetExpr::Query(inner) => {
            body_facts(&inner.body, query);
            query.limited |= has_limit(inner);
        }
        ast::SetExpr::SetOperation { left, op, right, .. } => {
            add_arms(left, query);
            if *op == ast::SetOperator::Union {
                add_arms(right, query);
            }
        }
        _ => {}
    }
}

/// The queries on one side of a set operation.
fn add_arms(side: &ast::SetExpr, query: &mut Query) {
    if matches!(side, ast::SetExpr::SetOperation { .. }) {
        return body_facts(side, query);
    }
    let mut arm = Query { understood: true, ..Query::default() };
    body_facts(side, &mut arm);
    query.arms.push(arm);
}

/// The items of a `FROM` list, those of joins one by one.
fn sources(tables: &[ast::TableWithJoins]) -> Vec<Source> {
    let mut sources = Vec::new();
    for table in tables {
        add_sources(table, &mut sources);
    }
    sources
}

fn add_sources(table: &ast::TableWithJoins, sources: &mut Vec<Source>) {
    use ast::JoinOperator as Join;
    add_source(&table.relation, sources);
    for join in &table.joins {
        let first = sources.len();
        add_source(&join.relation, sources);
        let (constraint, optional) = match &join.join_operator {
            Join::Join(constraint) | Join::Inner(constraint) => (Some(constraint), false),
            Join::Left(constraint) | Join::LeftOuter(constraint) => (Some(constraint), true),
            _ => (None, false),
        };
        let added = &mut sources[first..];
        for source in &mut *added {
            source.optional |= optional;
            source.outer |= matches!(
                join.join_operator,
                Join::Right(_) | Join::RightOuter(_) | Join::FullOuter(_)
            );
        }
        if let [source] = added {
            source.on = constraint.and_then(|constraint| join_condition(constraint, &source.name));
        }
    }
}

fn join_condition(constraint: &ast::JoinConstraint, right: &str) -> Option<Expr> {
    match constraint {
        ast::JoinConstraint::On(expr) => Some(lower(expr)),
        ast::JoinConstraint::Using(columns) => {
            let equal = |column: &ast::ObjectName| {
                let column = object_name(column).name;
                Expr::Binary {
                    operator: "=".to_owned(),
                    left: Box::new(Expr::Column(vec![column.clone()])),
                    right: Box::new(Expr::Column(vec![right.to_owned(), column])),
                }
            };
            Some(Expr::And(columns.iter().map(equal).collect()))
        }
        ast::JoinConstraint::Natural | ast::JoinConstraint::None => None,
    }
}

fn add_source(factor: &ast::TableFactor, sources: &mut Vec<Source>) {
    let (alias, given, rows) = match factor {
        ast::TableFactor::NestedJoin { table_with_joins, .. } => {
            return add_sources(table_with_joins, sources);
        }
        ast::TableFactor::Table { name, alias, args: Some(args), .. } => {
            (alias, object_name(name).name, Rows::Function(series(name, &args.args)))
        }
        ast::TableFactor::Function { name, args, alias, .. } => {
            (alias, object_name(name).name, Rows::Function(series(name, args)))
        }
        ast::TableFactor::Table { name, alias, .. } => {
            let name = object_name(name);
            (alias, name.name.clone(), Rows::Relation(name))
        }
        ast::TableFactor::Derived { subquery, alias, .. } => {
            (alias, String::new(), Rows::Query(Box::new(query_facts(subquery))))
        }
        ast::TableFactor::UNNEST { alias, .. } => {
            (alias, "unnest".to_owned(), Rows::Function(None))
        }
        _ => (&None, String::new(), Rows::Function(None)),
    };
    let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
    let name = alias.as_ref().map_or(given, |alias| ident(&alias.name));
    sources.push(Source { name, rows, on: None, optional: false, outer: false, renamed });
}

/// How many rows `generate_series` gives between constants.
fn series(name: &ast::ObjectName, arguments: &[ast::FunctionArg]) -> Option<u64> {
    if object_name(name).name != "generate_series" {
        return None;
    }
    let number = |at: usize| match arguments.get(at).and_then(argument)? {
        Expr::Number(number) => number.replace('_', "").parse::<i64>().ok(),
        _ => None,
    };
    let (first, last) = (number(0)?, number(1)?);
    let step = if arguments.len() > 2 { number(2)? } else { 1 };
    let steps = first.abs_diff(last).checked_div(step.unsigned_abs())?;
    let empty = (first < last) == (step < 0) && first != last;
    Some(if empty { 0 } else { steps.saturating_add(1) })
}

fn select_facts(select: &ast::Select, query: &mut Query) {
    query.filtered = select.selection.is_some();
    query.condition = select.selection.as_ref().map(|condition| Box::new(lower(condition)));
    query.from = sources(&select.from);
    let grouped = match &select.group_by {
        ast::GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
        ast::GroupByExpr::All(_) => true,
    };
    let items: Vec<&ast::Expr> = select.projection.iter().filter_map(selected_expr).collect();
    query.aggregated = !grouped && items.iter().any(|item| has_aggregate(item));
    if select.from.is_empty() {
        // A series may stand in the select list too.
        let long = items.iter().find_map(|item| match item {
            ast::Expr::Function(ast::Function {
                name,
                args: ast::FunctionArguments::List(list),
                ..
            }) => series(name, &list.args),
            _ => None,
        });
        match long {
            Some(_) => query.from.push(Source {
                name: String::new(),
                rows: Rows::Function(long),
                on: None,
                optional: false,
                outer: false,
                renamed: false,
            }),
            None => query.constant_rows = Some(1),
        }
    }
    query.into = select.into.as_ref().and_then(|into| match into.targets.as_slice() {
        [ast::Expr::Identifier(table)] => Some(Name::bare(ident(table))),
        [ast::Expr::CompoundIdentifier(parts)] => {
            let mut parts: Vec<String> = parts.iter().map(ident).collect();
            let name = parts.pop()?;
            Some(Name { schema: parts.pop(), name })
        }
        _ => None,
    });
    query.outputs = select.projection.iter().map(output).collect();
    query.selected = select.projection.iter().map_while(selected_expr).map(lower).collect();
    if query.selected.len() < select.projection.len() {
        query.selected.clear();
    }
    query.grouped_by = grouped_by(select);
    query.settings.extend(items.into_iter().filter_map(setting));
}

fn selected_expr(item: &ast::SelectItem) -> Option<&ast::Expr> {
    match item {
        ast::SelectItem::UnnamedExpr(expr) | ast::SelectItem::ExprWithAlias { expr, .. } => {
            Some(expr)
        }
        _ => None,
    }
}

/// A call of `set_config` with plain strings.
fn setting(expr: &ast::Expr) -> Option<Setting> {
    let ast::Expr::Function(function) = expr else { return None };
    let Expr::Call { name, arguments } = call(function) else { return None };
    let [Expr::String(setting), Expr::String(value), rest @ ..] = arguments.as_slice() else {
        return None;
    };
    let local = matches!(rest, [Expr::Bool(true)]);
    let setting = Setting { name: setting.to_ascii_lowercase(), value: value.clone(), local };
    (name.name == "set_config").then_some(setting)
}

/// Whether an expression makes one value of many rows; queries in it have rows of their own.
fn has_aggregate(expr: &ast::Expr) -> bool {
    const AGGREGATES: &[&str] = &[
        "any_value",
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bool_and",
        "bool_or",
        "count",
        "every",
        "json_agg",
        "json_object_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "max",
        "min",
        "percentile_cont",
        "percentile_disc",
        "stddev",
        "string_agg",
        "sum",
        "variance",
        "xmlagg",
    ];
    struct Aggregates {
        queries: usize,
    }
    impl Visitor for Aggregates {
        type Break = ();
        fn pre_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
            self.queries += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
            self.queries -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
            match expr {
                ast::Expr::Function(call)
                    if self.queries == 0
                        && call.over.is_none()
                        && AGGREGATES.contains(&object_name(&call.name).name.as_str()) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Aggregates { queries: 0 }).is_break()
}

/// The places in the select list of all that a query is grouped by; none where something is not
/// there.
fn grouped_by(select: &ast::Select) -> Option<Vec<usize>> {
    let keys = match &select.group_by {
        ast::GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
        ast::GroupByExpr::Expressions(..) | ast::GroupByExpr::All(_) => return Some(Vec::new()),
    };
    let place = |key: &ast::Expr| {
        let wanted = lower(key);
        if let Expr::Number(number) = &wanted {
            return number.parse::<usize>().ok()?.checked_sub(1);
        }
        let same = |item: &ast::SelectItem| selected_expr(item).map(lower) == Some(wanted.clone());
        let alias = |item: &ast::SelectItem| match (&wanted, output(item)) {
            (Expr::Column(parts), Some(name)) => *parts == [name],
            _ => false,
        };
        let mut items = select.projection.iter();
        items.position(|item| same(item) || alias(item))
    };
    let places: Option<Vec<usize>> = keys.iter().map(place).collect();
    (!keys.is_empty()).then(|| places.unwrap_or_default())
}

fn output(item: &ast::SelectItem) -> Option<String> {
    match item {
        ast::SelectItem::ExprWithAlias { alias, .. } => Some(ident(alias)),
        ast::SelectItem::UnnamedExpr(ast::Expr::Identifier(column)) => Some(ident(column)),
        ast::SelectItem::UnnamedExpr(ast::Expr::CompoundIdentifier(parts)) => {
            parts.last().map(ident)
        }
        ast::SelectItem::UnnamedExpr(ast::Expr::Function(function)) => {
            Some(object_name(&function.name).name)
        }
        ast::SelectItem::UnnamedExpr(_) => Some("?column?".to_owned()),
        _ => None,
    }
}

/// Collects what a query reads and calls while `sqlparser` walks it.
#[derive(Default)]
struct Collector {
    query: Query,
    with_queries: HashSet<String>,
}

impl Collector {
    fn finish(self) -> Query {
        let Collector { mut query, with_queries } = self;
        query.relations.retain(|relation| {
            relation.name.schema.is_some() || !with_queries.contains(&relation.name.name)
        });
        query
    }

    fn called(&mut self, name: &ast::ObjectName) {
        self.query.calls.push(object_name(name));
    }
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        for with in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.with_queries.insert(ident(&with.alias.name));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &ast::Select) -> ControlFlow<()> {
        self.query.columns.extend(select.projection.iter().filter_map(wildcard));
        let joins = select.from.iter().flat_map(|table| &table.joins);
        for column in joins.flat_map(shared_columns) {
            self.query.columns.push(vec![object_name(column).name]);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &ast::TableFactor) -> ControlFlow<()> {
        match table {
            ast::TableFactor::Table { name, args: Some(_), .. }
            | ast::TableFactor::Function { name, .. } => self.called(name),
            ast::TableFactor::Table { name, alias, .. } => self.query.relations.push(RelationUse {
                name: object_name(name),
                alias: alias.as_ref().map(|alias| ident(&alias.name)),
            }),
            _ => {}
        }
        let plain = matches!(
            table,
            ast::TableFactor::Table { args: None, .. } | ast::TableFactor::NestedJoin { .. }
        );
        self.query.derives |= !plain;
        self.query.nameless |= matches!(table, ast::TableFactor::Derived { alias: None, .. });
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
        let column = match expr {
            ast::Expr::Identifier(column) => vec![ident(column)],
            ast::Expr::CompoundIdentifier(parts) => parts.iter().map(ident).collect(),
            ast::Expr::Function(function) => {
                self.called(&function.name);
                if let ast::FunctionArguments::List(list) = &function.args {
                    self.query.columns.extend(list.args.iter().filter_map(whole_row));
                }
                if takes_any_order(function) {
                    self.query.unordered.push(object_name(&function.name));
                }
                return ControlFlow::Continue(());
            }
            _ => return ControlFlow::Continue(()),
        };
        self.query.columns.push(column);
        ControlFlow::Continue(())
    }
}

/// `table.*` as an argument, as the parts of a name.
fn whole_row(argument: &ast::FunctionArg) -> Option<Vec<String>> {
    let (ast::FunctionArg::Named { arg, .. }
    | ast::FunctionArg::ExprNamed { arg, .. }
    | ast::FunctionArg::Unnamed(arg)) = argument;
    match arg {
        ast::FunctionArgExpr::QualifiedWildcard(row) => {
            Some(vec![object_name(row).name, "*".to_owned()])
        }
        _ => None,
    }
}

/// Whether it is an aggregate that puts rows together in the order in which they come, and has no
/// `ORDER BY` of its own.
fn takes_any_order(function: &ast::Function) -> bool {
    const IN_ORDER: &[&str] = &[
        "array_agg",
        "json_agg",
        "json_object_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "string_agg",
        "xmlagg",
    ];
    let orders = |clause: &ast::FunctionArgumentClause| {
        matches!(clause, ast::FunctionArgumentClause::OrderBy(_))
    };
    let ordered = match &function.args {
        ast::FunctionArguments::List(list) => list.clauses.iter().any(orders),
        _ => false,
    };
    !ordered && IN_ORDER.contains(&object_name(&function.name).name.as_str())
}

/// `*` and `table.*` in a select list, as the parts of a name.
fn wildcard(item: &ast::SelectItem) -> Option<Vec<String>> {
    let of = match item {
        ast::SelectItem::Wildcard(_) => None,
        ast::SelectItem::QualifiedWildcard(of, _) => Some(of),
        _ => return None,
    };
    let table = match of {
        Some(ast::SelectItemQualifiedWildcardKind::ObjectName(table)) => Some(object_name(table)),
        Some(ast::SelectItemQualifiedWildcardKind::Expr(_)) => return None,
        None => None,
    };
    Some(table.map(|table| table.name).into_iter().chain(["*".to_owned()]).collect())
}

/// The columns of `USING (…)`.
fn shared_columns(join: &ast::Join) -> &[ast::ObjectName] {
    use ast::JoinOperator as Join;
    match &join.join_operator {
        Join::Join(ast::JoinConstraint::Using(columns))
        | Join::Inner(ast::JoinConstraint::Using(columns))
        | Join::Left(ast::JoinConstraint::Using(columns))
        | Join::LeftOuter(ast::JoinConstraint::Using(columns))
        | Join::Right(ast::JoinConstraint::Using(columns))
        | Join::RightOuter(ast::JoinConstraint::Using(columns))
        | Join::FullOuter(ast::JoinConstraint::Using(columns)) => columns,
        _ => &[],
    }
}

/// What a name in text that nobody could read stands for, going by the tokens beside it.
enum Found {
    Relation(Name),
    Call(Name),
    Column(Vec<String>),
}

/// Names in unread text. Keywords that may be names are taken for columns: a name too many does no
/// harm where it is asked "is this mentioned?".
fn scan(c: &Cursor) -> Vec<Found> {
    let mut c = c.clone();
    let mut found = Vec::new();
    let mut expects_relation = false;
    while let Some(token) = c.peek() {
        if is_name(&c, token) {
            let Ok(mut parts) = c.parts() else { break };
            if c.symbol_at(0, "(") {
                found.push(Found::Call(split(&mut parts)));
            } else if expects_relation {
                found.push(Found::Relation(split(&mut parts)));
            } else {
                found.push(Found::Column(parts));
            }
            expects_relation = false;
            continue;
        }
        expects_relation = ["FROM", "JOIN", "INTO", "UPDATE", "USING", "TABLE"]
            .iter()
            .any(|word| c.word_at(0, word))
            || (expects_relation && (c.word_at(0, "ONLY") || c.word_at(0, "LATERAL")));
        c.advance();
    }
    found
}

fn is_name(c: &Cursor, token: Token) -> bool {
    match token.kind {
        TokenKind::Quoted => true,
        TokenKind::Word => {
            const NEVER: &[&str] =
                &["update", "set", "insert", "delete", "values", "by", "join", "recursive"];
            let word = c.text_of(token).to_ascii_lowercase();
            !NEVER.contains(&word.as_str()) && !super::keywords::is_reserved(&word)
        }
        _ => false,
    }
}

fn split(parts: &mut Vec<String>) -> Name {
    let name = parts.pop().unwrap_or_default();
    Name { schema: parts.pop(), name }
}

fn scan_expr(c: &Cursor) -> Vec<Expr> {
    let found = scan(c).into_iter().map(|found| match found {
        Found::Relation(name) | Found::Call(name) => Expr::Call { name, arguments: Vec::new() },
        Found::Column(parts) => Expr::Column(parts),
    });
    found.collect()
}

fn scan_query(c: &Cursor) -> Query {
    let mut query = Query::default();
    for found in scan(c) {
        match found {
            Found::Relation(name) => query.relations.push(RelationUse { name, alias: None }),
            Found::Call(name) => query.calls.push(name),
            Found::Column(parts) => query.columns.push(parts),
        }
    }
    let tokens = c.rest().len();
    query.filtered = (0..tokens).any(|at| c.word_at(at, "WHERE"));
    query.limited = (0..tokens).any(|at| c.word_at(at, "LIMIT"));
    query
}
