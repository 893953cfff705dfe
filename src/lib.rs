//! Zero-downtime schema migrations for PostgreSQL. The modules, lowest layer first; a module names
//! only modules of lower layers (`tests/it/shape.rs` holds that).

// Words.
pub mod nearest;

pub mod ledger;

pub mod sql;
pub mod version;

// Meaning.
pub mod schema;

pub mod effect;

pub mod migration;

pub mod adopt;

pub mod code;

// Judgement.
pub mod rules;

pub mod gate;

pub mod plan;

pub mod job;

pub mod recipe;

// Deeds.
pub mod workspace;

pub mod shadow;

pub mod db;

pub mod store;

pub mod probe;

pub mod signals;

pub mod runner;

pub mod backfill;

pub mod examine;

pub mod gather;

pub mod lint;

pub mod change;

pub mod fix;

pub mod demo;

pub mod rehearse;

// Faces.
pub mod config;

pub mod report;

// The door.
pub mod cli;
