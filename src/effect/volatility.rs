//! How far the server trusts an expression to give the same value twice.

use super::functions;
use super::model::Volatile;
use crate::schema::Function;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Body;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Volatility;

/// What a function promises: what the schema says of those it knows, then PostgreSQL's own. One
/// that nobody knows must be taken for volatile, as `CREATE FUNCTION` does.
pub(super) fn of_function(schema: &Schema, name: &Name) -> Volatility {
    let known = schema.functions(name);
    if let Some(worst) = known.iter().map(|function| function.volatility).max() {
        let inlined = known.iter().all(|function| is_inlined(schema, function));
        return if inlined { worst.min(Volatility::Stable) } else { worst };
    }
    of_builtin(name).unwrap_or(Volatility::Volatile)
}

/// What PostgreSQL's own function of this name promises, if the name can mean that: one in another
/// schema is somebody's.
fn of_builtin(name: &Name) -> Option<Volatility> {
    let own = name.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
    own.then(|| functions::volatility(&name.name)).flatten()
}

/// A plain SQL function whose body is one expression without volatile parts is put in place of its
/// call before the server asks (`inline_function` in clauses.c).
fn is_inlined(schema: &Schema, function: &Function) -> bool {
    let Some(body) = &function.body else { return false };
    if function.language != "sql" || !function.plain {
        return false;
    }
    let script = sql::read(body, std::slice::from_ref(&(0..body.len())));
    let [sql::Statement { body: Body::Query(query), .. }] = script.statements.as_slice() else {
        return false;
    };
    let calls_builtins = query.calls.iter().all(|name| {
        schema.functions(name).is_empty()
            && of_builtin(name).is_some_and(|kind| kind < Volatility::Volatile)
    });
    query.understood
        && query.constant_rows == Some(1)
        && query.relations.is_empty()
        && calls_builtins
}

/// Whether anybody knows a function: the schema, or PostgreSQL.
fn is_seen(schema: &Schema, name: &Name) -> bool {
    !schema.functions(name).is_empty() || of_builtin(name).is_some()
}

/// Why an expression may give another value for each row, if it may: what is known comes before
/// what is assumed.
pub(super) fn volatile(schema: &Schema, expr: &Expr) -> Option<Volatile> {
    let (mut known, mut unseen, mut opaque) = (None, None, None);
    expr.walk(&mut |part| match part {
        Expr::Call { name, .. } if of_function(schema, name) == Volatility::Volatile => {
            let call = format!("{name}()");
            if is_seen(schema, name) {
                known.get_or_insert(Volatile::Known(call));
            } else {
                unseen.get_or_insert(Volatile::Unseen(call));
            }
        }
        Expr::Opaque(_) => opaque = Some(Volatile::Opaque),
        _ => {}
    });
    known.or(unseen).or(opaque)
}

/// Whether a statement runs code that may do anything: a procedure, or a function that nobody
/// knows or whose body is not read.
pub(super) fn runs_unseen_code(schema: &Schema, body: &Body) -> bool {
    let unseen = |name: &Name| match schema.functions(name) {
        [] => of_builtin(name).is_none(),
        known => known.iter().any(|function| {
            function.language != "sql" && function.volatility == Volatility::Volatile
        }),
    };
    match body {
        Body::Query(query) => query.calls.iter().any(unseen),
        Body::Data(change) => change.source.calls.iter().any(unseen),
        Body::Call(_) => true,
        Body::Do(block) => {
            block.inner.iter().any(|inner| runs_unseen_code(schema, &inner.statement.body))
        }
        Body::Explain(inner, true) => runs_unseen_code(schema, &inner.body),
        _ => false,
    }
}

/// Whether an expression is the constant `NULL`, perhaps cast.
pub(super) fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Null => true,
        Expr::Cast { expr, .. } => is_null(expr),
        _ => false,
    }
}

/// Whether an expression calls a function that may give another result tomorrow.
pub(super) fn changes(schema: &Schema, expr: &Expr) -> bool {
    let mut mutable = false;
    expr.walk(&mut |expr| {
        mutable |= match expr {
            Expr::Call { name, arguments } => is_mutable(schema, name, arguments.is_empty()),
            Expr::SqlValue(_) => true,
            _ => false,
        };
    });
    mutable
}

/// Whether a function may give another result tomorrow, so that no index can be built on it. One
/// that nobody knows is given the benefit of the doubt, and so is one of PostgreSQL's that is not
/// the same for all arguments: the server will say.
pub(super) fn is_mutable(schema: &Schema, name: &Name, no_arguments: bool) -> bool {
    let known = schema.functions(name);
    // The server asks what is left after the body took the place of the call.
    if known.iter().any(|function| function.plain) {
        return false;
    }
    match known.iter().map(|function| function.volatility).max() {
        Some(worst) => worst != Volatility::Immutable,
        None => match of_builtin(name) {
            Some(Volatility::Volatile) => true,
            Some(Volatility::Stable) => no_arguments,
            Some(Volatility::Immutable) | None => false,
        },
    }
}
