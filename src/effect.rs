//! What a statement does to a live database and to the code that runs beside it: statement and
//! schema in, locks, rewrites, scans, breaks and losses out.

mod alter;
mod analyst;
mod batch;
mod casts;
mod classify;
mod column;
mod compensation;
mod constraint;
mod create;
mod data;
mod drop;
mod ends;
mod foreign_key;

mod functions;
mod implication;
mod index;
mod inherit;
mod key_checks;
mod kind;
mod label;
mod lock;
mod model;
mod order;
mod partition;
mod phase;
mod proof;
mod reach;
mod remark;
mod repeat;
mod replica;
mod routines;
mod routing;
mod row_type;
mod script;
mod session;
mod storage;
mod thing;
mod types;
mod volatility;

pub use classify::is_named_by_code;
pub use lock::Blocks;
pub use lock::LockMode;
pub use model::*;
pub use phase::Phase;
pub use remark::*;
pub use script::*;
pub use session::Session;
pub use session::milliseconds;
pub use thing::Thing;
