//! Migration files of many tools: which tool's they are, in what order they run, which part of a
//! file runs forward, and in which transactions.

mod arrival;
mod detect;
mod dialect;
mod forward;
mod layout;
mod survey;
mod undo;

pub use arrival::Arrival;
pub use arrival::arrivals;
pub use detect::Project;
pub use detect::Skipped;
pub use detect::Survey as Detection;
pub use detect::detect;
pub use detect::listed;
pub use detect::loose;
pub use detect::relisted;
pub use forward::Forward;
pub use layout::Entry;
pub use layout::Layout;
pub use layout::Outside;
pub use layout::by_id;
pub use layout::is_called_after_migrations;
pub use layout::layouts;
pub use layout::plain;
pub use survey::Tree;
pub use survey::is_sql;
pub use undo::has_undo;
