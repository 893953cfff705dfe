//! `ALTER` of what is no relation: functions, schemas, publications, roles and the rest.

use super::create;
use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::name::Name;
use crate::sql::statement::AlterObject;
use crate::sql::statement::AlterObjectVerb;
use crate::sql::statement::Body;
use crate::sql::statement::ListChange;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::statement::Volatility;

/// After `ALTER`, for every kind that has no reader of its own.
pub(super) fn alter_object(c: &mut Cursor) -> Read<Body> {
    if c.eat("DEFAULT PRIVILEGES") {
        c.take(usize::MAX);
        let object = ObjectRef::new(ObjectKind::DefaultPrivileges, Name::default());
        return Ok(altered(object, "grant"));
    }
    let kind = object::kind(c)?;
    c.eat("IF EXISTS");
    let object = match kind {
        ObjectKind::System => ObjectRef::new(kind, Name::default()),
        _ => object::reference(c, kind)?,
    };
    match kind {
        ObjectKind::Publication => publication(c, object),
        ObjectKind::Subscription => subscription(c, object),
        ObjectKind::Database if c.eat("SET TABLESPACE") => {
            c.identifier()?;
            Ok(Body::AlterObject(AlterObject { object, verb: AlterObjectVerb::SetTablespace }))
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => routine(c, object),
        _ => common(c, object),
    }
}

fn altered(object: ObjectRef, what: &str) -> Body {
    let verb = AlterObjectVerb::Other(what.to_ascii_lowercase());
    Body::AlterObject(AlterObject { object, verb })
}

/// What can be done to objects of most kinds.
pub(super) fn common(c: &mut Cursor, object: ObjectRef) -> Read<Body> {
    let verb = if c.eat("RENAME TO") {
        AlterObjectVerb::RenameTo(c.label()?)
    } else if c.eat("SET SCHEMA") {
        AlterObjectVerb::SetSchema(c.identifier()?)
    } else if c.eat("OWNER TO") {
        AlterObjectVerb::OwnerTo(c.label()?)
    } else {
        let Some(first) = c.peek() else { return Err(c.unexpected("what to alter")) };
        let verb = AlterObjectVerb::Other(c.text_of(first).to_ascii_lowercase());
        c.take(usize::MAX);
        verb
    };
    Ok(Body::AlterObject(AlterObject { object, verb }))
}

fn routine(c: &mut Cursor, object: ObjectRef) -> Read<Body> {
    let volatility = [
        ("IMMUTABLE", Volatility::Immutable),
        ("STABLE", Volatility::Stable),
        ("VOLATILE", Volatility::Volatile),
    ];
    let found = volatility.iter().find(|(word, _)| c.word_at(0, word));
    let Some(&(_, volatility)) = found else { return common(c, object) };
    c.take(usize::MAX);
    Ok(Body::AlterObject(AlterObject { object, verb: AlterObjectVerb::Volatility(volatility) }))
}

fn publication(c: &mut Cursor, object: ObjectRef) -> Read<Body> {
    let words = [("ADD", ListChange::Add), ("SET", ListChange::Set), ("DROP", ListChange::Drop)];
    let listed = words.into_iter().find(|(word, _)| c.word_at(0, word));
    let Some((_, change)) = listed.filter(|_| !c.symbol_at(1, "(")) else {
        return common(c, object);
    };
    c.advance();
    let tables = create::publication_tables(c)?;
    let verb = AlterObjectVerb::Tables { tables, change };
    Ok(Body::AlterObject(AlterObject { object, verb }))
}

/// Changing a subscription's publications refreshes it, unless an option says not to; that cannot
/// be done in a transaction (`ALTER SUBSCRIPTION` in the manual).
fn subscription(c: &mut Cursor, object: ObjectRef) -> Read<Body> {
    let changes = ["ADD PUBLICATION", "DROP PUBLICATION", "SET PUBLICATION", "REFRESH PUBLICATION"];
    if !changes.iter().any(|words| c.looking_at(words)) {
        return common(c, object);
    }
    let text = c.slice(c.rest_span()).to_ascii_lowercase();
    let words: String = text.split_whitespace().collect();
    let quiet = words.contains("refresh=false") || words.contains("refresh=off");
    c.take(usize::MAX);
    if quiet {
        return Ok(altered(object, "publication"));
    }
    Ok(Body::AlterObject(AlterObject { object, verb: AlterObjectVerb::Refresh }))
}
