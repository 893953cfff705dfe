//! `ALTER TABLE` and its kin: one list of actions for every kind of relation.

use super::alter_object;
use super::create;
use super::object;
use super::table;
use super::type_;
use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::lower;
use crate::sql::name::Name;
use crate::sql::statement::AlterAction;
use crate::sql::statement::AlterObject;
use crate::sql::statement::AlterObjectVerb;
use crate::sql::statement::AlterRelation;
use crate::sql::statement::AlterVerb;
use crate::sql::statement::Body;
use crate::sql::statement::Detach;
use crate::sql::statement::ObjectKind;
use crate::sql::statement::ObjectRef;
use crate::sql::statement::ReplicaIdentity;
use crate::sql::statement::RowSecurity;
use crate::sql::types;

/// A statement that starts with `ALTER`.
pub(super) fn alter(c: &mut Cursor) -> Read<Body> {
    c.expect("ALTER")?;
    if c.looking_at("TABLE ALL IN TABLESPACE")
        || c.looking_at("INDEX ALL IN TABLESPACE")
        || c.looking_at("MATERIALIZED VIEW ALL IN TABLESPACE")
    {
        return all_in_tablespace(c);
    }
    let kinds = [
        ("TABLE", ObjectKind::Table),
        ("FOREIGN TABLE", ObjectKind::ForeignTable),
        ("INDEX", ObjectKind::Index),
        ("VIEW", ObjectKind::View),
        ("MATERIALIZED VIEW", ObjectKind::MaterializedView),
        ("SEQUENCE", ObjectKind::Sequence),
    ];
    if let Some(&(_, kind)) = kinds.iter().find(|(words, _)| c.eat(words)) {
        return relation(c, kind);
    }
    if c.eat("TYPE") {
        return type_::alter_type(c);
    }
    if c.eat("DOMAIN") {
        return type_::alter_domain(c);
    }
    alter_object::alter_object(c)
}

fn all_in_tablespace(c: &mut Cursor) -> Read<Body> {
    let kind = object::kind(c)?;
    c.expect("ALL IN TABLESPACE")?;
    let name = Name::bare(c.identifier()?);
    c.take(usize::MAX);
    let object = ObjectRef::new(kind, name);
    Ok(Body::AlterObject(AlterObject { object, verb: AlterObjectVerb::SetTablespace }))
}

fn relation(c: &mut Cursor, kind: ObjectKind) -> Read<Body> {
    let if_exists = c.eat("IF EXISTS");
    let only = c.eat("ONLY");
    let name = c.name()?;
    c.eat_symbol("*");
    let actions = if kind == ObjectKind::Sequence && !starts_common(c) {
        vec![sequence(c)?]
    } else {
        c.list(|c| {
            let mark = c.mark();
            let verb = action(c, kind)?;
            Ok(AlterAction { span: c.since(mark), verb })
        })?
    };
    Ok(Body::AlterRelation(Box::new(AlterRelation { kind, name, if_exists, only, actions })))
}

fn starts_common(c: &Cursor) -> bool {
    ["RENAME", "SET SCHEMA", "OWNER TO", "SET LOGGED", "SET UNLOGGED"]
        .iter()
        .any(|words| c.looking_at(words))
}

fn sequence(c: &mut Cursor) -> Read<AlterAction> {
    let mark = c.mark();
    let options = c.slice(c.rest_span()).to_ascii_lowercase();
    if c.is_done() {
        return Err(c.unexpected("an option of a sequence"));
    }
    let owned_by = create::owner_of_sequence(&mut c.clone());
    let mut probe = c.clone();
    let mut ty = None;
    while !probe.is_done() {
        if probe.eat("AS") {
            ty = Some(types::type_name(&mut probe)?);
        }
        probe.advance();
    }
    c.take(usize::MAX);
    let verb = AlterVerb::Sequence { options, owned_by, ty };
    Ok(AlterAction { span: c.since(mark), verb })
}

fn action(c: &mut Cursor, kind: ObjectKind) -> Read<AlterVerb> {
    if c.eat("ADD") {
        return add(c);
    }
    if c.looking_at("ALTER CONSTRAINT") {
        return alter_constraint(c);
    }
    if c.eat("ALTER") {
        c.eat("COLUMN");
        return alter_column(c, kind);
    }
    if c.eat("DROP") {
        return drop_part(c);
    }
    if c.eat("RENAME") {
        return rename(c);
    }
    if c.eat("SET") {
        return set(c);
    }
    if c.eat("RESET") {
        let options = object::options(c)?;
        return Ok(AlterVerb::SetOptions { options, reset: true });
    }
    if c.eat("VALIDATE CONSTRAINT") {
        return Ok(AlterVerb::ValidateConstraint { constraint: c.identifier()? });
    }
    if c.eat("OWNER TO") {
        return Ok(AlterVerb::OwnerTo(c.label()?));
    }
    if c.looking_at("ENABLE") || c.looking_at("DISABLE") {
        return enable(c);
    }
    if c.eat("FORCE ROW LEVEL SECURITY") {
        return Ok(AlterVerb::RowSecurity(RowSecurity::Force));
    }
    if c.eat("NO FORCE ROW LEVEL SECURITY") {
        return Ok(AlterVerb::RowSecurity(RowSecurity::NoForce));
    }
    if c.eat("CLUSTER ON") {
        return Ok(AlterVerb::ClusterOn { index: c.identifier()? });
    }
    if c.eat("INHERIT") {
        return Ok(AlterVerb::Inherit { parent: c.name()?, remove: false });
    }
    if c.eat("NO INHERIT") {
        return Ok(AlterVerb::Inherit { parent: c.name()?, remove: true });
    }
    if c.eat("OF") {
        return Ok(AlterVerb::OfType(Some(c.name()?)));
    }
    if c.eat("NOT OF") {
        return Ok(AlterVerb::OfType(None));
    }
    rare(c, kind)
}

fn rare(c: &mut Cursor, kind: ObjectKind) -> Read<AlterVerb> {
    if c.eat("REPLICA IDENTITY") {
        return replica_identity(c);
    }
    if c.eat("ATTACH PARTITION") {
        let partition = c.name()?;
        if kind == ObjectKind::Index {
            return Ok(AlterVerb::AttachIndex { index: partition });
        }
        return Ok(AlterVerb::AttachPartition { partition, bound: table::bound(c)? });
    }
    if c.eat("DETACH PARTITION") {
        let partition = c.name()?;
        let mode = match c.eat_one(&["CONCURRENTLY", "FINALIZE"]) {
            Some("CONCURRENTLY") => Detach::Concurrently,
            Some(_) => Detach::Finalize,
            None => Detach::Plain,
        };
        return Ok(AlterVerb::DetachPartition { partition, mode });
    }
    if c.eat("DEPENDS ON EXTENSION") || c.eat("NO DEPENDS ON EXTENSION") {
        c.identifier()?;
        return Ok(AlterVerb::DependsOnExtension);
    }
    if c.eat("OPTIONS") {
        c.brackets()?;
        return Ok(AlterVerb::Options);
    }
    Err(c.unexpected("an action of `ALTER TABLE`"))
}

fn add(c: &mut Cursor) -> Read<AlterVerb> {
    if table::starts_constraint(c) {
        return Ok(AlterVerb::AddConstraint(Box::new(table::constraint(c)?)));
    }
    c.eat("COLUMN");
    let if_not_exists = c.eat("IF NOT EXISTS");
    Ok(AlterVerb::AddColumn { column: Box::new(table::column(c)?), if_not_exists })
}

fn alter_constraint(c: &mut Cursor) -> Read<AlterVerb> {
    c.expect("ALTER CONSTRAINT")?;
    let constraint = c.identifier()?;
    let (mut enforced, mut inherit) = (None, None);
    while !c.is_done() && !c.symbol_at(0, ",") {
        if c.eat("NOT ENFORCED") {
            enforced = Some(false);
        } else if c.eat("ENFORCED") {
            enforced = Some(true);
        } else if c.eat("NO INHERIT") {
            inherit = Some(false);
        } else if c.eat("INHERIT") {
            inherit = Some(true);
        } else if c
            .eat_one(&["NOT DEFERRABLE", "DEFERRABLE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE"])
            .is_none()
        {
            return Err(c.unexpected("an attribute of a constraint"));
        }
    }
    Ok(AlterVerb::AlterConstraint { constraint, enforced, inherit })
}

fn alter_column(c: &mut Cursor, kind: ObjectKind) -> Read<AlterVerb> {
    // An index's columns go by number.
    let column = match c.integer() {
        Ok(number) => number.to_string(),
        Err(_) => c.identifier()?,
    };
    if c.eat("SET DATA TYPE") || c.eat("TYPE") {
        let ty = types::type_name(c)?;
        let collation = if c.eat("COLLATE") { Some(c.name()?) } else { None };
        let using = if c.eat("USING") { Some(lower::expression(&c.take_item())) } else { None };
        return Ok(AlterVerb::AlterType { column, ty, collation, using });
    }
    if c.eat("SET DEFAULT") {
        let default = c.take_item();
        if default.is_done() {
            return Err(c.unexpected("an expression"));
        }
        if kind == ObjectKind::View {
            return Ok(AlterVerb::ViewDefault { column });
        }
        return Ok(AlterVerb::SetDefault { column, default: lower::expression(&default) });
    }
    if c.eat("DROP DEFAULT") {
        if kind == ObjectKind::View {
            return Ok(AlterVerb::ViewDefault { column });
        }
        return Ok(AlterVerb::DropDefault { column });
    }
    if c.eat("SET NOT NULL") {
        return Ok(AlterVerb::SetNotNull { column });
    }
    if c.eat("DROP NOT NULL") {
        return Ok(AlterVerb::DropNotNull { column });
    }
    if c.eat("SET EXPRESSION AS") {
        let expression = lower::expression(&c.brackets()?);
        return Ok(AlterVerb::SetExpression { column, expression });
    }
    if c.eat("DROP EXPRESSION") {
        let if_exists = c.eat("IF EXISTS");
        return Ok(AlterVerb::DropExpression { column, if_exists });
    }
    physical(c, column)
}

/// Actions on a column that change how it is stored, filled or planned for.
fn physical(c: &mut Cursor, column: String) -> Read<AlterVerb> {
    if c.eat("ADD GENERATED") {
        let always = c.eat("ALWAYS");
        if !always {
            c.expect("BY DEFAULT")?;
        }
        c.expect("AS IDENTITY")?;
        let options = if c.symbol_at(0, "(") { Some(c.brackets()?) } else { None };
        let sequence = options.as_ref().and_then(table::sequence_name);
        return Ok(AlterVerb::AddIdentity { column, always, sequence });
    }
    if c.eat("DROP IDENTITY") {
        let if_exists = c.eat("IF EXISTS");
        return Ok(AlterVerb::DropIdentity { column, if_exists });
    }
    if c.eat("SET STATISTICS") {
        if !c.eat("DEFAULT") {
            c.integer()?;
        }
        return Ok(AlterVerb::SetStatistics { column });
    }
    if c.eat("SET STORAGE") {
        c.label()?;
        return Ok(AlterVerb::SetStorage { column });
    }
    if c.eat("SET COMPRESSION") {
        c.label()?;
        return Ok(AlterVerb::SetCompression { column });
    }
    if (c.looking_at("SET") || c.looking_at("RESET")) && c.symbol_at(1, "(") {
        c.advance();
        object::options(c)?;
        return Ok(AlterVerb::SetAttributeOptions { column });
    }
    if c.eat("OPTIONS") {
        c.brackets()?;
        return Ok(AlterVerb::Options);
    }
    if c.looking_at("SET") || c.looking_at("RESTART") {
        let item = c.take_item();
        let always = item.looking_at("SET GENERATED ALWAYS");
        return Ok(AlterVerb::SetIdentity { column, always });
    }
    Err(c.unexpected("an action on a column"))
}

fn drop_part(c: &mut Cursor) -> Read<AlterVerb> {
    let constraint = c.eat("CONSTRAINT");
    if !constraint {
        c.eat("COLUMN");
    }
    let if_exists = c.eat("IF EXISTS");
    let name = c.identifier()?;
    let cascade = c.eat("CASCADE");
    c.eat("RESTRICT");
    Ok(if constraint {
        AlterVerb::DropConstraint { constraint: name, if_exists, cascade }
    } else {
        AlterVerb::DropColumn { column: name, if_exists, cascade }
    })
}

fn rename(c: &mut Cursor) -> Read<AlterVerb> {
    if c.eat("TO") {
        return Ok(AlterVerb::RenameTo(c.identifier()?));
    }
    let constraint = c.eat("CONSTRAINT");
    if !constraint {
        c.eat("COLUMN");
    }
    let from = c.identifier()?;
    c.expect("TO")?;
    let to = c.identifier()?;
    Ok(if constraint {
        AlterVerb::RenameConstraint { from, to }
    } else {
        AlterVerb::RenameColumn { from, to }
    })
}

fn set(c: &mut Cursor) -> Read<AlterVerb> {
    if c.symbol_at(0, "(") {
        return Ok(AlterVerb::SetOptions { options: object::options(c)?, reset: false });
    }
    if c.eat("SCHEMA") {
        return Ok(AlterVerb::SetSchema(c.identifier()?));
    }
    if c.eat("TABLESPACE") {
        let tablespace = c.identifier()?;
        c.eat("NOWAIT");
        return Ok(AlterVerb::SetTablespace(tablespace));
    }
    if c.eat("ACCESS METHOD") {
        return Ok(AlterVerb::SetAccessMethod(c.label()?));
    }
    if c.eat("LOGGED") {
        return Ok(AlterVerb::SetLogged(true));
    }
    if c.eat("UNLOGGED") {
        return Ok(AlterVerb::SetLogged(false));
    }
    if c.eat("WITHOUT CLUSTER") {
        return Ok(AlterVerb::SetWithoutCluster);
    }
    if c.eat("WITHOUT OIDS") {
        return Ok(AlterVerb::SetWithoutOids);
    }
    Err(c.unexpected("what to set"))
}

fn enable(c: &mut Cursor) -> Read<AlterVerb> {
    let enable = c.eat("ENABLE");
    if !enable {
        c.expect("DISABLE")?;
    }
    if c.eat("ROW LEVEL SECURITY") {
        let security = if enable { RowSecurity::Enable } else { RowSecurity::Disable };
        return Ok(AlterVerb::RowSecurity(security));
    }
    let replica = c.eat("REPLICA");
    c.eat("ALWAYS");
    if c.eat("TRIGGER") {
        return Ok(AlterVerb::Trigger { enable, replica, which: c.label()? });
    }
    c.expect("RULE")?;
    Ok(AlterVerb::Rule { enable, which: c.identifier()? })
}

fn replica_identity(c: &mut Cursor) -> Read<AlterVerb> {
    let identity = if c.eat("USING INDEX") {
        ReplicaIdentity::Index(c.identifier()?)
    } else {
        match c.eat_one(&["DEFAULT", "NOTHING", "FULL"]) {
            Some("DEFAULT") => ReplicaIdentity::Default,
            Some("NOTHING") => ReplicaIdentity::Nothing,
            Some(_) => ReplicaIdentity::Full,
            None => return Err(c.unexpected("a replica identity")),
        }
    };
    Ok(AlterVerb::ReplicaIdentity(identity))
}
