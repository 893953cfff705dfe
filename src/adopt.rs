//! What other tools say they ran: the tables that they keep in a database, read, and compared with
//! the files of a project. Nothing here asks a database; it says what to ask, and reads answers.

mod atlas;
mod checksum;
mod choose;
mod compare;
mod drizzle;
mod flyway;
mod goose;
mod graphile;
mod hasura;
mod liquibase;
mod marks;
mod names;
mod numbers;
mod pgroll;
mod prisma;
mod refinery;
mod sourcegraph;
mod sqitch;
mod sqlx;
mod status;
mod supabase;
mod table;
mod tool;

pub use choose::Candidate;
pub use choose::Kept;
pub use choose::kept;
pub use compare::Counts;
pub use compare::Edit;
pub use compare::Migration;
pub use compare::Past;
pub use compare::Standing;
pub use compare::compare;
pub use status::Other;
pub use status::Status;
pub use table::Table;
pub use table::look;
pub use table::tables;
pub use tool::Answer;
pub use tool::Applied;
pub use tool::File;
pub use tool::Files;
pub use tool::Late;
pub use tool::Mark;
pub use tool::Ran;
pub use tool::Scene;
pub use tool::State;
pub use tool::Tool;
pub use tool::Trouble;
pub use tool::Wanted;

/// All tools whose tables are known. Where several may keep the same table, the first that a layout
/// asks for is meant.
const TOOLS: &[&dyn Tool] = &[
    &numbers::DBMATE,
    &numbers::DIESEL,
    &numbers::POP,
    &numbers::RAILS,
    &numbers::ECTO,
    &marks::GOLANG_MIGRATE,
    &marks::TERN,
    &goose::Goose,
    &names::SQL_MIGRATE,
    &names::NODE_PG_MIGRATE,
    &atlas::Atlas,
    &flyway::Flyway,
    &refinery::Refinery,
    &sqlx::Sqlx,
    &prisma::Prisma,
    &drizzle::Drizzle,
    &supabase::Supabase,
    &graphile::Graphile,
    &sqitch::Sqitch,
    &liquibase::Liquibase,
    &hasura::Hasura,
    &sourcegraph::Sourcegraph,
    &pgroll::Pgroll,
];

/// All tools whose tables are known.
pub fn tools() -> &'static [&'static dyn Tool] {
    TOOLS
}

/// The tools that may have run the files of a layout.
pub fn tools_of(layout: &str) -> Vec<&'static dyn Tool> {
    TOOLS.iter().copied().filter(|tool| tool.layouts().contains(&layout)).collect()
}
