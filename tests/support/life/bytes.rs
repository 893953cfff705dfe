//! Files with bytes that are no UTF-8: whatever runs, registers or judges them says where they are.

use super::Test;
use super::world::CHANGE;
use super::world::Life;
use super::world::ONE;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[("bytes::that_are_no_text_are_refused", refused)];

const LATIN: &[u8] = b"SELECT 1;\nUPDATE users SET name = 'M\xfcller' WHERE name IS NULL;\n";

fn refused(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "bytes", ONE)?;
    let says = |file: &str| format!("{CHANGE}/{file}:2: a byte here is no UTF-8");
    life.change("migrate.sql", LATIN)?;
    life.ends("expand", 8, &says("migrate.sql"))?;
    life.change("migrate.sql", "")?;
    life.ends("expand", 0, "1 step of 1 change done")?;
    life.change("migrate.sql", LATIN)?;
    life.ends("ledger register email --reason so", 8, &says("migrate.sql"))?;
    life.ends("backfill plan --change email", 3, "a byte here is no UTF-8")?;
    life.change("migrate.sql", "")?;
    life.change("expand.undo.sql", LATIN)?;
    life.ends("undo", 8, &says("expand.undo.sql"))?;
    let next = "migrations/20260102000000_name";
    life.file(&format!("{next}/expand.sql"), [b"SELECT 1;\n", LATIN].concat())?;
    life.ends("expand", 8, "name/expand.sql:3: a byte here is no UTF-8")?;
    life.file("db/migrations/1_name.sql", [b"-- migrate:up\n", LATIN].concat())?;
    life.ends("contract --check db/migrations/1_name.sql", 8, "1_name.sql:3: a byte here is no")?;
    life.change("expand.sql", LATIN)?;
    life.ends("rehearse --change email", 2, &says("expand.sql")).map(drop)
}
