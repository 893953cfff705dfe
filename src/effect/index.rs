//! Indexes: built, dropped, rebuilt; and what else rewrites or tidies tables.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::BuildIndex;
use super::model::DropIndex;
use super::model::Effect;
use super::model::Reindex;
use super::model::Rewrite;
use super::model::RewriteCause;
use super::model::Standing;
use super::model::Target;
use super::model::Who;
use super::volatility;
use crate::schema::Relation;
use crate::schema::are_over;
use crate::sql;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::ObjectKind;

impl BuildIndex {
    /// Whether it finds rows by values of these columns.
    pub fn finds(&self, columns: &[String]) -> bool {
        finds_rows(&self.keys, self.predicate.as_ref(), columns)
    }

    /// Whether it keeps two rows with the same values of these columns out.
    pub fn is_unique_over(&self, columns: &[String]) -> bool {
        self.unique && self.predicate.is_none() && are_over(&self.keys, columns)
    }
}

/// Whether an index over these keys finds rows by values of these columns: it starts with them, in
/// any order, and leaves no row out but those where one of them is `NULL`.
pub(super) fn finds_rows(
    keys: &[Option<String>],
    predicate: Option<&Expr>,
    columns: &[String],
) -> bool {
    let leaves_null = |term: &Expr| match term {
        Expr::IsNull { expr, negated: true } => match &**expr {
            Expr::Column(parts) => parts.last().is_some_and(|part| columns.contains(part)),
            _ => false,
        },
        _ => false,
    };
    predicate.is_none_or(|predicate| predicate.conjuncts().iter().all(leaves_null))
        && keys.get(..columns.len()).is_some_and(|first| are_over(first, columns))
}

impl Analyst<'_> {
    pub(super) fn create_index(&mut self, create: &sql::CreateIndex) {
        self.out.transactional = !create.concurrently;
        if self.schema.is_missing(&create.table) {
            self.refuse("42P01", format!("relation \"{}\" does not exist", create.table));
            return self.effect(Effect::Other);
        }
        let table = self.target(&create.table);
        let on_view = self.schema.view(&table.name).is_some();
        let name = create.name.clone();
        let full = name
            .as_ref()
            .map(|name| Name { schema: table.name.schema.clone(), name: name.clone() });
        let exists = full.is_some_and(|full| self.schema.relation(&full).is_some());
        if exists && !create.if_not_exists {
            self.refuse(
                "42P07",
                format!("relation \"{}\" already exists", name.clone().unwrap_or_default()),
            );
        }
        if create.concurrently && table.partitioned {
            let message = format!(
                "cannot create index on partitioned table \"{}\" concurrently",
                table.name.name
            );
            self.refuse("0A000", message);
        }
        self.check_index(create, &table);
        let exists = exists && create.if_not_exists;
        let attaches = self.lock_for_build(create, &table, exists);
        let harmless = self.is_harmless(create, &table.name);
        let full_name =
            name.clone().unwrap_or_else(|| self.schema.made_index_name(&table.name, create).name);
        let build = BuildIndex {
            name,
            full_name,
            unique: create.unique,
            keys: create.keys.iter().map(|key| key.column.clone()).collect(),
            predicate: create.predicate.as_ref().map(|predicate| predicate.tree.clone()),
            concurrently: create.concurrently,
            if_not_exists: create.if_not_exists,
            exists,
            only: create.only && table.partitioned,
            attaches,
            definition: create.definition.clone(),
            shape: create.shape.clone(),
            harmless,
            on_view,
            table,
        };
        let tightens = build.unique && build.table.in_use() && !build.harmless && !exists;
        let breaks = if tightens {
            Self::broken(build.table.name.to_string(), Who::Writers, "duplicates are refused")
        } else {
            Vec::new()
        };
        self.part(Effect::BuildIndex(build), breaks, Vec::new());
    }

    /// Whether no two rows are alike to an index: each of its columns was added by what ships with
    /// it, or one of them was that nothing fills.
    fn is_harmless(&self, create: &sql::CreateIndex, table: &Name) -> bool {
        let bare = || create.keys.iter().filter_map(|key| key.column.as_deref());
        let computed = create.keys.iter().filter_map(|key| key.expression.as_ref());
        let mut all = bare().chain(computed.flat_map(|expr| expr.tree.columns())).peekable();
        !create.nulls_not_distinct
            && (all.peek().is_some() && all.all(|column| self.was_added(table, column))
                || bare().any(|column| self.is_empty_column(table, column)))
    }

    /// Locks and reads what an index is built on; says whether nothing is built, because each
    /// partition has such an index already.
    fn lock_for_build(&mut self, create: &sql::CreateIndex, table: &Target, exists: bool) -> bool {
        let mode = if create.concurrently && table.standing == Standing::Temporary {
            // Nobody else sees the table, so it is built the plain way.
            LockMode::AccessExclusive
        } else if create.concurrently {
            LockMode::ShareUpdateExclusive
        } else {
            LockMode::Share
        };
        self.lock(&table.name, mode);
        if exists {
            return false;
        }
        if !table.partitioned || create.only {
            self.scan(std::slice::from_ref(&table.name));
            return false;
        }
        // Partitions that have such an index already are locked, but not read.
        let wanted: Vec<Option<String>> =
            create.keys.iter().map(|key| key.column.clone()).collect();
        let (mut own, mut lacks) = (0, 0);
        for partition in self.schema.descendants(&table.name) {
            self.lock(&partition, LockMode::Share);
            let indexes = self.indexes(&partition);
            let found = indexes.iter().filter_map(|index| self.schema.index(index)).find(|index| {
                index.keys == wanted
                    && index.unique == create.unique
                    && index.method == create.method
                    && index.partial == create.predicate.is_some()
                    && index.computed_from.is_empty()
                    && index.parent.is_none()
            });
            if let Some(found) = found.map(|index| index.name.clone()) {
                self.lock(&found, LockMode::Share);
                own += 1;
            } else if self.has_rows(&partition) {
                self.scan(std::slice::from_ref(&partition));
                lacks += 1;
            }
        }
        own > 0 && lacks == 0
    }

    fn check_index(&mut self, create: &sql::CreateIndex, table: &Target) {
        let key = self.table(&table.name).and_then(|table| table.partition_by.clone());
        if create.unique
            && let Some(key) = key
            && key
                .columns
                .iter()
                .flatten()
                .any(|column| !create.keys.iter().any(|key| key.column.as_ref() == Some(column)))
        {
            let message =
                "unique constraint on partitioned table must include all partitioning columns";
            self.refuse("0A000", message);
        }
        let named = create.keys.iter().filter_map(|key| key.column.as_ref()).chain(&create.include);
        if let Some(found) = self.table(&table.name).filter(|found| found.known)
            && let Some(column) = named.into_iter().find(|name| found.column(name).is_none())
        {
            self.refuse("42703", format!("column \"{column}\" does not exist"));
        }
        let expressions = create.keys.iter().filter_map(|key| key.expression.as_ref());
        for expression in expressions.chain(&create.predicate) {
            if volatility::changes(self.schema, &expression.tree) {
                self.refuse("42P17", "functions in index expression must be marked IMMUTABLE");
            }
        }
    }

    pub(super) fn drop_index(&mut self, drop: &sql::DropObjects, object: &sql::ObjectRef) {
        let index = self.schema.resolve(&object.name);
        let found = self.schema.index(&index);
        let table = found.as_ref().map(|found| self.target_of(&found.table.clone()));
        // That is asked before the index is looked for.
        self.out.transactional = !drop.concurrently;
        if self.schema.is_missing(&object.name) {
            if !drop.if_exists {
                self.refuse("42704", format!("index \"{}\" does not exist", object.name));
            }
            return self.effect(Effect::Other);
        }
        if found.is_none() {
            self.assume();
        }
        let partitioned = table.as_ref().is_some_and(|table| table.partitioned);
        if drop.concurrently && drop.cascade {
            self.refuse("0A000", "DROP INDEX CONCURRENTLY does not support CASCADE");
        } else if drop.concurrently && drop.objects.len() > 1 {
            self.refuse(
                "0A000",
                "DROP INDEX CONCURRENTLY does not support dropping multiple objects",
            );
        } else if drop.concurrently && partitioned {
            self.refuse("0A000", "cannot drop partitioned index concurrently");
        }
        if let Some(constraint) = found.as_ref().and_then(|found| found.constraint.as_ref()) {
            let message =
                format!("cannot drop index {}: constraint {constraint} requires it", object.name);
            self.refuse("2BP01", message);
        }
        let mode = if drop.concurrently {
            LockMode::ShareUpdateExclusive
        } else {
            LockMode::AccessExclusive
        };
        self.lock(&index, mode);
        if let Some(table) = &table {
            if partitioned {
                self.lock_tree(&table.name, mode);
            } else {
                self.lock(&table.name, mode);
            }
            self.lock_keys_on_index(drop.cascade, &index);
        }
        let unique = found.as_ref().is_some_and(|found| found.unique);
        let new = found.as_ref().is_some_and(|found| self.schema.is_new(found.born))
            || table.as_ref().is_some_and(|table| !table.in_use());
        let breaks = if unique && !new {
            let why = "ON CONFLICT finds no key, and nothing keeps duplicates out";
            Self::broken(index.to_string(), Who::Writers, why)
        } else {
            Vec::new()
        };
        let keys = found.map(|found| found.keys.clone()).unwrap_or_default();
        let concurrently = drop.concurrently;
        let drop = DropIndex { index, table, concurrently, keys, new, partitioned };
        self.part(Effect::DropIndex(drop), breaks, Vec::new());
    }

    /// Foreign keys may stand on a unique index that is no constraint.
    fn lock_keys_on_index(&mut self, cascade: bool, index: &Name) {
        for (other, _) in self.schema.keys_on(index) {
            if cascade {
                self.lock_tree(&other, LockMode::AccessExclusive);
            } else {
                self.refuse(
                    "2BP01",
                    format!("cannot drop index {index}: other objects depend on it"),
                );
            }
        }
    }

    pub(super) fn reindex(&mut self, reindex: &sql::Reindex) {
        let whole =
            matches!(reindex.kind, ObjectKind::Schema | ObjectKind::Database | ObjectKind::System);
        self.out.transactional = !reindex.concurrently && !whole;
        let table = if whole { None } else { self.reindexed_table(reindex) };
        if let Some(table) = &table {
            if table.partitioned {
                self.out.transactional = false;
                "REINDEX of a partitioned table".clone_into(&mut self.out.words);
            }
            self.lock_for_reindex(reindex, table);
        }
        self.effect(Effect::Reindex(Reindex {
            kind: reindex.kind,
            name: reindex.name.clone(),
            concurrently: reindex.concurrently,
            options: reindex.options.clone(),
            excludes: table.as_ref().is_some_and(|table| self.has_exclusion(&table.name)),
            table,
        }));
    }

    fn has_exclusion(&self, table: &Name) -> bool {
        self.table(table).is_some_and(|table| {
            let mut constraints = table.constraints.iter();
            constraints.any(|constraint| constraint.kind == crate::schema::ConstraintForm::Patterns)
        })
    }

    fn reindexed_table(&mut self, reindex: &sql::Reindex) -> Option<Target> {
        let name = self.schema.resolve(reindex.name.as_ref()?);
        match self.schema.relation(&name) {
            Some(Relation::Index(index)) => {
                let table = index.table.clone();
                let excludes = index.constraint.as_ref().is_some_and(|constraint| {
                    self.table(&table).and_then(|table| table.constraint(constraint)).is_some_and(
                        |constraint| constraint.kind == crate::schema::ConstraintForm::Patterns,
                    )
                });
                if excludes && reindex.concurrently {
                    let message =
                        "concurrent index creation for exclusion constraints is not supported";
                    self.refuse("0A000", message);
                }
                Some(self.target_of(&table))
            }
            None if reindex.kind == ObjectKind::Index => {
                self.assume();
                None
            }
            _ => Some(self.target_of(&name)),
        }
    }

    fn lock_for_reindex(&mut self, reindex: &sql::Reindex, table: &Target) {
        let one = reindex.kind == ObjectKind::Index;
        let partitions =
            if table.partitioned { self.schema.descendants(&table.name) } else { Vec::new() };
        let (on_table, on_index) = if reindex.concurrently {
            (LockMode::ShareUpdateExclusive, LockMode::ShareUpdateExclusive)
        } else {
            (LockMode::Share, LockMode::AccessExclusive)
        };
        if table.partitioned {
            // The parent is only looked at; each partition is asked for in turn.
            let parent =
                if reindex.concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
            self.lock(&table.name, parent);
        } else {
            self.lock(&table.name, on_table);
        }
        let indexes: Vec<Name> = match (&reindex.name, one) {
            (Some(index), true) => vec![self.schema.resolve(index)],
            _ => self.indexes(&table.name),
        };
        for index in indexes {
            if !table.partitioned {
                self.lock(&index, on_index);
            }
        }
        for partition in &partitions {
            self.lock(partition, LockMode::Share);
        }
        let heaps: Vec<Name> = std::iter::once(table.name.clone()).chain(partitions).collect();
        let heaps: Vec<Name> = heaps
            .into_iter()
            .filter(|heap| one || !self.indexes(heap).is_empty() || !table.is_known())
            .collect();
        self.scan(&heaps);
    }

    pub(super) fn cluster(&mut self, cluster: &sql::Cluster) {
        let Some(table) = &cluster.table else {
            self.out.transactional = false;
            "CLUSTER without a table".clone_into(&mut self.out.words);
            let cause = RewriteCause::Cluster;
            return self.effect(Effect::Rewrite(Rewrite { table: None, cause }));
        };
        let table = self.target(table);
        if table.partitioned {
            self.out.transactional = false;
            "CLUSTER of a partitioned table".clone_into(&mut self.out.words);
            if !self.postgres.at_least(15) {
                self.refuse("0A000", "cannot cluster a partitioned table");
            }
        }
        let heaps = self.tree(&table.name, !table.partitioned);
        for heap in &heaps {
            self.lock(heap, LockMode::AccessExclusive);
        }
        self.rewrite(&heaps);
        let cause = RewriteCause::Cluster;
        self.effect(Effect::Rewrite(Rewrite { table: Some(table), cause }));
    }

    pub(super) fn vacuum(&mut self, vacuum: &sql::Vacuum) {
        self.out.transactional = !vacuum.vacuum;
        if vacuum.full && vacuum.tables.is_empty() {
            let heaps = self.every_heap();
            for heap in &heaps {
                self.lock(heap, LockMode::AccessExclusive);
            }
            self.rewrite(&heaps);
            let cause = RewriteCause::VacuumFull;
            return self.effect(Effect::Rewrite(Rewrite { table: None, cause }));
        }
        if vacuum.columns && !vacuum.analyze {
            self.refuse("0A000", "ANALYZE option must be specified when a column list is provided");
            return self.effect(Effect::Other);
        }
        if vacuum.tables.is_empty() {
            for name in self.every_table() {
                self.lock(&name, LockMode::ShareUpdateExclusive);
            }
        }
        for (name, only) in &vacuum.tables {
            if *only && !self.postgres.at_least(18) {
                self.refuse("42601", "syntax error");
            }
            let table = self.target(name);
            self.tidy(vacuum, &table, *only);
        }
        if !vacuum.full {
            self.effect(Effect::Other);
        }
    }

    /// Every table that is known and has rows of its own to be counted.
    fn every_table(&self) -> Vec<Name> {
        let tables = self.schema.tables().filter(|table| !table.is_temporary());
        tables.map(|table| table.name.clone()).collect()
    }

    /// Every relation that is known and has rows of its own.
    fn every_heap(&self) -> Vec<Name> {
        let views = self.schema.relations().filter_map(|relation| match relation {
            Relation::View(view) => Some(view.name.clone()),
            _ => None,
        });
        self.every_table().into_iter().chain(views).filter(|name| self.has_rows(name)).collect()
    }

    fn tidy(&mut self, vacuum: &sql::Vacuum, table: &Target, only: bool) {
        if self.schema.view(&table.name).is_some_and(|view| !view.materialized) {
            return;
        }
        let heaps = self.tree(&table.name, !table.partitioned || only);
        if vacuum.full {
            for heap in &heaps {
                self.lock(heap, LockMode::AccessExclusive);
            }
            self.rewrite(&heaps);
            let cause = RewriteCause::VacuumFull;
            return self.effect(Effect::Rewrite(Rewrite { table: Some(table.clone()), cause }));
        }
        for heap in &heaps {
            self.lock(heap, LockMode::ShareUpdateExclusive);
        }
        // Statistics of an inheritance parent are gathered from its children, which 18 treats as
        // it treats partitions.
        let children = self.schema.descendants(&table.name);
        if vacuum.analyze && (only || !table.partitioned) {
            let deep = self.postgres.at_least(18) && !only;
            let mode = if deep { LockMode::ShareUpdateExclusive } else { LockMode::AccessShare };
            for child in children {
                self.lock(&child, mode);
            }
        }
    }
}
