//! Columns: added, dropped, retyped.

use super::alter::Command;
use super::analyst::Analyst;
use super::casts;
use super::functions;
use super::lock::LockMode;
use super::model::AddColumn;
use super::model::Answer;
use super::model::ChangeType;
use super::model::DropColumn;
use super::model::Effect;
use super::model::Fill;
use super::model::Filling;
use super::model::Rebuild;
use super::model::Recheck;
use super::model::Replaced;
use super::model::Volatile;
use super::model::Who;
use super::types;
use super::volatility;
use crate::schema::Column;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Index;
use crate::schema::Table;
use crate::sql::ColumnDef;
use crate::sql::ConstraintKind;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::Generated;
use crate::sql::Name;
use crate::sql::TypeName;

impl AddColumn {
    /// Whether an `INSERT` that does not know the column fails.
    pub fn is_required(&self) -> bool {
        self.table.in_use() && self.required
    }
}

impl ChangeType {
    /// Whether code that runs now can tell.
    pub fn is_noticed(&self) -> bool {
        let other = self.visible || self.narrowing.narrows();
        self.table.in_use() && !self.new && other
    }
}

/// Whether a foreign key that is written with a new column is checked for the rows that are there:
/// the server passes over it where no `DEFAULT` is written, be it `DEFAULT NULL`
/// (`transformAlterTableStmt`).
fn is_checked(def: &ColumnDef) -> bool {
    let computed = matches!(def.generated, Some(Generated::Stored(_) | Generated::Virtual(_)));
    let serial = def.ty.as_ref().and_then(TypeName::serial_base).is_some();
    def.default.is_some() || computed || serial
}

/// A new column as written, without its constraints; where it is to be a primary key, it takes no
/// `NULL` from the start if each row has a value.
fn definition(def: &ColumnDef, fill: &Fill, primary: bool) -> String {
    let implied = matches!(fill, Fill::Null | Fill::Serial(_) | Fill::Identity(_));
    let not_null = if primary && !def.not_null && !implied { " NOT NULL" } else { "" };
    format!("{}{not_null}", def.plain)
}

impl Analyst<'_> {
    pub(super) fn add_column(&mut self, command: &Command, def: &ColumnDef, if_not_exists: bool) {
        let table = self.table(&command.table.name);
        let exists = table.is_some_and(|table| table.column(&def.name).is_some())
            && !command.dropped_columns.contains(&def.name.as_str());
        if exists && !if_not_exists {
            let message = format!("column \"{}\" already exists", def.name);
            self.refuse("42701", message);
        }
        if if_not_exists && !exists && !command.table.is_known() {
            self.assume();
        }
        if table.is_some_and(|table| table.partition_of.is_some()) {
            self.refuse("42809", "cannot add column to a partition");
        } else if table.is_some_and(|table| table.of_type.is_some()) {
            self.refuse("42809", "cannot add column to typed table");
        }
        let children = table.is_some_and(|table| !table.children.is_empty());
        if command.alter.only && (command.table.partitioned || children) {
            self.refuse("42P16", "column must be added to child tables too");
        }
        let add = AddColumn { exists: exists && if_not_exists, ..self.new_column(command, def) };
        if add.exists {
            return self.effect(Effect::AddColumn(add));
        }
        self.check_generated(command, def);
        self.fill_rows(command, &add);
        let breaks = if add.is_required() {
            let object = Self::column_name(&command.table, &def.name);
            let why = "an INSERT that does not name the column fails";
            Self::broken(object, Who::Writers, why)
        } else {
            Vec::new()
        };
        let checked = is_checked(def);
        self.part(Effect::AddColumn(add), breaks, Vec::new());
        for constraint in &def.constraints {
            let key = matches!(constraint.kind, ConstraintKind::ForeignKey(_));
            self.add_inline_constraint(command, def, constraint, checked || !key);
        }
    }

    fn new_column(&mut self, command: &Command, def: &ColumnDef) -> AddColumn {
        let primary = def
            .constraints
            .iter()
            .any(|constraint| matches!(&constraint.kind, ConstraintKind::Key(key) if key.primary));
        let fill = self.fill(def);
        if let Some(default) = &def.default {
            self.check_functions(&default.tree);
        }
        if matches!(fill, Fill::Volatile(Volatile::Unseen(_) | Volatile::Opaque)) {
            self.assume();
        }
        let default = self.default(def);
        let null = default.as_ref().is_none_or(|default| default.tree.is_null());
        let not_null = def.not_null || primary;
        let required = match &fill {
            Fill::Null => not_null,
            Fill::Domain(domain) => null && (not_null || domain.not_null),
            _ => false,
        };
        let ty = def.ty.as_ref().map(ToString::to_string).unwrap_or_default();
        let collation = def.collation.as_ref().map(|name| format!(" COLLATE {}", name.to_sql()));
        let definition = definition(def, &fill, primary);
        AddColumn {
            table: command.table.clone(),
            column: def.name.clone(),
            ty: ty + &collation.unwrap_or_default(),
            fill,
            default_of_domain: default.is_some() && def.default.is_none(),
            default: default.map(|default| default.sql),
            definition,
            not_null,
            primary,
            required,
            exists: false,
        }
    }

    /// What becomes of rows that are there.
    fn fill_rows(&mut self, command: &Command, add: &AddColumn) {
        if add.fill.rewrites() {
            self.rewrite(&command.tree);
        } else if add.not_null && matches!(add.fill, Fill::Null | Fill::Virtual(_)) {
            // Rows are looked through for `NULL`, which the first row is, if there is one.
            self.scan(&command.tree);
        }
        if matches!(add.fill, Fill::Virtual(_)) {
            self.check_virtual();
        }
        let table = self.table(&command.table.name);
        if let Some(table) = table.filter(|_| !matches!(add.fill, Fill::Null | Fill::Virtual(_))) {
            self.check_row_type(table);
        }
        let filled = table.is_some_and(|table| table.filled);
        if add.is_required() && filled {
            self.refuse("23502", format!("column \"{}\" contains null values", add.column));
        }
    }

    /// What a generated column is computed from: nothing that changes, and no other such column.
    fn check_generated(&mut self, command: &Command, def: &ColumnDef) {
        let Some(Generated::Stored(expression) | Generated::Virtual(expression)) = &def.generated
        else {
            return;
        };
        let computed = |column: &str| {
            matches!(self.filled(command, column), Some(Filled::Stored(_) | Filled::Virtual(_)))
        };
        if let Some(column) = expression.tree.columns().into_iter().find(|name| computed(name)) {
            let message =
                format!("cannot use generated column \"{column}\" in column generation expression");
            self.refuse("42P17", message);
        }
        if volatility::changes(self.schema, &expression.tree) {
            self.refuse("42P17", "generation expression is not immutable");
        }
    }

    /// A generated column is virtual if nothing else is said, which older servers cannot read.
    pub(super) fn check_virtual(&mut self) {
        if !self.postgres.at_least(18) {
            self.refuse("42601", "before PostgreSQL 18 a generated column has to be STORED");
        }
    }

    /// Refuses functions that a newer server brings with it, where nobody else can have made them.
    pub(super) fn check_functions(&mut self, expr: &Expr) {
        if !self.schema.is_complete() || self.schema.is_blind() || self.schema.has_extensions() {
            return;
        }
        let mut lacking = None;
        expr.walk(&mut |expr| {
            let Expr::Call { name, .. } = expr else { return };
            let own = name.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
            let newer = functions::since(&name.name).is_some_and(|m| !self.postgres.at_least(m));
            if own && newer && self.schema.functions(name).is_empty() {
                lacking = Some(name.name.clone());
            }
        });
        if let Some(name) = lacking {
            self.refuse("42883", format!("function {name}() does not exist"));
        }
    }

    /// The default of a new column: its own, or that of its domain.
    fn default(&self, def: &ColumnDef) -> Option<Expression> {
        let domains = def.ty.as_ref().map(|ty| self.schema.domains(ty)).unwrap_or_default();
        let of_domain = domains.into_iter().find_map(|(_, domain)| domain.default.clone());
        def.default.clone().or(of_domain)
    }

    /// What a new column holds in rows that are there.
    pub(super) fn fill(&self, def: &ColumnDef) -> Fill {
        match &def.generated {
            Some(Generated::Identity(identity)) => return Fill::Identity(identity.clone()),
            Some(Generated::Stored(expression)) => return Fill::Stored(expression.sql.clone()),
            Some(Generated::Virtual(expression)) => return Fill::Virtual(expression.sql.clone()),
            None => {}
        }
        if let Some(base) = def.ty.as_ref().and_then(TypeName::serial_base) {
            return Fill::Serial(base);
        }
        let restricted = def.ty.as_ref().and_then(|ty| types::restricted(self.schema, ty));
        if let Some(restricted) = restricted {
            return Fill::Domain(restricted);
        }
        match self.default(def) {
            None => Fill::Null,
            Some(default) if default.tree.is_null() => Fill::Null,
            Some(default) => match volatility::volatile(self.schema, &default.tree) {
                Some(volatile) => Fill::Volatile(volatile),
                None => Fill::Constant,
            },
        }
    }

    pub(super) fn drop_column(
        &mut self,
        command: &Command,
        column: &str,
        if_exists: bool,
        cascade: bool,
    ) {
        let table = self.table(&command.table.name);
        let known = table.as_ref().filter(|table| table.known);
        if let Some(table) = known
            && !self.schema.is_blind()
            && table.column(column).is_none()
        {
            if !if_exists {
                self.refuse("42703", format!("column \"{column}\" does not exist"));
            }
            return self.effect(Effect::Other);
        }
        if let Some(table) = &table {
            self.check_drop_column(command, table, column, cascade);
        }
        // Even with `ONLY`, children keep the column as their own, for which they are locked.
        for child in self.tree(&command.table.name, false) {
            self.lock(&child, command.mode);
        }
        let (mut references, mut takes, mut primary_key) = (Vec::new(), Vec::new(), None);
        for constraint in table.iter().flat_map(|table| &table.constraints) {
            if !constraint.columns.iter().any(|known| known == column) {
                continue;
            }
            if let ConstraintForm::ForeignKey(target, _) = &constraint.kind {
                let target = self.target_of(target);
                self.lock_tree(&target.name, LockMode::AccessExclusive);
                references.push((constraint.name.clone(), target));
            }
            if 1 < constraint.columns.len() || constraint.kind == ConstraintForm::Primary {
                takes.push(constraint.name.clone());
            }
            if constraint.kind == ConstraintForm::Primary {
                primary_key = Some(constraint.name.clone());
            }
        }
        for index in self.indexes(&command.table.name) {
            let Some(found) = self.schema.index(&index) else { continue };
            if found.mentions(column) {
                if found.constraint.is_none() && 1 < found.keys.len() {
                    takes.push(index.name.clone());
                }
                self.lock(&index, LockMode::AccessExclusive);
            }
        }
        for sequence in self.schema.sequences_owned_by(&command.table.name, Some(column)) {
            self.lock(&sequence, LockMode::AccessExclusive);
        }
        // One that is added too comes after it.
        let new = self.was_added(&command.table.name, column);
        let object = Self::column_name(&command.table, column);
        let (breaks, loses) = if command.table.in_use() && !new {
            let why = "code that names the column fails";
            (Self::broken(object.clone(), Who::Both, why), vec![object])
        } else {
            (Vec::new(), Vec::new())
        };
        let drop = DropColumn {
            table: command.table.clone(),
            column: column.to_owned(),
            new,
            references,
            takes,
            primary_key,
        };
        self.part(Effect::DropColumn(drop), breaks, loses);
    }

    /// What hinders a column from going, and what goes with it by `CASCADE`.
    fn check_drop_column(&mut self, command: &Command, table: &Table, column: &str, cascade: bool) {
        let inherited = table.column(column).is_some_and(|column| column.inherited);
        if inherited && (table.partition_of.is_some() || !table.parents.is_empty()) {
            self.refuse("42P16", format!("cannot drop inherited column \"{column}\""));
        }
        let key = table.partition_by.iter().flat_map(|key| &key.columns).flatten();
        if key.into_iter().any(|key| key == column) {
            let message =
                format!("cannot drop column \"{column}\": it is part of the partition key");
            self.refuse("42P16", message);
        }
        let (readers, is_read) = self.readers_of_column(table, column);
        let keys = self.keys_that_need(table, column);
        // Before 15 a column that is computed from it goes with it.
        let generated = self.postgres.at_least(15) && table.computed_from(column).next().is_some();
        let published = self.is_named_by_publications(&table.name, column);
        let of_trigger = table
            .triggers
            .iter()
            .any(|trigger| trigger.columns.iter().any(|known| known == column));
        let attached: Vec<Name> =
            self.schema.attached_reading(&table.name, Some(column)).cloned().collect();
        let needed = is_read || !keys.is_empty() || generated || published;
        if !cascade && (needed || of_trigger || !attached.is_empty()) {
            let message = format!("cannot drop column {column}: other objects depend on it");
            return self.refuse("2BP01", message);
        }
        for reader in readers.into_iter().filter(|_| cascade) {
            self.lock_readers(&reader);
        }
        for other in keys.into_iter().map(|(other, _)| other).chain(attached) {
            self.lock_tree(&other, LockMode::AccessExclusive);
        }
        let sequences = self.schema.sequences_owned_by(&command.table.name, Some(column));
        for sequence in sequences {
            for other in self.users_of_sequence(&sequence, &command.table.name) {
                if !cascade {
                    self.refuse(
                        "2BP01",
                        format!("cannot drop column {column}: its sequence is used"),
                    );
                }
                self.lock(&other, LockMode::AccessExclusive);
            }
        }
    }

    /// Whether a publication names the column, of the table or of one that has it from there.
    fn is_named_by_publications(&self, table: &Name, column: &str) -> bool {
        let naming = |table: &Name| !self.schema.publications_naming(table, column).is_empty();
        self.tree(table, false).iter().any(naming)
    }

    /// Views that may read a column of a table, and whether one of them is known to.
    pub(super) fn readers_of_column(&self, table: &Table, column: &str) -> (Vec<Name>, bool) {
        let read = |view: &Name| self.schema.view(view)?.reads.get(&table.name);
        let may = |view: &&Name| read(view).is_some_and(|read| read.may_hold(column));
        let does = |view: &Name| read(view).is_some_and(|read| read.surely.contains(column));
        let readers = table.readers.iter().filter(may).cloned().collect();
        (readers, table.readers.iter().any(does))
    }

    /// Foreign keys of other tables that reference a column.
    fn keys_that_need(&self, table: &Table, column: &str) -> Vec<(Name, String)> {
        let primary = table.primary_key().map(|key| key.columns.clone()).unwrap_or_default();
        let needs = |(other, constraint): &&(Name, String)| {
            let found = self.table(other).and_then(|other| other.constraint(constraint));
            found.is_some_and(|found| match &found.kind {
                ConstraintForm::ForeignKey(_, columns) if columns.is_empty() => {
                    primary.iter().any(|known| known == column)
                }
                ConstraintForm::ForeignKey(_, columns) => {
                    columns.iter().any(|known| known == column)
                }
                _ => false,
            })
        };
        let others = table.referenced_by.iter().filter(|(other, _)| *other != table.name);
        others.filter(needs).cloned().collect()
    }

    pub(super) fn change_type(
        &mut self,
        command: &Command,
        column: &str,
        to: &TypeName,
        collation: Option<&Name>,
        using: Option<&Expression>,
    ) {
        let table = self.table(&command.table.name);
        let known = table.and_then(|table| table.column(column));
        if known.is_none() && table.is_some_and(|table| table.known && table.of_type.is_none()) {
            self.refuse("42703", format!("column \"{column}\" does not exist"));
            return self.effect(Effect::Other);
        }
        let from = known.and_then(|column| column.ty.as_ref());
        if let Some(from) = from.filter(|_| using.is_none())
            && casts::assigns(self.schema, from, to) == Some(false)
        {
            let message = format!("column \"{column}\" cannot be cast automatically to type {to}");
            self.refuse("42804", message);
        }
        if command.alter.only && table.is_some_and(|table| !table.children.is_empty()) {
            let message = format!(
                "type of inherited column \"{column}\" must be changed in child tables too"
            );
            self.refuse("42P16", message);
        }
        // What `USING` says is for rows; a default is cast as it would be without.
        if let Some(from) = from.filter(|_| using.is_some())
            && known.is_some_and(|known| known.has_default() && known.filled.is_none())
            && casts::assigns(self.schema, from, to) == Some(false)
        {
            let message = format!(
                "default for column \"{column}\" cannot be cast automatically to type {to}"
            );
            self.refuse("42804", message);
        }
        let mut change = self.new_type(command, known, column, to, using);
        change.collation = collation.cloned();
        if change.rewrites == Answer::Unknown {
            self.assume();
        }
        let recollated =
            known.is_some_and(|known| known.collation.as_ref().map(plain) != collation.map(plain));
        if let Some(table) = table {
            self.check_change_type(table, column);
            self.check_keys_of_type(table, column, to);
            self.check_row_type(table);
            self.recheck(command, table, &mut change, recollated);
        }
        match change.rewrites {
            // What is not known is said to be done: it is not called safe.
            Answer::Yes | Answer::Unknown => self.rewrite(&command.tree),
            Answer::No if change.scans => self.scan(&command.tree),
            Answer::No => {}
        }
        for sequence in self.schema.sequences_owned_by(&command.table.name, Some(column)) {
            if known.is_some_and(|known| known.filled == Some(Filled::Identity)) {
                self.lock(&sequence, LockMode::ShareRowExclusive);
            }
        }
        let breaks = if change.is_noticed() {
            let object = Self::column_name(&command.table, column);
            let (who, why) = if change.visible {
                (Who::Both, "code that expects the old type may fail")
            } else {
                (Who::Writers, "values that fitted before may be refused")
            };
            Self::broken(object, who, why)
        } else {
            Vec::new()
        };
        self.part(Effect::ChangeType(Box::new(change)), breaks, Vec::new());
    }

    fn new_type(
        &self,
        command: &Command,
        known: Option<&Column>,
        column: &str,
        to: &TypeName,
        using: Option<&Expression>,
    ) -> ChangeType {
        let from = known.and_then(|column| column.ty.clone());
        let conversion = types::Conversion { schema: self.schema, utc: self.session.is_utc() };
        let mut rewrites = match &from {
            Some(from) => conversion.rewrites(column, from, to, using),
            None => Answer::Unknown,
        };
        let stored = known.is_some_and(|known| matches!(known.filled, Some(Filled::Stored(_))));
        if stored && from.as_ref() != Some(to) {
            rewrites = Answer::Yes;
        }
        // A client is told the type under a domain.
        let bases =
            from.as_ref().map(|from| (self.schema.base_type(from), self.schema.base_type(to)));
        let bases = bases.as_ref();
        ChangeType {
            table: command.table.clone(),
            column: column.to_owned(),
            old: self.replaced(&command.table.name, column),
            to: to.clone(),
            collation: None,
            comparable: types::is_comparable(self.schema, to),
            restricted: types::restricted(self.schema, to),
            using: using.map(|using| using.sql.clone()),
            only_casts: using.is_none_or(|using| types::only_casts(&using.tree, column, to)),
            rewrites,
            scans: false,
            narrowing: bases.map(|(from, to)| types::narrows(from, to)).unwrap_or_default(),
            visible: bases.is_none_or(|(from, to)| types::is_visible(from, to)),
            zoned: bases.is_some_and(|(from, to)| types::is_zoned(from, to)),
            rechecks: Vec::new(),
            rebuilds: Vec::new(),
            new: self.is_new_column(command, column),
            from,
        }
    }

    /// What has to be known of a column to put another in its place.
    pub(super) fn replaced(&self, table: &Name, column: &str) -> Replaced {
        let table = self.table(table);
        let Some(known) = table.and_then(|table| table.column(column)) else {
            return Replaced { filling: Filling::Unknown, comparable: false };
        };
        let domains = known.ty.as_ref().map(|ty| self.schema.domains(ty)).unwrap_or_default();
        let filling = match &known.filled {
            Some(Filled::Identity) => Filling::Default,
            Some(Filled::Stored(_) | Filled::Virtual(_)) => Filling::Expression,
            None if known.has_default() => Filling::Default,
            // `DEFAULT NULL` takes the place of what a domain has.
            None if known.default.is_none()
                && domains.iter().any(|(_, domain)| domain.default.is_some()) =>
            {
                Filling::Default
            }
            // Of a column that was seen being added, all is known.
            None if table.is_some_and(|table| table.known) || self.schema.is_new(known.born) => {
                Filling::Nothing
            }
            None => Filling::Unknown,
        };
        let ty = known.ty.as_ref();
        let comparable = ty.is_some_and(|ty| types::is_comparable(self.schema, ty));
        Replaced { filling, comparable }
    }

    /// What the server will not have changed under it.
    fn check_change_type(&mut self, table: &Table, column: &str) {
        let refuse = |analyst: &mut Self, by: &str| {
            analyst.refuse("0A000", format!("cannot alter type of a column used by {by}"));
        };
        if table.of_type.is_some() {
            self.refuse("42809", "cannot alter column type of typed table");
        }
        if table.column(column).is_some_and(|column| column.inherited)
            && (table.partition_of.is_some() || !table.parents.is_empty())
        {
            self.refuse("42P16", format!("cannot alter inherited column \"{column}\""));
        }
        let key = table.partition_by.iter().flat_map(|key| &key.columns).flatten();
        if key.into_iter().any(|key| key == column) {
            let message =
                format!("cannot alter column \"{column}\": it is part of the partition key");
            self.refuse("42P16", message);
        }
        if self.readers_of_column(table, column).1 {
            refuse(self, "a view or rule");
        }
        if table.triggers.iter().any(|trigger| trigger.columns.iter().any(|known| known == column))
        {
            refuse(self, "a trigger definition");
        }
        if self.schema.attached_reading(&table.name, Some(column)).next().is_some() {
            refuse(self, "a policy definition");
        }
        // The list of a publication counts as its condition.
        if self.is_named_by_publications(&table.name, column) {
            refuse(self, "a publication WHERE clause");
        }
        let generated = table.computed_from(column).next().is_some();
        if generated && !self.postgres.at_least(15) {
            self.refuse("42601", "cannot alter type of a column used by a generated column");
        } else if generated {
            refuse(self, "a generated column");
        }
    }

    /// Constraints that are checked again and indexes that are built again, although the rows stay
    /// as they are.
    fn recheck(
        &mut self,
        command: &Command,
        table: &Table,
        change: &mut ChangeType,
        recollated: bool,
    ) {
        let column = change.column.clone();
        let same = change.from.as_ref() == Some(&change.to) && !recollated;
        for constraint in &table.constraints {
            let mentions = constraint.columns.contains(&column);
            match &constraint.kind {
                // One that goes in the same command is gone before anything is verified.
                ConstraintForm::Check(_)
                    if mentions
                        && constraint.valid
                        && !command.dropped.contains(&constraint.name.as_str()) =>
                {
                    change.scans = true;
                    change.rechecks.push(Recheck {
                        name: constraint.name.clone(),
                        condition: constraint.condition.clone(),
                    });
                }
                ConstraintForm::ForeignKey(target, _) if mentions => {
                    let target = target.clone();
                    self.lock_tree(&target, LockMode::AccessExclusive);
                    if constraint.valid && !same && change.rewrites == Answer::Yes {
                        self.scan(std::slice::from_ref(&target));
                    }
                }
                _ => {}
            }
        }
        for (other, _) in self.keys_that_need(table, &column) {
            self.lock_tree(&other, LockMode::AccessExclusive);
            if change.rewrites == Answer::Yes {
                self.scan(std::slice::from_ref(&other));
            }
        }
        let indexes: Vec<Name> =
            command.tree.iter().flat_map(|table| self.indexes(table)).collect();
        for name in indexes {
            let Some(index) = self.schema.index(&name) else { continue };
            if !index.mentions(&column) {
                continue;
            }
            self.lock(&name, LockMode::AccessExclusive);
            let owner = index.constraint.as_deref();
            let goes = owner.is_some_and(|owner| command.dropped.contains(&owner));
            let kept = change.rewrites != Answer::No || goes;
            if !kept && Self::must_rebuild(index, change, recollated) {
                change.scans = true;
                change.rebuilds.push(Rebuild {
                    name,
                    unique: index.unique,
                    constraint: index.constraint.is_some(),
                    definition: index.definition.clone(),
                });
            }
        }
    }

    /// An index is kept only where its definition means the same for the new type
    /// (`CheckIndexCompatible`).
    fn must_rebuild(index: &Index, change: &ChangeType, recollated: bool) -> bool {
        let Some(from) = &change.from else { return true };
        let computed = index.computed_from.contains(&change.column);
        let same = *from == change.to;
        let one_class = |ty: &TypeName| match ty.name.name.as_str() {
            // These share an operator class.
            "text" | "character varying" => "text".to_owned(),
            "cidr" | "inet" => "inet".to_owned(),
            other => other.to_owned(),
        };
        recollated || (computed && !same) || one_class(from) != one_class(&change.to)
    }
}

/// The name of a collation; without a schema it is one of PostgreSQL's.
fn plain(collation: &Name) -> Name {
    match collation.schema.as_deref() {
        Some("pg_catalog") => Name::bare(collation.name.as_str()),
        _ => collation.clone(),
    }
}
