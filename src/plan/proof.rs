//! What is true once a statement has landed that runs outside of any transaction, and what removes
//! a half of it.

use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Reindex;

/// What shows that a statement has landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The index is there, and valid.
    Index {
        /// The index.
        name: String,
        /// Its table, as written: the index is in its schema.
        table: Name,
        /// `IF NOT EXISTS`: one that is there counts.
        or_there: bool,
    },
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
    /// Nothing that is known of.
    None,
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
            Body::CreateIndex(create) => match &create.name {
                Some(name) => Proof::Index {
                    name: name.clone(),
                    table: create.table.clone(),
                    or_there: create.if_not_exists,
                },
                None => Proof::None,
            },
            Body::Drop(drop) if drop.kind == ObjectKind::Index => {
                Proof::NoIndex(drop.objects.iter().map(|object| object.name.clone()).collect())
            }
            Body::Reindex(reindex) => Proof::Again(Rebuilt::of(reindex)),
            Body::Vacuum(_) | Body::Cluster(_) => Proof::Again(None),
            Body::AlterRelation(alter) => Proof::of_detach(alter),
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
