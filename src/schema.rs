//! What is known of the database at a point: the statements before it, replayed.
//!
//! The schema starts empty and learns from statements. A table whose creation was not seen is noted
//! as such when it is first mentioned (`known: false`): then what is not listed may still exist.

mod apply;
mod keys;
mod model;
mod naming;
mod reads;
mod size;
mod work;

pub use keys::are_over;
pub use model::*;
pub use reads::ColumnsRead;
pub use size::Size;

use crate::sql::Name;
use crate::sql::TypeName;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use work::Work;

/// The schema that names go to when nobody says otherwise.
pub const DEFAULT_SCHEMA: &str = "public";

/// The schema that stands for the session's temporary one.
pub const TEMPORARY_SCHEMA: &str = "pg_temp";

/// Tables of each publication, with the columns that its lists and conditions name; `None` for all
/// of them.
type Publications = BTreeMap<String, Option<BTreeMap<Name, Vec<String>>>>;

/// All that is known of a database.
#[derive(Clone, Debug)]
pub struct Schema {
    relations: BTreeMap<Name, Arc<Relation>>,
    types: BTreeMap<Name, Arc<Type>>,
    functions: BTreeMap<Name, Arc<Vec<Function>>>,
    publications: Publications,
    /// Extended statistics, with their table.
    statistics: BTreeMap<Name, Name>,
    /// Schemas, each with the moment it was created.
    schemas: BTreeMap<String, Moment>,
    extensions: BTreeSet<String>,
    search_path: Vec<String>,
    /// The search path to go back to when the transaction commits, after `SET LOCAL`.
    lasting_path: Option<Vec<String>>,
    now: Moment,
    /// The names of types, those of PostgreSQL left out, that columns ever had.
    column_types: BTreeSet<String>,
    /// How many indexes were created so far.
    indexes_made: u32,
    /// When a value was last added to an enum.
    label_added: Moment,
    /// Nothing existed before the first statement: what was not created is not there.
    complete: bool,
    /// SQL ran that was not seen: what is known may have changed.
    blind: bool,
    /// Nothing but the statements that were seen ever wrote rows.
    alone: bool,
    /// The replay began with an empty database, whatever was done since.
    from_nothing: bool,
    journal: Option<Journal>,
    /// Sequences by the table that owns them, or did before it had another name.
    owned: HashMap<Name, BTreeSet<Name>>,
    work: Work,
}

impl Default for Schema {
    fn default() -> Schema {
        Schema {
            relations: BTreeMap::new(),
            types: BTreeMap::new(),
            functions: BTreeMap::new(),
            publications: BTreeMap::new(),
            statistics: BTreeMap::new(),
            schemas: BTreeMap::from([(DEFAULT_SCHEMA.to_owned(), Moment::default())]),
            extensions: BTreeSet::new(),
            search_path: vec![DEFAULT_SCHEMA.to_owned()],
            lasting_path: None,
            now: Moment::default(),
            column_types: BTreeSet::new(),
            indexes_made: 0,
            label_added: Moment::default(),
            complete: false,
            blind: false,
            alone: false,
            from_nothing: false,
            journal: None,
            owned: HashMap::new(),
            work: Work::default(),
        }
    }
}

/// What was replaced since the transaction began, to put it back.
#[derive(Clone, Debug, Default)]
struct Journal {
    undo: Vec<Undo>,
    /// Savepoints: their names, and how long the journal was.
    savepoints: Vec<(String, usize)>,
    /// What the journal has since the last savepoint: it is enough to put that back.
    noted: Noted,
    /// How many savepoints were set.
    set: usize,
}

/// More savepoints than this of one transaction are not told apart: each would keep a copy of all
/// that changes between it and the next.
const SAVEPOINTS_MAX: usize = 256;

/// The names of what was put into the journal.
#[derive(Clone, Debug, Default)]
struct Noted {
    relations: HashSet<Name>,
    types: HashSet<Name>,
    functions: HashSet<Name>,
    publications: bool,
    statistics: bool,
}

impl Noted {
    /// Whether this is the first that is noted of its object.
    fn is_first(&mut self, undo: &Undo) -> bool {
        match undo {
            Undo::Relation(name, _) => first(&mut self.relations, name),
            Undo::Type(name, _) => first(&mut self.types, name),
            Undo::Functions(name, _) => first(&mut self.functions, name),
            Undo::Publications(_) => !std::mem::replace(&mut self.publications, true),
            Undo::Statistics(_) => !std::mem::replace(&mut self.statistics, true),
            Undo::SearchPath(_) | Undo::Knowledge(..) => true,
        }
    }
}

fn first(noted: &mut HashSet<Name>, name: &Name) -> bool {
    !noted.contains(name) && noted.insert(name.clone())
}

#[derive(Clone, Debug)]
enum Undo {
    Relation(Name, Option<Arc<Relation>>),
    Type(Name, Option<Arc<Type>>),
    Functions(Name, Option<Arc<Vec<Function>>>),
    SearchPath(Vec<String>),
    Publications(Publications),
    Statistics(BTreeMap<Name, Name>),
    /// Whether all was known, and whether SQL had run that was not seen.
    Knowledge(bool, bool),
}

impl Schema {
    /// A schema of which it is known that nothing existed before.
    pub fn empty() -> Schema {
        Schema { complete: true, from_nothing: true, ..Schema::default() }
    }

    /// Whether what was not created here is known not to exist.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Notes a type that a column gets.
    fn note_type(&mut self, ty: Option<&TypeName>) {
        if let Some(ty) = ty.filter(|ty| !ty.is_builtin()) {
            self.column_types.insert(ty.name.name.clone());
        }
    }

    /// Whether a column may have a type of this name.
    pub fn may_be_column_type(&self, name: &str) -> bool {
        self.column_types.contains(name)
    }

    /// Whether an extension was made, which brings functions and types of its own.
    pub fn has_extensions(&self) -> bool {
        !self.extensions.is_empty()
    }

    /// Whether `IF NOT EXISTS` may find something that was there before the first statement.
    pub fn may_hold_more(&self) -> bool {
        !self.from_nothing
    }

    /// Whether what a name means is known not to be there: a schema that no migration made may
    /// hold anything.
    pub fn is_missing(&self, name: &Name) -> bool {
        let known = match &name.schema {
            Some(schema) => self.schemas.contains_key(schema),
            None => self.search_path.iter().all(|schema| self.schemas.contains_key(schema)),
        };
        let catalog = name.schema.is_none() && name.name.starts_with("pg_");
        self.complete && known && !catalog && self.relation(name).is_none()
    }

    /// Whether SQL ran that was not seen, so that what is known may have changed.
    pub fn is_blind(&self) -> bool {
        self.blind
    }

    /// Looks at something as if nothing were known for certain.
    pub fn in_doubt<T>(&mut self, doubt: bool, look: impl FnOnce(&Schema) -> T) -> T {
        let known = (self.complete, self.blind);
        if doubt {
            (self.complete, self.blind) = (false, true);
        }
        let seen = look(self);
        (self.complete, self.blind) = known;
        seen
    }

    /// Notes that there is more in the database than was seen.
    pub fn mark_incomplete(&mut self) {
        if self.complete {
            self.record(Undo::Knowledge(self.complete, self.blind));
            self.complete = false;
        }
    }

    /// Notes that all there is was seen, and which of its indexes are not used.
    pub fn mark_complete(&mut self, invalid_indexes: &[Name]) {
        self.complete = true;
        self.blind = false;
        for name in invalid_indexes {
            if let Some(index) = self.change_index(name) {
                index.valid = false;
            }
        }
    }

    /// Notes that something was done to the database which was not seen.
    pub fn mark_unseen(&mut self) {
        self.mark_incomplete();
        if !self.blind {
            self.record(Undo::Knowledge(self.complete, self.blind));
            self.blind = true;
        }
    }

    /// Says which deploy unit and transaction the next statements belong to.
    pub fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// The deploy unit and transaction of the next statement.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Whether something born then belongs to the same deploy unit as the next statement.
    pub fn is_new(&self, born: Moment) -> bool {
        born.unit == self.now.unit && born.unit > 0
    }

    /// Whether a schema is made by what ships with the next statement.
    pub fn is_new_schema(&self, schema: &str) -> bool {
        self.schemas.get(schema).is_some_and(|born| self.is_new(*born))
    }

    /// The schemas that unqualified names are looked up in.
    pub fn search_path(&self) -> &[String] {
        &self.search_path
    }

    /// Changes the search path, perhaps for this transaction only; `"$user"` is left out.
    pub fn set_search_path(&mut self, path: Vec<String>, local: bool) {
        let before = self.lasting_path.take().unwrap_or_else(|| self.search_path.clone());
        self.lasting_path = (local && self.journal.is_some()).then_some(before);
        let path = path.into_iter().filter(|schema| schema != "$user").collect();
        let before = std::mem::replace(&mut self.search_path, path);
        self.record(Undo::SearchPath(before));
    }

    /// A new session: temporary objects are gone, the search path is the default one.
    pub fn end_session(&mut self) {
        // Names are sorted by schema: those of one stand together.
        let first = Name::in_schema(TEMPORARY_SCHEMA, String::new());
        let temporary = |name: &&Name| name.schema.as_deref() == Some(TEMPORARY_SCHEMA);
        let names = self.relations.range(&first..).map(|(name, _)| name).take_while(temporary);
        let names: Vec<Name> = names.cloned().collect();
        for name in names {
            self.remove_relation(&name);
        }
        self.search_path = vec![DEFAULT_SCHEMA.to_owned()];
        self.lasting_path = None;
    }

    // Transactions.

    /// A transaction begins; what follows can be undone.
    pub fn begin(&mut self) {
        if self.journal.is_none() {
            self.journal = Some(Journal::default());
        }
    }

    /// What was done since [`Schema::begin`] stays.
    pub fn commit(&mut self) {
        self.journal = None;
        if let Some(path) = self.lasting_path.take() {
            self.search_path = path;
        }
    }

    /// What was done since [`Schema::begin`] is undone.
    pub fn roll_back(&mut self) {
        self.lasting_path = None;
        if let Some(journal) = self.journal.take() {
            self.restore(journal.undo);
        }
    }

    /// Sets a savepoint.
    pub fn savepoint(&mut self, name: &str) {
        if let Some(journal) = &mut self.journal {
            journal.set += 1;
            if journal.set <= SAVEPOINTS_MAX {
                journal.savepoints.push((name.to_owned(), journal.undo.len()));
                journal.noted = Noted::default();
            }
        }
    }

    /// Undoes what was done since a savepoint, which stays. Where there were too many of them it is
    /// not known to what that goes back.
    pub fn roll_back_to(&mut self, name: &str) {
        let Some(journal) = &mut self.journal else { return };
        if journal.set > SAVEPOINTS_MAX {
            return self.mark_unseen();
        }
        let Some(at) = journal.savepoints.iter().rposition(|(known, _)| known == name) else {
            return;
        };
        let length = journal.savepoints[at].1;
        journal.savepoints.truncate(at + 1);
        journal.noted = Noted::default();
        let undo = journal.undo.split_off(length);
        self.restore(undo);
    }

    fn restore(&mut self, undo: Vec<Undo>) {
        for step in undo.into_iter().rev() {
            match step {
                Undo::Relation(name, Some(before)) => {
                    self.note_owner(&before);
                    self.relations.insert(name, before);
                }
                Undo::Relation(name, None) => drop(self.relations.remove(&name)),
                Undo::Type(name, Some(before)) => drop(self.types.insert(name, before)),
                Undo::Type(name, None) => drop(self.types.remove(&name)),
                Undo::Functions(name, Some(before)) => drop(self.functions.insert(name, before)),
                Undo::Functions(name, None) => drop(self.functions.remove(&name)),
                Undo::SearchPath(path) => self.search_path = path,
                Undo::Publications(before) => self.publications = before,
                Undo::Statistics(before) => self.statistics = before,
                Undo::Knowledge(complete, blind) => {
                    self.complete = complete;
                    self.blind = blind;
                }
            }
        }
    }

    fn record(&mut self, undo: Undo) {
        if let Some(journal) = &mut self.journal
            && journal.noted.is_first(&undo)
        {
            journal.undo.push(undo);
        }
    }

    /// The publications, to be changed.
    fn change_publications(&mut self) -> &mut Publications {
        // They are copied once for each savepoint, not for each change.
        if self.journal.as_ref().is_some_and(|journal| !journal.noted.publications) {
            self.record(Undo::Publications(self.publications.clone()));
        }
        &mut self.publications
    }

    /// Extended statistics with their tables, to be changed.
    fn change_statistics(&mut self) -> &mut BTreeMap<Name, Name> {
        if self.journal.as_ref().is_some_and(|journal| !journal.noted.statistics) {
            self.record(Undo::Statistics(self.statistics.clone()));
        }
        &mut self.statistics
    }

    /// The tables of each publication that lists its tables, to be changed.
    fn change_published(&mut self) -> impl Iterator<Item = &mut BTreeMap<Name, Vec<String>>> {
        self.follow(self.publications.len());
        self.change_publications().values_mut().flatten()
    }

    // Looking things up.

    /// The relation that a name means here, if one is known.
    pub fn relation(&self, name: &Name) -> Option<&Relation> {
        self.find(name, &self.relations).map(|(_, relation)| &**relation)
    }

    /// The table that a name means here, if one is known.
    pub fn table(&self, name: &Name) -> Option<&Table> {
        match self.relation(name)? {
            Relation::Table(table) => {
                self.work.look_through(table);
                Some(table)
            }
            _ => None,
        }
    }

    /// The view that a name means here, if one is known.
    pub fn view(&self, name: &Name) -> Option<&View> {
        match self.relation(name)? {
            Relation::View(view) => Some(view),
            _ => None,
        }
    }

    /// The index that a name means here, if one is known.
    pub fn index(&self, name: &Name) -> Option<&Index> {
        match self.relation(name)? {
            Relation::Index(index) => Some(index),
            _ => None,
        }
    }

    /// The sequence that a name means here, if one is known.
    pub fn sequence(&self, name: &Name) -> Option<&Sequence> {
        match self.relation(name)? {
            Relation::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// The type that a name means here, if one is known.
    pub fn type_(&self, name: &Name) -> Option<&Type> {
        self.find(name, &self.types).map(|(_, ty)| &**ty)
    }

    /// The domain that a name means here, if one is known.
    pub fn domain(&self, name: &Name) -> Option<&Domain> {
        match &self.type_(name)?.form {
            TypeKind::Domain(domain) => Some(domain),
            _ => None,
        }
    }

    /// The domain that a type is and those it is made from, the outermost first.
    pub fn domains(&self, ty: &TypeName) -> Vec<(&Name, &Domain)> {
        /// Domains over domains deeper than this do not happen.
        const DEPTH_MAX: usize = 32;
        let mut found: Vec<(&Name, &Domain)> = Vec::new();
        let mut ty = ty.clone();
        while found.len() < DEPTH_MAX && ty.dimensions == 0 {
            let Some((name, known)) = self.find(&ty.name, &self.types) else { break };
            let TypeKind::Domain(domain) = &known.form else { break };
            ty.clone_from(&domain.base);
            found.push((name, domain));
        }
        found
    }

    /// The type under a domain; any other type is its own.
    pub fn base_type(&self, ty: &TypeName) -> TypeName {
        self.domains(ty).last().map_or_else(|| ty.clone(), |(_, domain)| domain.base.clone())
    }

    /// All types, by name.
    pub fn types(&self) -> impl Iterator<Item = (&Name, &Type)> {
        self.types.iter().map(|(name, ty)| (name, &**ty))
    }

    /// The functions that a name means here.
    pub fn functions(&self, name: &Name) -> &[Function] {
        self.find(name, &self.functions).map_or(&[], |(_, functions)| functions.as_slice())
    }

    /// Whether the open transaction has added a value to an enum.
    pub fn has_new_label(&self) -> bool {
        self.now.transaction > 0 && self.label_added.transaction == self.now.transaction
    }

    /// All functions, by name.
    pub fn all_functions(&self) -> impl Iterator<Item = (&Name, &Function)> {
        let all = self
            .functions
            .iter()
            .flat_map(|(name, functions)| functions.iter().map(move |function| (name, function)));
        all.inspect(|(_, function)| self.work.read(function))
    }

    /// All tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.relations().filter_map(|relation| match relation {
            Relation::Table(table) => Some(table),
            _ => None,
        })
    }

    /// All relations.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values().map(|relation| &**relation).inspect(|_| self.work.pass())
    }

    /// Tables with a policy or rule that is known to read a table, or a column of it.
    pub fn attached_reading<'a>(
        &'a self,
        table: &'a Name,
        column: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Name> {
        let does = move |attached: &Attached| attached.is_reading(table, column);
        let on = self.tables().filter(move |on| on.attached.iter().any(does));
        on.map(|on| &on.name)
    }

    /// The names of the indexes of a table or materialized view.
    pub fn indexes_of<'a>(&'a self, name: &Name) -> impl Iterator<Item = &'a Name> + use<'a> {
        let (table, view) = match self.relation(name) {
            Some(Relation::Table(table)) => (Some(&table.indexes), None),
            Some(Relation::View(view)) => (None, Some(&view.indexes)),
            _ => (None, None),
        };
        table.or(view).into_iter().flatten()
    }

    /// Publications that list the table by name.
    pub fn publications_listing(&self, table: &Name) -> Vec<&str> {
        self.listing(table).map(|(name, _)| name).collect()
    }

    /// Publications whose list or condition names the column.
    pub fn publications_naming(&self, table: &Name, column: &str) -> Vec<&str> {
        let names = |(name, columns): (_, &[String])| {
            columns.iter().any(|known| known == column).then_some(name)
        };
        self.listing(table).filter_map(names).collect()
    }

    fn listing(&self, table: &Name) -> impl Iterator<Item = (&str, &[String])> {
        self.publications.iter().filter_map(|(name, tables)| {
            let columns = tables.as_ref()?.get(table)?;
            Some((name.as_str(), columns.as_slice()))
        })
    }

    /// Whether there is a publication of this name.
    pub fn has_publication(&self, name: &str) -> bool {
        self.publications.contains_key(name)
    }

    /// Tables that a publication lists by name.
    pub fn published_by(&self, publication: &str) -> impl Iterator<Item = &Name> {
        let tables = self.publications.get(publication).and_then(Option::as_ref);
        tables.into_iter().flat_map(BTreeMap::keys)
    }

    /// The full name of the function that a name means here.
    pub fn resolve_function(&self, name: &Name) -> Name {
        self.find(name, &self.functions).map_or_else(|| name.clone(), |(full, _)| full.clone())
    }

    /// The table of extended statistics.
    pub fn statistics_table(&self, name: &Name) -> Option<&Name> {
        self.find(name, &self.statistics).map(|(_, table)| table)
    }

    fn find<'a, T>(&self, name: &Name, map: &'a BTreeMap<Name, T>) -> Option<(&'a Name, &'a T)> {
        self.work.find();
        if name.schema.is_some() {
            return map.get_key_value(name);
        }
        let temporary = std::iter::once(TEMPORARY_SCHEMA);
        let path = temporary.chain(self.search_path.iter().map(String::as_str));
        path.map(|schema| Name::in_schema(schema, name.name.clone())).find_map(|name| {
            self.work.find();
            map.get_key_value(&name)
        })
    }

    /// The full name that a name means here: of the relation it finds, else of the one that a
    /// `CREATE` would make.
    pub fn resolve(&self, name: &Name) -> Name {
        match self.find(name, &self.relations) {
            Some((found, _)) => found.clone(),
            None => self.target(name),
        }
    }

    /// The full name of a new object of this name.
    pub fn target(&self, name: &Name) -> Name {
        match &name.schema {
            Some(_) => name.clone(),
            None => Name::in_schema(self.creation_schema(), name.name.clone()),
        }
    }

    fn creation_schema(&self) -> &str {
        self.search_path.first().map_or(DEFAULT_SCHEMA, String::as_str)
    }

    /// The partitions or inheritance children of a table, theirs included, itself left out.
    pub fn descendants(&self, table: &Name) -> Vec<Name> {
        let mut found: BTreeSet<Name> = BTreeSet::new();
        let mut open = vec![table.clone()];
        while let Some(name) = open.pop() {
            let Some(Relation::Table(table)) = self.relation(&name) else { continue };
            self.work.descend(table);
            open.extend(table.children.iter().filter(|child| !found.contains(child)).cloned());
            found.extend(table.children.iter().cloned());
        }
        found.into_iter().collect()
    }

    /// The default partition of a partitioned table, if it has one.
    pub fn default_partition(&self, parent: &Table) -> Option<&Table> {
        parent
            .children
            .iter()
            .filter_map(|child| self.table(child))
            .find(|child| matches!(&child.partition_of, Some((_, crate::sql::Bound::Default))))
    }

    // Changing things.

    fn put(&mut self, mut relation: Relation) {
        if let Relation::Index(index) = &mut relation
            && index.number == 0
        {
            self.indexes_made += 1;
            index.number = self.indexes_made;
        }
        if let Relation::Table(table) = &relation {
            let types = table.columns.iter().filter_map(|column| column.ty.as_ref());
            let own = types.filter(|ty| !ty.is_builtin());
            self.column_types.extend(own.map(|ty| ty.name.name.clone()));
        }
        self.note_owner(&relation);
        let name = relation.name().clone();
        let before = self.relations.insert(name.clone(), Arc::new(relation));
        self.record(Undo::Relation(name, before));
    }

    fn remove_relation(&mut self, name: &Name) -> Option<Arc<Relation>> {
        let before = self.relations.remove(name);
        if let Some(Relation::Sequence(Sequence { owned_by: Some((table, _)), .. })) =
            before.as_deref()
            && let Some(owned) = self.owned.get_mut(table)
        {
            owned.remove(name);
        }
        if before.is_some() {
            self.record(Undo::Relation(name.clone(), before.clone()));
        }
        before
    }

    /// The relation of this full name, to be changed.
    fn change(&mut self, name: &Name) -> Option<&mut Relation> {
        if self.journal.is_some() {
            let before = self.relations.get(name)?.clone();
            self.record(Undo::Relation(name.clone(), Some(before)));
        }
        let relation = self.relations.get_mut(name)?;
        self.work.change(relation, Arc::strong_count(relation) > 1);
        Some(Arc::make_mut(relation))
    }

    /// Notes that a table owns a sequence.
    fn note_owner(&mut self, relation: &Relation) {
        if let Relation::Sequence(Sequence { name, owned_by: Some((table, _)), .. }) = relation {
            self.owned.entry(table.clone()).or_default().insert(name.clone());
        }
    }

    /// Gives a sequence another owner.
    fn set_owner(&mut self, sequence: &Name, owner: Option<(Name, String)>) {
        if let Some(Relation::Sequence(sequence)) = self.change(sequence) {
            sequence.owned_by = owner;
            let changed = Relation::Sequence(sequence.clone());
            self.note_owner(&changed);
        }
    }

    fn change_table(&mut self, name: &Name) -> Option<&mut Table> {
        match self.change(name)? {
            Relation::Table(table) => Some(table),
            _ => None,
        }
    }

    fn change_view(&mut self, name: &Name) -> Option<&mut View> {
        match self.change(name)? {
            Relation::View(view) => Some(view),
            _ => None,
        }
    }

    fn change_index(&mut self, name: &Name) -> Option<&mut Index> {
        match self.change(name)? {
            Relation::Index(index) => Some(index),
            _ => None,
        }
    }

    fn put_type(&mut self, name: Name, ty: Type) {
        let before = self.types.insert(name.clone(), Arc::new(ty));
        self.record(Undo::Type(name, before));
    }

    fn change_type(&mut self, name: &Name) -> Option<&mut Type> {
        let full = self.find(name, &self.types).map(|(full, _)| full.clone())?;
        let before = self.types.get(&full).cloned();
        self.record(Undo::Type(full.clone(), before));
        self.types.get_mut(&full).map(Arc::make_mut)
    }

    fn remove_type(&mut self, name: &Name) {
        if let Some((full, _)) = self.find(name, &self.types) {
            let full = full.clone();
            let before = self.types.remove(&full);
            self.record(Undo::Type(full, before));
        }
    }

    /// The functions of this full name, to be changed.
    fn change_functions(&mut self, name: &Name) -> &mut Vec<Function> {
        let before = self.functions.get(name).cloned();
        self.record(Undo::Functions(name.clone(), before));
        Arc::make_mut(self.functions.entry(name.clone()).or_default())
    }
}
