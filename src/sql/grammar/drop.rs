//! `DROP`.

use super::object;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::name::Name;
use crate::sql::statement::Body;
use crate::sql::statement::DropObjects;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;

/// A statement that starts with `DROP`.
pub(super) fn drop_objects(c: &mut Cursor) -> Read<Body> {
    c.expect("DROP")?;
    let kind = object::kind(c)?;
    let concurrently = kind == ObjectKind::Index && c.eat("CONCURRENTLY");
    let if_exists = c.eat("IF EXISTS");
    let (mut objects, mut spans) = (Vec::new(), Vec::new());
    loop {
        let mark = c.mark();
        objects.push(object_to_drop(c, kind)?);
        spans.push(c.since(mark));
        if !c.eat_symbol(",") {
            break;
        }
    }
    if kind == ObjectKind::Database {
        let forced = c.eat("WITH") || c.symbol_at(0, "(");
        if forced {
            object::options(c)?;
        }
    }
    let cascade = c.eat("CASCADE");
    c.eat("RESTRICT");
    Ok(Body::Drop(DropObjects { objects, spans, kind, if_exists, concurrently, cascade }))
}

fn object_to_drop(c: &mut Cursor, kind: ObjectKind) -> Read<ObjectRef> {
    match kind {
        // The table of a rule, trigger or policy must be named here.
        ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
            let object = object::reference(c, kind)?;
            if object.on.is_some() { Ok(object) } else { Err(c.unexpected("`ON`")) }
        }
        ObjectKind::Column | ObjectKind::Constraint => Err(c.unexpected("a kind of object")),
        ObjectKind::UserMapping if c.looking_at("IF EXISTS FOR") => {
            c.eat("IF EXISTS");
            object::reference(c, kind)
        }
        ObjectKind::Language => Ok(ObjectRef::new(kind, Name::bare(c.identifier()?))),
        _ => object::reference(c, kind),
    }
}
