//! A table that is written anew in the middle of a walk by blocks: all places are others then.

use super::Test;
use super::world::Fill;
use super::world::QUICK;
use super::world::SOON;
use super::world::Writers;
use super::world::audited;
use super::world::pad;
use super::world::slowed;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("rewrites::vacuum_full", |server| rewritten(server, "vacuum_full", "VACUUM FULL users")),
    ("rewrites::cluster", |server| rewritten(server, "cluster", "CLUSTER users USING users_name")),
];

fn rewritten(server: &Server, name: &str, rewrite: &str) -> Result<(), String> {
    let settings = "target = \"20ms\"\nwalk = \"blocks\"\n";
    let fill = Fill::users(server, name, (40_000, 400), settings)?;
    // An order that is not that of the rows.
    fill.sql("CREATE INDEX users_name ON users (md5(id::text))")?;
    fill.sql("DELETE FROM users WHERE id % 10 = 0")?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.02"))?;
    let writers = Writers::start(server, &fill, 1, pad)?;
    let worker = fill.start("backfill run --workers 2")?;
    for batches in [8, 30] {
        fill.batches(batches)?;
        fill.sql(rewrite)?;
    }
    fill.sql(QUICK)?;
    worker.ends(0, SOON * 2)?;
    writers.end()?;
    // It was seen that the places are others.
    fill.gives(
        "SELECT bool_and(filenode = pg_relation_filenode(leaf)) FROM migrate.backfill_part",
        "t",
    )?;
    fill.is_exact(36_000)
}
