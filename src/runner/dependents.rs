//! What depends on the objects that a contract takes away: from the catalog, and from the texts of
//! functions, of which the catalog knows nothing.

use super::error::RunError;
use crate::db::Session;
use crate::db::literal;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::sql::Body;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Statement;
use std::collections::BTreeSet;

/// An object as the catalog names it: its kind, and its name in parts.
type Key = (&'static str, Vec<String>);

/// Something that a contract takes away, or changes so that what depends on it is in the way.
struct Gone {
    what: What,
    /// What hangs on it in the catalog is in the way.
    hangs: bool,
    /// Functions that name it in their texts break.
    named: bool,
    /// How many objects the contract has dropped by then.
    after: usize,
}

#[derive(PartialEq, Eq)]
enum What {
    Relation(Name),
    Column(Name, String),
    Function(Name),
    Type(Name),
}

/// What the statements of a contract do to objects.
#[derive(Default)]
struct Taken {
    gone: Vec<Gone>,
    /// What is dropped or defined anew, in order.
    dropped: Vec<Key>,
}

/// What depends on what a contract takes away, in words; what it drops first itself is none.
pub(super) fn dependents(
    session: &Session,
    statements: &[Statement],
    facts: &[Fact],
) -> Result<Vec<String>, RunError> {
    let mut found = BTreeSet::new();
    let taken = Taken::of(statements, facts);
    for gone in &taken.gone {
        for row in session.rows(&gone.query())? {
            let (Some(words), Some(kind), Some(name)) = (row.get(0), row.get(1), row.get(2)) else {
                continue;
            };
            let name: Vec<String> = name.split('\u{1}').map(str::to_owned).collect();
            let by_text = row.get(3) == Some("t");
            // A text is read when it runs: what is dropped later in the contract is gone by then.
            let before = if by_text { taken.dropped.len() } else { gone.after };
            if !taken.dropped[..before].iter().any(|key| is_part_of(kind, &name, key)) {
                found.insert(words.to_owned());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The names that columns get, with their tables.
fn given(fact: &Fact) -> impl Iterator<Item = (Name, String)> {
    fact.analysis.parts.iter().filter_map(|part| match &part.effect {
        Effect::RenameColumn(rename) => Some((rename.table.name.clone(), rename.to.clone())),
        _ => None,
    })
}

/// The name that a column leaves when it gets another one.
fn left(effect: &Effect) -> Option<(Name, String)> {
    match effect {
        Effect::RenameColumn(rename) => Some((rename.table.name.clone(), rename.column.clone())),
        _ => None,
    }
}

/// Whether an object is the one that a key names, or goes with it.
fn is_part_of(kind: &str, name: &[String], key: &Key) -> bool {
    let (of, whole) = key;
    // A publication notices that its table is gone.
    let others = ["function", "procedure", "aggregate", "publication relation"];
    let relation = name.len() >= 2 && !others.contains(&kind);
    match *of {
        "relation" => relation && name[..2] == whole[..],
        "function" => !relation && name == &whole[..] && kind != "publication relation",
        of => kind == of && name == &whole[..],
    }
}

/// The parts of a name.
fn parts(name: &Name, more: &[&str]) -> Vec<String> {
    let schema = name.schema.as_deref().unwrap_or("public");
    [schema, &name.name].iter().chain(more).map(|part| (*part).to_owned()).collect()
}

impl Taken {
    fn of(statements: &[Statement], facts: &[Fact]) -> Taken {
        let mut taken = Taken::default();
        let given: BTreeSet<(Name, String)> = facts.iter().flat_map(given).collect();
        for (place, statement) in statements.iter().enumerate() {
            let begun = taken.gone.len();
            taken.say(&statement.body);
            let parts = facts.get(place).map(|fact| fact.analysis.parts.iter());
            for part in parts.into_iter().flatten().filter(|part| !part.made_good) {
                // Who names a column that another one takes the place of finds that.
                if !left(&part.effect).is_some_and(|column| given.contains(&column)) {
                    taken.add(&part.effect);
                }
            }
            // What one statement drops it drops together.
            let after = taken.dropped.len();
            taken.gone[begun..].iter_mut().for_each(|gone| gone.after = after);
        }
        taken
    }

    fn add(&mut self, effect: &Effect) {
        match effect {
            Effect::DropTable(drop) => {
                self.take(What::Relation(drop.table.name.clone()), true, true);
                self.dropped.push(("relation", parts(&drop.table.name, &[])));
            }
            Effect::RenameTable(rename) => {
                self.take(What::Relation(rename.table.name.clone()), false, true);
            }
            Effect::DropColumn(drop) => {
                let name = &drop.table.name;
                self.take(What::Column(name.clone(), drop.column.clone()), true, true);
                for kind in ["table column", "default value"] {
                    self.dropped.push((kind, parts(name, &[&drop.column])));
                }
            }
            Effect::RenameColumn(rename) => {
                let (name, column) = (rename.table.name.clone(), rename.column.clone());
                self.take(What::Column(name, column), false, true);
            }
            Effect::ChangeType(change) => {
                let (name, column) = (change.table.name.clone(), change.column.clone());
                self.take(What::Column(name, column), true, false);
            }
            Effect::DropConstraint(drop) => {
                let name = parts(&drop.table.name, &[&drop.constraint]);
                self.dropped.push(("table constraint", name));
            }
            Effect::DropIndex(drop) => self.take(What::Relation(drop.index.clone()), true, false),
            Effect::DropObject(change) if change.member.is_none() => {
                let on = change.on.as_ref().map(|table| &table.name);
                self.drop_object(change.kind, &change.name, on);
            }
            _ => {}
        }
    }

    /// What a statement says by itself, of objects too that nobody saw being made.
    fn say(&mut self, body: &Body) {
        match body {
            Body::Drop(drop) => {
                for object in &drop.objects {
                    self.drop_object(drop.kind, &object.name, object.on.as_ref());
                }
            }
            // They no longer say what they say now.
            Body::CreateFunction(create) if create.or_replace => {
                self.dropped.push(("function", parts(&create.name, &[])));
            }
            Body::CreateView(create) if create.or_replace => {
                self.dropped.push(("relation", parts(&create.name, &[])));
            }
            _ => {}
        }
    }

    fn drop_object(&mut self, kind: ObjectKind, name: &Name, on: Option<&Name>) {
        let attached = |kind| on.map(|table| (kind, parts(table, &[&name.name])));
        let key = match kind {
            ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
            | ObjectKind::ForeignTable => {
                self.take(What::Relation(name.clone()), true, true);
                Some(("relation", parts(name, &[])))
            }
            ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Routine
            | ObjectKind::Aggregate => {
                self.take(What::Function(name.clone()), true, false);
                Some(("function", parts(name, &[])))
            }
            ObjectKind::Type | ObjectKind::Domain => {
                self.take(What::Type(name.clone()), true, false);
                None
            }
            ObjectKind::Trigger => attached("trigger"),
            ObjectKind::Policy => attached("policy"),
            ObjectKind::Rule => attached("rule"),
            _ => None,
        };
        self.dropped.extend(key);
    }

    fn take(&mut self, what: What, hangs: bool, named: bool) {
        // A statement and its effect say the same of an object: one question is enough.
        let mut current = self.gone.iter_mut().rev().take_while(|gone| gone.after == 0);
        match current.find(|gone| gone.what == what) {
            Some(gone) => {
                gone.hangs |= hangs;
                gone.named |= named;
            }
            None => self.gone.push(Gone { what, hangs, named, after: 0 }),
        }
    }
}

impl Gone {
    /// Asks for what depends on it: in words, its kind, its name in parts, and whether only a text
    /// says so.
    fn query(&self) -> String {
        let (hangs, named) = (self.hangs, self.named);
        let text = self.text_condition();
        format!(
            "WITH t AS ({}),
             d AS (
                SELECT DISTINCT d.classid, d.objid, d.objsubid
                FROM t JOIN pg_depend d ON d.refclassid = t.class AND d.refobjid = t.oid
                    AND (t.sub = 0 OR d.refobjsubid = t.sub)
                LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
                WHERE {hangs} AND CASE
                    WHEN d.classid = 'pg_publication_rel'::regclass THEN true
                    WHEN a.adrelid = t.oid THEN t.sub <> 0 AND a.adnum <> t.sub
                    WHEN d.classid = t.class AND d.objid = t.oid
                        THEN t.sub <> 0 AND d.objsubid NOT IN (0, t.sub)
                    -- What is part of it goes with it.
                    ELSE d.deptype = 'n' AND NOT EXISTS (
                        SELECT FROM pg_depend o
                        WHERE (o.classid, o.objid, o.objsubid) = (d.classid, d.objid, d.objsubid)
                            AND o.refclassid = t.class AND o.refobjid = t.oid
                            AND (t.sub = 0 OR o.refobjsubid = t.sub) AND o.deptype IN ('a', 'i'))
                    END
             )
             SELECT CASE c.relkind
                    WHEN 'v' THEN 'view ' || n.nspname || '.' || c.relname
                    WHEN 'm' THEN 'materialized view ' || n.nspname || '.' || c.relname
                    ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END,
                i.type, array_to_string(i.object_names, chr(1)), false
             FROM d
             CROSS JOIN LATERAL
                pg_identify_object_as_address(d.classid, d.objid, d.objsubid) AS i
             LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
             LEFT JOIN pg_class c ON c.oid = r.ev_class
             LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
             UNION
             SELECT 'function ' || p.oid::regprocedure || ', which names it in its text',
                'function', n.nspname || chr(1) || p.proname, true
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, t
             WHERE {named} AND t.oid IS NOT NULL AND t.sub IS NOT NULL
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrate')
                AND p.prokind IN ('f', 'p') AND {text}",
            self.target()
        )
    }

    /// The object in the catalog: its class, its number and, of a column, its place.
    fn target(&self) -> String {
        match &self.what {
            What::Relation(name) => format!(
                // What hangs on the type of its rows hangs on it.
                "SELECT 'pg_class'::regclass AS class, to_regclass({0})::oid AS oid, 0 AS sub
                 UNION ALL SELECT 'pg_type'::regclass, reltype, 0 FROM pg_class
                 WHERE oid = to_regclass({0}) AND reltype <> 0",
                literal(&name.to_sql())
            ),
            What::Column(table, column) => format!(
                "SELECT 'pg_class'::regclass AS class, attrelid AS oid, attnum::int AS sub
                 FROM pg_attribute WHERE attrelid = to_regclass({})::oid AND attname = {}",
                literal(&table.to_sql()),
                literal(column)
            ),
            // Of several by one name it is not told which is meant: the server will say.
            What::Function(name) => format!(
                "SELECT 'pg_proc'::regclass AS class, min(p.oid) AS oid, 0 AS sub
                 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE p.proname = {} AND n.nspname = {} HAVING count(*) = 1",
                literal(&name.name),
                literal(name.schema.as_deref().unwrap_or("public"))
            ),
            What::Type(name) => format!(
                "SELECT 'pg_type'::regclass AS class, to_regtype({})::oid AS oid, 0 AS sub",
                literal(&name.to_sql())
            ),
        }
    }

    /// What the text of a function has that names it: of a column, its table as well.
    fn text_condition(&self) -> String {
        match &self.what {
            What::Column(table, column) => {
                format!("p.prosrc ~ {} AND p.prosrc ~ {}", word(&table.name), word(column))
            }
            What::Relation(name) | What::Function(name) | What::Type(name) => {
                format!("p.prosrc ~ {}", word(&name.name))
            }
        }
    }
}

/// A pattern that finds a name as a whole word.
fn word(name: &str) -> String {
    let escaped: String = name
        .chars()
        .flat_map(|c| {
            let plain = c.is_alphanumeric() || c == '_';
            (!plain).then_some('\\').into_iter().chain([c])
        })
        .collect();
    literal(&format!("\\m{escaped}\\M"))
}
