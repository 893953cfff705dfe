//! Any file after any other, for any server, with or without a transaction around it: what stands
//! before the first NUL is history, and the first byte says the rest.

#![no_main]

#[path = "../../tests/support/invariants.rs"]
#[expect(dead_code, reason = "each target asks for a part of it")]
mod invariants;

use libfuzzer_sys::fuzz_target;
use migrate::version::Major;

fuzz_target!(|text: &str| {
    let first = i64::from(text.bytes().next().unwrap_or_default());
    let postgres = Major::new(12 + first % 7).unwrap_or(Major::DEFAULT);
    let (history, text) = text.split_once('\0').unwrap_or(("", text));
    invariants::is_judged_alike(history, text, postgres, first % 2 == 0);
});
