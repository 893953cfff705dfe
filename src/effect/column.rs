//! Columns: added, dropped, retyped.

use super::alter::Command;
use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::AddColumn;
use super::model::Answer;
use super::model::ChangeType;
use super::model::DropColumn;
use super::model::Effect;
use super::model::Fill;
use super::model::Who;
use super::types;
use super::volatility;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Index;
use crate::schema::Table;
use crate::sql::ColumnDef;
use crate::sql::ConstraintKind;
use crate::sql::Expression;
use crate::sql::Generated;
use crate::sql::Name;
use crate::sql::TypeName;

impl AddColumn {
    /// Whether an `INSERT` that does not know the column fails.
    pub fn is_required(&self) -> bool {
        self.table.in_use() && self.not_null && self.fill == Fill::Null
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
    let implied = matches!(fill, Fill::Null | Fill::Serial(_) | Fill::Identity);
    let not_null = if primary && !def.not_null && !implied { " NOT NULL" } else { "" };
    format!("{}{not_null}", def.plain)
}

impl Analyst<'_> {
    pub(super) fn add_column(&mut self, command: &Command, def: &ColumnDef, if_not_exists: bool) {
        let table = self.table(&command.table.name);
        let exists = table.is_some_and(|table| table.column(&def.name).is_some());
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
        if command.alter.only && command.table.partitioned {
            self.refuse("42P16", "column must be added to child tables too");
        }
        let fill = self.fill(def);
        let key = def
            .constraints
            .iter()
            .any(|constraint| matches!(&constraint.kind, ConstraintKind::Key(key) if key.primary));
        let add = AddColumn {
            table: command.table.clone(),
            column: def.name.clone(),
            ty: def.ty.as_ref().map(ToString::to_string).unwrap_or_default(),
            default: def.default.as_ref().map(|default| default.sql.clone()),
            definition: definition(def, &fill, key),
            not_null: def.not_null || key,
            exists: exists && if_not_exists,
            fill,
        };
        if add.exists {
            return self.effect(Effect::AddColumn(add));
        }
        if add.fill.rewrites() {
            self.rewrite(&command.tree);
        } else if add.fill == Fill::Virtual && add.not_null {
            self.scan(&command.tree);
        }
        let breaks = if add.is_required() {
            let object = Self::column_name(&command.table, &def.name);
            let why = "an INSERT that does not name the column fails";
            Self::broken(object, Who::Writers, why)
        } else {
            Vec::new()
        };
        if add.not_null && add.fill == Fill::Null && command.table.is_known() {
            self.refuse("23502", format!("column \"{}\" contains null values", def.name));
        }
        let checked = is_checked(def);
        self.part(Effect::AddColumn(add), breaks, Vec::new());
        for constraint in &def.constraints {
            let key = matches!(constraint.kind, ConstraintKind::ForeignKey(_));
            self.add_inline_constraint(command, def, constraint, checked || !key);
        }
    }

    /// What a new column holds in rows that are there.
    fn fill(&self, def: &ColumnDef) -> Fill {
        match &def.generated {
            Some(Generated::Identity(_)) => return Fill::Identity,
            Some(Generated::Stored(_)) => return Fill::Stored,
            Some(Generated::Virtual(_)) => return Fill::Virtual,
            None => {}
        }
        if let Some(base) = def.ty.as_ref().and_then(TypeName::serial_base) {
            return Fill::Serial(base);
        }
        let domain = def.ty.as_ref().filter(|ty| ty.dimensions == 0);
        let domain = domain.and_then(|ty| Some((&ty.name, self.schema.domain(&ty.name)?)));
        if let Some((name, domain)) = domain
            && domain.is_constrained()
        {
            return Fill::Domain(name.clone());
        }
        let own = domain.and_then(|(_, domain)| domain.default.as_ref());
        let default = def.default.as_ref().map(|default| &default.tree).or(own);
        match default {
            None => Fill::Null,
            Some(default) if volatility::is_null(default) => Fill::Null,
            Some(default) => match volatility::volatile_call(self.schema, default) {
                Some(function) => Fill::Volatile(function),
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
            if 1 < constraint.columns.len() {
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
        let new = self.is_new_column(command, column);
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
        let readers = self.readers_of_column(&command.table.name, column);
        let keys = self.keys_that_need(table, column);
        let generated = table.columns.iter().any(|other| match &other.filled {
            Some(Filled::Stored(expr) | Filled::Virtual(expr)) => expr.columns().contains(&column),
            Some(Filled::Identity) | None => false,
        });
        if !cascade && (!readers.is_empty() || !keys.is_empty() || generated) {
            let message = format!("cannot drop column {column}: other objects depend on it");
            return self.refuse("2BP01", message);
        }
        for reader in readers {
            self.lock_readers(&reader);
        }
        for (other, _) in keys {
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

    /// Views that read a column of a table.
    pub(super) fn readers_of_column(&self, table: &Name, column: &str) -> Vec<Name> {
        let Some(found) = self.table(table) else { return Vec::new() };
        let reads = |view: &&Name| {
            self.schema.view(view).is_some_and(|view| {
                let mentioned = view
                    .query
                    .columns
                    .iter()
                    .any(|parts| parts.last().is_some_and(|part| part == column));
                view.query.star || mentioned || !view.query.understood
            })
        };
        found.readers.iter().filter(reads).cloned().collect()
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
        let known = table.as_ref().and_then(|table| table.column(column)).cloned();
        let from = known.as_ref().and_then(|column| column.ty.clone());
        let new = self.is_new_column(command, column);
        let conversion = types::Conversion { schema: self.schema, utc: self.session.is_utc() };
        let mut rewrites = match &from {
            Some(from) => conversion.rewrites(column, from, to, using),
            None => Answer::Unknown,
        };
        let stored =
            known.as_ref().is_some_and(|known| matches!(known.filled, Some(Filled::Stored(_))));
        if stored && from.as_ref() != Some(to) {
            rewrites = Answer::Yes;
        }
        if rewrites == Answer::Unknown {
            self.assume();
        }
        let recollated = known.as_ref().is_some_and(|known| known.collation.as_ref() != collation);
        let mut change = ChangeType {
            table: command.table.clone(),
            column: column.to_owned(),
            to: to.clone(),
            using: using.map(|using| using.sql.clone()),
            rewrites,
            scans: false,
            narrows: from.as_ref().is_some_and(|from| types::narrows(from, to)),
            visible: from.as_ref().is_none_or(|from| types::is_visible(from, to)),
            rebuilds: Vec::new(),
            new,
            from,
        };
        if let Some(table) = &table {
            self.check_change_type(table, column);
            self.recheck(command, table, &mut change, recollated);
        }
        match rewrites {
            // What is not known is said to be done: it is not called safe.
            Answer::Yes | Answer::Unknown => self.rewrite(&command.tree),
            Answer::No if change.scans => self.scan(&command.tree),
            Answer::No => {}
        }
        for sequence in self.schema.sequences_owned_by(&command.table.name, Some(column)) {
            if known.as_ref().is_some_and(|known| known.filled == Some(Filled::Identity)) {
                self.lock(&sequence, LockMode::ShareRowExclusive);
            }
        }
        let breaks = if command.table.in_use() && !new && (change.visible || change.narrows) {
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
        self.part(Effect::ChangeType(change), breaks, Vec::new());
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
        let definite =
            |view: &Name| self.schema.view(view).is_some_and(|view| view.query.understood);
        if self.readers_of_column(&table.name, column).iter().any(definite) {
            refuse(self, "a view or rule");
        }
        if table.triggers.iter().any(|trigger| trigger.columns.iter().any(|known| known == column))
        {
            refuse(self, "a trigger definition");
        }
        if table
            .attached
            .iter()
            .any(|attached| attached.policy && attached.columns.iter().any(|known| known == column))
        {
            refuse(self, "a policy definition");
        }
        let generated = table.columns.iter().any(|other| match &other.filled {
            Some(Filled::Stored(expr) | Filled::Virtual(expr)) => expr.columns().contains(&column),
            Some(Filled::Identity) | None => false,
        });
        if generated {
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
                ConstraintForm::Check(_) if mentions && constraint.valid => change.scans = true,
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
            if change.rewrites == Answer::No && Self::must_rebuild(index, change, recollated) {
                change.rebuilds.push(name);
                change.scans = true;
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
