//! Any text as `migrate.toml`.

#![no_main]

#[path = "../../tests/support/invariants.rs"]
#[expect(dead_code, reason = "each target asks for a part of it")]
mod invariants;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| invariants::is_configured(text));
