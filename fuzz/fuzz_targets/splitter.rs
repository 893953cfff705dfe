//! Any text: its statements stand in it in order, and are it again with what is between them.

#![no_main]

#[path = "../../tests/support/invariants.rs"]
#[expect(dead_code, reason = "each target asks for a part of it")]
mod invariants;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| invariants::splits_and_joins(text));
