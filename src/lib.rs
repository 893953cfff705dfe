//! Zero-downtime schema migrations for PostgreSQL. The modules, lowest layer first; a module names
//! only modules above it in this list (`tests/it/shape.rs` holds that).

// Words.
pub mod sql;
pub mod version;

// Meaning.
pub mod effect;
pub mod migration;

// Judgement.
pub mod rules;
pub mod schema;
