//! Names of objects of every kind, as `DROP`, `COMMENT ON`, `ALTER` and `GRANT` write them.

use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::name::Name;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::types;
use crate::sql::types::TypeName;

/// Kinds by their words; longer ones before those they start with.
const KINDS: &[(&str, ObjectKind)] = &[
    ("ACCESS METHOD", ObjectKind::AccessMethod),
    ("AGGREGATE", ObjectKind::Aggregate),
    ("CAST", ObjectKind::Cast),
    ("COLLATION", ObjectKind::Collation),
    ("COLUMN", ObjectKind::Column),
    ("CONSTRAINT", ObjectKind::Constraint),
    ("CONVERSION", ObjectKind::Conversion),
    ("DATABASE", ObjectKind::Database),
    ("DOMAIN", ObjectKind::Domain),
    ("EVENT TRIGGER", ObjectKind::EventTrigger),
    ("EXTENSION", ObjectKind::Extension),
    ("FOREIGN DATA WRAPPER", ObjectKind::ForeignDataWrapper),
    ("FOREIGN SERVER", ObjectKind::Server),
    ("FOREIGN TABLE", ObjectKind::ForeignTable),
    ("FUNCTION", ObjectKind::Function),
    ("GROUP", ObjectKind::Role),
    ("INDEX", ObjectKind::Index),
    ("PROCEDURAL LANGUAGE", ObjectKind::Language),
    ("TRUSTED PROCEDURAL LANGUAGE", ObjectKind::Language),
    ("TRUSTED LANGUAGE", ObjectKind::Language),
    ("LANGUAGE", ObjectKind::Language),
    ("LARGE OBJECT", ObjectKind::LargeObject),
    ("MATERIALIZED VIEW", ObjectKind::MaterializedView),
    ("OPERATOR CLASS", ObjectKind::OperatorClass),
    ("OPERATOR FAMILY", ObjectKind::OperatorFamily),
    ("OPERATOR", ObjectKind::Operator),
    ("OWNED BY", ObjectKind::Owned),
    ("PARAMETER", ObjectKind::Parameter),
    ("POLICY", ObjectKind::Policy),
    ("PROCEDURE", ObjectKind::Procedure),
    ("PUBLICATION", ObjectKind::Publication),
    ("ROLE", ObjectKind::Role),
    ("ROUTINE", ObjectKind::Routine),
    ("RULE", ObjectKind::Rule),
    ("SCHEMA", ObjectKind::Schema),
    ("SEQUENCE", ObjectKind::Sequence),
    ("SERVER", ObjectKind::Server),
    ("STATISTICS", ObjectKind::Statistics),
    ("SUBSCRIPTION", ObjectKind::Subscription),
    ("SYSTEM", ObjectKind::System),
    ("TABLESPACE", ObjectKind::Tablespace),
    ("TABLE", ObjectKind::Table),
    ("TEXT SEARCH CONFIGURATION", ObjectKind::TextSearch),
    ("TEXT SEARCH DICTIONARY", ObjectKind::TextSearch),
    ("TEXT SEARCH PARSER", ObjectKind::TextSearch),
    ("TEXT SEARCH TEMPLATE", ObjectKind::TextSearch),
    ("TRANSFORM", ObjectKind::Transform),
    ("TRIGGER", ObjectKind::Trigger),
    ("TYPE", ObjectKind::Type),
    ("USER MAPPING", ObjectKind::UserMapping),
    ("USER", ObjectKind::Role),
    ("VIEW", ObjectKind::View),
];

/// The words of an object's kind.
pub(super) fn kind(c: &mut Cursor) -> Read<ObjectKind> {
    let found = KINDS.iter().find(|(words, _)| c.eat(words)).map(|&(_, kind)| kind);
    found.ok_or_else(|| c.unexpected("a kind of object"))
}

/// The name of an object of this kind, with what belongs to it: argument types, or its table.
pub(super) fn reference(c: &mut Cursor, kind: ObjectKind) -> Read<ObjectRef> {
    let object = |name| ObjectRef::new(kind, name);
    Ok(match kind {
        ObjectKind::Function
        | ObjectKind::Procedure
        | ObjectKind::Routine
        | ObjectKind::Aggregate => {
            let name = c.name()?;
            let arguments = if c.symbol_at(0, "(") { Some(argument_types(c)?) } else { None };
            ObjectRef { arguments, ..object(name) }
        }
        ObjectKind::Column => {
            let mut parts = c.parts()?;
            let column = parts.pop().unwrap_or_default();
            let table = parts.pop().ok_or_else(|| c.unexpected("`.`"))?;
            let on = Some(Name { schema: parts.pop(), name: table });
            ObjectRef { on, ..object(Name::bare(column)) }
        }
        ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy | ObjectKind::Constraint => {
            let name = Name::bare(c.identifier()?);
            let on = if c.eat("ON") {
                c.eat("DOMAIN");
                Some(c.name()?)
            } else {
                None
            };
            ObjectRef { on, ..object(name) }
        }
        ObjectKind::Cast => {
            c.brackets()?;
            object(Name::default())
        }
        ObjectKind::Transform => {
            c.expect("FOR")?;
            types::type_name(c)?;
            c.expect("LANGUAGE")?;
            object(Name::bare(c.identifier()?))
        }
        ObjectKind::UserMapping => {
            c.expect("FOR")?;
            c.label()?;
            c.expect("SERVER")?;
            object(Name::bare(c.identifier()?))
        }
        ObjectKind::Operator => operator(c)?,
        ObjectKind::OperatorClass | ObjectKind::OperatorFamily => {
            let name = c.name()?;
            c.expect("USING")?;
            c.identifier()?;
            object(name)
        }
        ObjectKind::LargeObject => {
            c.integer()?;
            object(Name::default())
        }
        ObjectKind::Type | ObjectKind::Domain => object(types::type_name(c)?.name),
        ObjectKind::Role | ObjectKind::Owned => object(Name::bare(c.label()?)),
        _ => object(c.name()?),
    })
}

/// `schema.+ (left, right)`.
fn operator(c: &mut Cursor) -> Read<ObjectRef> {
    let schema = c.identifier_at(0).filter(|_| c.symbol_at(1, "."));
    if schema.is_some() {
        c.advance();
        c.advance();
    }
    let token = c.advance().ok_or_else(|| c.unexpected("an operator"))?;
    let name = Name { schema, name: c.text_of(token).to_owned() };
    if c.symbol_at(0, "(") {
        c.brackets()?;
    }
    Ok(ObjectRef::new(ObjectKind::Operator, name))
}

/// `([mode] [name] type, …)`: the types of the arguments a caller gives. An aggregate's `*` and
/// `ORDER BY` are passed over.
pub(super) fn argument_types(c: &mut Cursor) -> Read<Vec<TypeName>> {
    let mut inside = c.brackets()?;
    let mut arguments = Vec::new();
    if inside.eat_symbol("*") {
        return Ok(arguments);
    }
    while !inside.is_done() {
        inside.eat("ORDER BY");
        let item = inside.take_until(|c| c.symbol_at(0, ",") || c.looking_at("ORDER BY"));
        if !item.is_done() {
            arguments.extend(argument(item)?);
        }
        inside.eat_symbol(",");
    }
    Ok(arguments)
}

/// How many arguments in a list have a default.
pub(super) fn optional_arguments(c: &mut Cursor) -> Read<usize> {
    let mut inside = c.brackets()?;
    let mut optional = 0;
    while !inside.is_done() {
        let mut item = inside.take_until(|c| c.symbol_at(0, ","));
        item.take_until(starts_default);
        optional += usize::from(!item.is_done());
        inside.eat_symbol(",");
    }
    Ok(optional)
}

fn starts_default(c: &Cursor) -> bool {
    c.word_at(0, "DEFAULT") || c.symbol_at(0, "=") || c.symbol_at(0, ":=")
}

fn argument(mut item: Cursor) -> Read<Option<TypeName>> {
    let mode = item.eat_one(&["INOUT", "IN OUT", "IN", "OUT", "VARIADIC"]);
    let mut declared = item.take_until(starts_default);
    let mark = declared.mark();
    let alone = types::type_name(&mut declared).ok().filter(|_| declared.is_done());
    let ty = if let Some(ty) = alone {
        ty
    } else {
        declared.reset(mark);
        declared.label()?;
        declared.eat_one(&["INOUT", "IN", "OUT", "VARIADIC"]);
        let ty = types::type_name(&mut declared)?;
        declared.expect_end()?;
        ty
    };
    Ok((mode != Some("OUT")).then_some(ty))
}

/// `(name = value, …)`: names and values in lower case; a name alone has an empty value.
pub(super) fn options(c: &mut Cursor) -> Read<Vec<(String, String)>> {
    let mut inside = c.brackets()?;
    let mut options = Vec::new();
    while !inside.is_done() {
        let mut item = inside.take_item();
        let name = item.take_until(|c| c.symbol_at(0, "="));
        let name = item_text(&name);
        item.eat_symbol("=");
        options.push((name, item_text(&item)));
        inside.eat_symbol(",");
    }
    Ok(options)
}

fn item_text(c: &Cursor) -> String {
    if c.is_done() {
        return String::new();
    }
    c.slice(c.rest_span()).trim_matches('\'').to_ascii_lowercase()
}
