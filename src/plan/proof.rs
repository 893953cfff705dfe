//! What is true once a statement has landed that runs outside of any transaction, and what removes
//! a half of it.

use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::CreateIndex;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Reindex;

/// What shows that a statement has landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The index is there, and valid.
    Index(Box<Index>),
    /// None of these indexes is there.
    NoIndex(Vec<Name>),
    /// What is there is rebuilt, or swept; a second time does no harm. What is rebuilt beside
    /// itself may leave copies.
    Again(Option<Rebuilt>),
    /// The partition is no longer one.
    Detached {
        /// The partitioned table.
        parent: Name,
        /// What was its partition.
        partition: Name,
    },
    /// Nothing that is known of; and what it has committed stays where it stops before its end.
    Parts,
    /// Nothing that is known of.
    None,
}

/// An index that a statement makes, as far as the catalog shows that it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its table, as written: the index is in its schema.
    pub table: Name,
    /// `IF NOT EXISTS`: one that is there counts.
    pub or_there: bool,
    /// `UNIQUE`.
    pub unique: bool,
    /// The access method.
    pub method: String,
    /// The columns of its key; `None` stands for an expression.
    pub keys: Vec<Option<String>>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// It has a `WHERE`.
    pub partial: bool,
}

impl Index {
    /// The index that a statement makes, where it says its name.
    pub fn of(create: &CreateIndex) -> Option<Index> {
        Some(Index {
            name: create.name.clone()?,
            table: create.table.clone(),
            or_there: create.if_not_exists,
            unique: create.unique,
            method: create.method.clone(),
            keys: create.keys.iter().map(|key| key.column.clone()).collect(),
            include: create.include.clone(),
            partial: create.predicate.is_some(),
        })
    }
}

/// Whose indexes are rebuilt beside themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    /// One, and those of its partitions.
    Index(Name),
    /// Those of a table, and of its partitions.
    Table(Name),
    /// Those of all tables of a schema.
    Schema(String),
    /// All of them.
    Database,
}

impl Rebuilt {
    fn of(reindex: &Reindex) -> Option<Rebuilt> {
        if !reindex.concurrently {
            return None;
        }
        Some(match (reindex.kind, &reindex.name) {
            (ObjectKind::Index, Some(name)) => Rebuilt::Index(name.clone()),
            (ObjectKind::Table, Some(name)) => Rebuilt::Table(name.clone()),
            (ObjectKind::Schema, Some(name)) => Rebuilt::Schema(name.name.clone()),
            _ => Rebuilt::Database,
        })
    }
}

impl Proof {
    /// What shows that a statement has landed.
    pub fn of(body: &Body) -> Proof {
        match body {
            Body::CreateIndex(create) => {
                Index::of(create).map_or(Proof::None, |index| Proof::Index(Box::new(index)))
            }
            Body::Drop(drop) if drop.kind == ObjectKind::Index => {
                Proof::NoIndex(drop.objects.iter().map(|object| object.name.clone()).collect())
            }
            Body::Reindex(reindex) => Proof::Again(Rebuilt::of(reindex)),
            Body::Vacuum(_) | Body::Cluster(_) => Proof::Again(None),
            Body::AlterRelation(alter) => Proof::of_detach(alter),
            Body::Do(_) | Body::Call(_) => Proof::Parts,
            _ => Proof::None,
        }
    }

    fn of_detach(alter: &AlterRelation) -> Proof {
        let detached = alter.actions.iter().find_map(|action| match &action.verb {
            AlterVerb::DetachPartition { partition, .. } => Some(partition.clone()),
            _ => None,
        });
        match detached {
            Some(partition) => Proof::Detached { parent: alter.name.clone(), partition },
            None => Proof::None,
        }
    }
}
