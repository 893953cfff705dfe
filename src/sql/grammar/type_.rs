//! Types and domains: `CREATE TYPE`, `CREATE DOMAIN`, `ALTER TYPE`, `ALTER DOMAIN`.

use super::alter_object;
use super::table;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::statement::AlterDomain;
use crate::sql::statement::AlterDomainVerb;
use crate::sql::statement::AlterType;
use crate::sql::statement::AlterTypeVerb;
use crate::sql::statement::Body;
use crate::sql::statement::CreateDomain;
use crate::sql::statement::CreateType;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::statement::TypeForm;
use crate::sql::types;

/// After `CREATE TYPE`.
pub(super) fn create_type(c: &mut Cursor) -> Read<Body> {
    let name = c.name()?;
    let form = if c.eat("AS ENUM") {
        let mut inside = c.brackets()?;
        let labels = if inside.is_done() { Vec::new() } else { inside.list(Cursor::string)? };
        inside.expect_end()?;
        TypeForm::Enum(labels)
    } else if c.eat("AS RANGE") {
        c.brackets()?;
        TypeForm::Range
    } else if c.eat("AS") {
        let mut inside = c.brackets()?;
        let attributes = if inside.is_done() { Vec::new() } else { inside.list(attribute)? };
        inside.expect_end()?;
        TypeForm::Composite(attributes)
    } else {
        if c.symbol_at(0, "(") {
            c.brackets()?;
        }
        TypeForm::Base
    };
    Ok(Body::CreateType(CreateType { name, form }))
}

fn attribute(c: &mut Cursor) -> Read<(String, types::TypeName)> {
    let name = c.identifier()?;
    let ty = types::type_name(c)?;
    if c.eat("COLLATE") {
        c.name()?;
    }
    Ok((name, ty))
}

/// After `CREATE DOMAIN`.
pub(super) fn create_domain(c: &mut Cursor) -> Read<Body> {
    let name = c.name()?;
    c.eat("AS");
    let ty = types::type_name(c)?;
    let column = table::domain_constraints(c, &name.name)?;
    Ok(Body::CreateDomain(Box::new(CreateDomain {
        name,
        ty,
        default: column.default,
        not_null: column.not_null,
        constraints: column.constraints,
    })))
}

/// After `ALTER TYPE`.
pub(super) fn alter_type(c: &mut Cursor) -> Read<Body> {
    let name = c.name()?;
    let verbs = if c.eat("ADD VALUE") {
        let if_not_exists = c.eat("IF NOT EXISTS");
        let label = c.string()?;
        if c.eat("BEFORE") || c.eat("AFTER") {
            c.string()?;
        }
        vec![AlterTypeVerb::AddValue { label, if_not_exists }]
    } else if c.eat("DROP VALUE") {
        c.string()?;
        vec![AlterTypeVerb::DropValue]
    } else if c.eat("RENAME VALUE") {
        let from = c.string()?;
        c.expect("TO")?;
        vec![AlterTypeVerb::RenameValue { from, to: c.string()? }]
    } else if c.eat("RENAME ATTRIBUTE") {
        let from = c.identifier()?;
        c.expect("TO")?;
        let to = c.identifier()?;
        vec![AlterTypeVerb::RenameAttribute { from, to, cascade: behaviour(c) }]
    } else if ["ADD ATTRIBUTE", "DROP ATTRIBUTE", "ALTER ATTRIBUTE"]
        .iter()
        .any(|words| c.looking_at(words))
    {
        c.list(attribute_change)?
    } else if c.looking_at("SET") && c.symbol_at(1, "(") {
        c.take(usize::MAX);
        vec![AlterTypeVerb::SetOptions]
    } else {
        return alter_object::common(c, ObjectRef::new(ObjectKind::Type, name));
    };
    Ok(Body::AlterType(AlterType { name, verbs }))
}

fn behaviour(c: &mut Cursor) -> bool {
    let cascade = c.eat("CASCADE");
    c.eat("RESTRICT");
    cascade
}

fn attribute_change(c: &mut Cursor) -> Read<AlterTypeVerb> {
    if c.eat("ADD ATTRIBUTE") {
        let (attribute, ty) = attribute(c)?;
        return Ok(AlterTypeVerb::AddAttribute { attribute, ty, cascade: behaviour(c) });
    }
    if c.eat("DROP ATTRIBUTE") {
        c.eat("IF EXISTS");
        let attribute = c.identifier()?;
        return Ok(AlterTypeVerb::DropAttribute { attribute, cascade: behaviour(c) });
    }
    c.expect("ALTER ATTRIBUTE")?;
    let attribute = c.identifier()?;
    c.eat("SET DATA");
    c.expect("TYPE")?;
    let ty = types::type_name(c)?;
    if c.eat("COLLATE") {
        c.name()?;
    }
    Ok(AlterTypeVerb::AlterAttribute { attribute, ty, cascade: behaviour(c) })
}

/// After `ALTER DOMAIN`.
pub(super) fn alter_domain(c: &mut Cursor) -> Read<Body> {
    let name = c.name()?;
    let verb = if c.eat("SET DEFAULT") {
        AlterDomainVerb::SetDefault(lower::expression(&c.take(usize::MAX)))
    } else if c.eat("DROP DEFAULT") {
        AlterDomainVerb::DropDefault
    } else if c.eat("SET NOT NULL") {
        AlterDomainVerb::SetNotNull
    } else if c.eat("DROP NOT NULL") {
        AlterDomainVerb::DropNotNull
    } else if c.eat("ADD") {
        domain_constraint(c, &name)?
    } else if c.eat("DROP CONSTRAINT") {
        let if_exists = c.eat("IF EXISTS");
        let constraint = c.identifier()?;
        behaviour(c);
        AlterDomainVerb::DropConstraint { constraint, if_exists }
    } else if c.eat("RENAME CONSTRAINT") {
        let from = c.identifier()?;
        c.expect("TO")?;
        AlterDomainVerb::RenameConstraint { from, to: c.identifier()? }
    } else if c.eat("VALIDATE CONSTRAINT") {
        AlterDomainVerb::ValidateConstraint { constraint: c.identifier()? }
    } else {
        return alter_object::common(c, ObjectRef::new(ObjectKind::Domain, name));
    };
    Ok(Body::AlterDomain(AlterDomain { name, verb }))
}

/// After `ADD`: a `CHECK`, or (since 17) `NOT NULL`, which is `SET NOT NULL` by another name.
fn domain_constraint(c: &mut Cursor, domain: &Name) -> Read<AlterDomainVerb> {
    let mark = c.mark();
    let column = table::domain_constraints(c, &domain.name)?;
    if column.not_null {
        return Ok(AlterDomainVerb::AddNotNull);
    }
    if let Some(constraint) = column.constraints.into_iter().next() {
        Ok(AlterDomainVerb::AddConstraint(Box::new(constraint)))
    } else {
        c.reset(mark);
        Err(c.unexpected("a constraint"))
    }
}
