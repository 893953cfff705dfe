//! Recipes: what is known of a column, and what is wanted of it, to the files of a change that old
//! and new code can run beside.

mod carry;
mod casts;
mod domains;
mod drop_old;
mod empty;
mod error;
mod expression;
mod facts;
mod following;
mod keep;
mod literal;
mod marks;
mod names;
mod not_null;
mod place;
mod rename;
mod retype;
mod rewrite;
mod sheet;
mod steps;
mod sync;

pub use drop_old::drop_old;
pub use error::Unfit;
pub use not_null::set_not_null;
pub use place::Place;
pub use place::identifier;
pub use rename::rename;
pub use retype::Conversion;
pub use retype::change_type;

/// The files of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// A name for it, in a few words.
    pub name: String,
    /// Its files: what each is called, and its text.
    pub files: Vec<(&'static str, String)>,
    /// The query that counts the rows which the backfill has left.
    pub verify: Option<String>,
    /// What a person has to see to.
    pub warnings: Vec<String>,
    /// What a server can be asked of the expressions that were given.
    pub trials: Vec<Trial>,
}

/// An expression in a statement that is only planned: the server says whether it understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The option that gave the expression.
    pub of: &'static str,
    /// The statement.
    pub sql: String,
}
