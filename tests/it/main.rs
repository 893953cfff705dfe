//! One binary for all tests but those that share a server: each feature at its boundary.

#[path = "../support/backfills.rs"]
mod backfills;
#[path = "../support/book.rs"]
mod book;
#[path = "../support/golden.rs"]
mod golden;
#[path = "../support/invariants.rs"]
mod invariants;

mod about;
mod action;
mod backfill_page;
mod baseline;
mod batches;
mod cases;
mod change_sets;
mod check;
mod ci_page;
mod completions;
mod config;
mod examples;
mod exit;
mod fix;
mod fix_layouts;
mod gitlab;
mod hostile;
mod init;
mod jobs;
mod layouts;
mod lock_facts;
mod metrics;
mod moves;
mod new;
mod oracle;
mod partitions;
mod phases;
mod plan;
mod probe;
mod project;
mod properties;
mod readme;
mod recipes;
mod reports;
mod roles;
mod safe_statements;
mod scenarios;
mod schema;
mod scope;
mod session;
mod shadow;
mod shape;
mod sizes;
mod splitter;
mod stateful;
mod suppression;
mod throttles;
mod unseen;
mod uses;
mod verdict_words;
mod verdicts;
mod words;
mod yaml;
