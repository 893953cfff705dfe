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
    Expression { span, sql: c.slice(span).to_owned(), tree: Expr::Other(Vec::new()) }
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
            collector.finish()
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
        ast::Expr::IsNull(inner) => Expr::IsNull { expr: boxed(inner), negated: false },
        ast::Expr::IsNotNull(inner) => Expr::IsNull { expr: boxed(inner), negated: true },
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
        ast::Expr::InSubquery { expr, subquery, .. } => {
            Expr::Other(vec![lower(expr), Expr::Subquery(Box::new(query_facts(subquery)))])
        }
        ast::Expr::AnyOp { left, compare_op: ast::BinaryOperator::Eq, right, .. } => {
            among(left, right, false).unwrap_or_else(|| Expr::Other(parts(expr)))
        }
        ast::Expr::AllOp { left, compare_op: ast::BinaryOperator::NotEq, right } => {
            among(left, right, true).unwrap_or_else(|| Expr::Other(parts(expr)))
        }
        ast::Expr::AtTimeZone { timestamp, time_zone } => Expr::Call {
            name: Name::bare("timezone"),
            arguments: vec![lower(time_zone), lower(timestamp)],
        },
        other => Expr::Other(parts(other)),
    }
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
    query.limited = parsed.limit_clause.is_some() || parsed.fetch.is_some();
    if let Some(lock) = parsed.locks.first() {
        let strength = match lock.lock_type {
            ast::LockType::Share => RowLock::Share,
            ast::LockType::Update => RowLock::Update,
        };
        let of = parsed.locks.iter().filter_map(|lock| lock.of.as_ref()).map(object_name);
        query.row_lock = Some((strength, of.collect()));
    }
    match &*parsed.body {
        ast::SetExpr::Select(select) => select_facts(select, &mut query),
        ast::SetExpr::Values(values) => query.constant_rows = Some(values.rows.len()),
        _ => {}
    }
    query
}

fn select_facts(select: &ast::Select, query: &mut Query) {
    query.filtered = select.selection.is_some();
    if select.from.is_empty() {
        query.constant_rows = Some(1);
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
    query.from = plain_from(select);
    for expr in select.projection.iter().filter_map(selected_expr) {
        if let Expr::Call { name, arguments } = lower(expr)
            && name.name == "set_config"
            && let [Expr::String(setting), Expr::String(value), ..] = arguments.as_slice()
        {
            query.settings.push((setting.to_ascii_lowercase(), value.clone()));
        }
    }
}

fn selected_expr(item: &ast::SelectItem) -> Option<&ast::Expr> {
    match item {
        ast::SelectItem::UnnamedExpr(expr) | ast::SelectItem::ExprWithAlias { expr, .. } => {
            Some(expr)
        }
        _ => None,
    }
}

/// The relations of a `FROM` list that names nothing else.
fn plain_from(select: &ast::Select) -> Option<Vec<RelationUse>> {
    let factors = select.from.iter().flat_map(|table| {
        std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
    });
    let used = factors.map(|factor| match factor {
        ast::TableFactor::Table { name, alias, args: None, .. } => Some(RelationUse {
            name: object_name(name),
            alias: alias.as_ref().map(|alias| ident(&alias.name)),
        }),
        _ => None,
    });
    used.collect()
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
        self.query.star |= select.projection.iter().any(|item| {
            matches!(item, ast::SelectItem::Wildcard(_) | ast::SelectItem::QualifiedWildcard(..))
        });
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
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
        let column = match expr {
            ast::Expr::Identifier(column) => vec![ident(column)],
            ast::Expr::CompoundIdentifier(parts) => parts.iter().map(ident).collect(),
            ast::Expr::Function(function) => {
                self.called(&function.name);
                return ControlFlow::Continue(());
            }
            _ => return ControlFlow::Continue(()),
        };
        self.query.columns.push(column);
        ControlFlow::Continue(())
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
    query.star = (0..tokens).any(|at| {
        c.symbol_at(at, "*") && at > 0 && (c.word_at(at - 1, "SELECT") || c.symbol_at(at - 1, "."))
    });
    query.filtered = (0..tokens).any(|at| c.word_at(at, "WHERE"));
    query.limited = (0..tokens).any(|at| c.word_at(at, "LIMIT"));
    query
}
