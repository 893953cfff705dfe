//! What is true once a statement has landed that runs outside of any transaction, and what removes
//! a half of it.

use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::Name;
use crate::sql::ObjectKind;

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
    /// What is there is rebuilt, or swept; a second time does no harm.
    Again,
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
            Body::Reindex(_) | Body::Vacuum(_) | Body::Cluster(_) => Proof::Again,
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
