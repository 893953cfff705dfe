//! Rows that cannot be done: these alone are set aside, with their errors; they hold up the
//! contract, and can be tried again.

use super::Test;
use super::world::CHANGE;
use super::world::Fill;
use super::world::QUICK;
use super::world::SHORT;
use super::world::SOON;
use super::world::holds;
use super::world::slowed;
use crate::server::Server;
use crate::server::reason;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("poisons::by_key", by_key),
    ("poisons::by_key_in_stripes", by_key_in_stripes),
    ("poisons::by_blocks", by_blocks),
    ("poisons::that_move", that_move),
    ("poisons::too_many", too_many),
    ("poisons::at_the_commit", at_the_commit),
    ("poisons::while_the_range_is_held", while_the_range_is_held),
];

const ROWS: u32 = 40_000;

/// Texts that are numbers, but for three.
fn furnished(server: &Server, name: &str, settings: &str) -> Result<Fill, String> {
    let fill = Fill::empty(server, name)?;
    fill.sql(&format!(
        "CREATE TABLE users (id bigint PRIMARY KEY, amount text NOT NULL);
         INSERT INTO users SELECT n, n FROM generate_series(1, {ROWS}) AS n;
         ANALYZE users;
         UPDATE users SET amount = 'much' WHERE id = 7;
         UPDATE users SET amount = 'more' WHERE id IN (20000, 20001)"
    ))?;
    let expand = "ALTER TABLE users ADD COLUMN cents int;";
    let migrate = "UPDATE users SET cents = amount::int WHERE cents IS NULL;";
    fill.change(CHANGE, expand, migrate, settings)?;
    let contract = "ALTER TABLE users DROP COLUMN amount;";
    fill.file(&format!("migrations/{CHANGE}/contract.sql"), contract)?;
    fill.ends("expand", 0, "")?;
    Ok(fill)
}

const FILLED: &str = "SELECT count(*) FROM users WHERE cents = id";
const BAD: &str = "invalid input syntax for type integer";
/// What a run says of the three, at its end, and what goes on.
const ASIDE: &str = "3 rows are set aside, all others are done; next: `migrate backfill status";
/// What is said of a contract whose data is not filled in, and is.
const BLOCKED: &str = "no proof says that no row is left";
const PROVEN: &str = "that no row is left was proven at";

/// Sees that the three are set aside, and only they, mends them, and goes on.
fn mended(fill: &Fill, keys: Option<[&str; 3]>) -> Result<(), String> {
    fill.gives(FILLED, &(ROWS - 3).to_string())?;
    let status = fill.ends("backfill status", 3, "3 set aside")?;
    let lines: Vec<&str> = status.lines().filter(|line| line.contains("set aside: ")).collect();
    let so = lines.len() == 3 && lines.iter().all(|line| line.contains(BAD));
    holds(so && lines.iter().all(|line| line.contains("22P02")), || status.clone())?;
    for key in keys.iter().flatten() {
        let named = format!("users ({key})");
        holds(lines.iter().any(|line| line.contains(&named)), || status.clone())?;
    }
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 4, "3 rows")?;
    fill.ends("contract --check", 4, BLOCKED)?;
    fill.sql("UPDATE users SET amount = id WHERE amount ~ 'm'")?;
    fill.ends(&format!("backfill retry --change {SHORT}"), 0, "is open again")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives(FILLED, &ROWS.to_string())?;
    fill.is_proven()?;
    let said = fill.ends("contract --check", 4, PROVEN)?;
    holds(!said.contains(BLOCKED), || said)
}

fn by_key(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "poison_key", "target = \"20ms\"\nmost = 2000\n")?;
    fill.ends("backfill run --workers 2", 3, ASIDE)?;
    mended(&fill, Some(["7", "20000", "20001"]))
}

fn by_key_in_stripes(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nmost = 2000\nstripes = 5\n";
    let fill = furnished(server, "poison_stripes", settings)?;
    fill.ends("backfill run --workers 2", 3, ASIDE)?;
    mended(&fill, Some(["7", "20000", "20001"]))
}

fn by_blocks(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nwalk = \"blocks\"\n";
    let fill = furnished(server, "poison_blocks", settings)?;
    fill.ends("backfill run --workers 2", 3, ASIDE)?;
    mended(&fill, None)
}

/// Rows that are only known by their places, and leave them: each counts once all the same.
fn that_move(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nwalk = \"blocks\"\n";
    let fill = furnished(server, "poison_moves", settings)?;
    fill.sql(&slowed("users", "0.05"))?;
    let worker = fill.start("backfill run")?;
    let aside = "SELECT to_regclass('migrate.backfill_poison') IS NOT NULL
        AND EXISTS (SELECT FROM migrate.backfill_poison)";
    fill.comes(aside, "t")?;
    fill.sql("UPDATE users SET amount = amount WHERE amount ~ 'm'")?;
    fill.sql("VACUUM FULL users")?;
    fill.sql(QUICK)?;
    let ended = worker.ends(3, SOON)?;
    holds(ended.said.contains(ASIDE), || ended.said)?;
    fill.ends("backfill status", 3, "3 set aside")?;
    fill.sql("UPDATE users SET amount = amount WHERE amount ~ 'm'")?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 4, "3 rows")?;
    fill.ends("backfill run", 3, ASIDE)?;
    mended(&fill, None)
}

/// More than are allowed: it is the statement that is wrong, and it stops.
fn too_many(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "poison_many", "target = \"20ms\"\npoison = 2\n")?;
    let why = "3 rows cannot be done, and 2 are allowed";
    fill.ends("backfill run --workers 2", 3, why)?;
    fill.ends("backfill status", 3, why)?;
    fill.ends("backfill run", 3, why)?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 4, "is not at its end")?;
    fill.sql("UPDATE users SET amount = id WHERE amount ~ 'm'")?;
    fill.ends(&format!("backfill retry --change {SHORT}"), 0, "is open again")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives(FILLED, &ROWS.to_string())?;
    fill.is_proven()
}

/// What is only looked at when a transaction commits is a row's fault as well.
fn at_the_commit(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "poison_commit", "target = \"20ms\"\nmost = 2000\n")?;
    fill.sql(
        "UPDATE users SET amount = id WHERE amount ~ 'm';
         CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF NEW.cents = 7 THEN RAISE ''never seven'' USING ERRCODE = ''23514'';
                END IF; RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION late()",
    )?;
    fill.ends("backfill run --workers 2", 3, "1 row is set aside")?;
    fill.gives(FILLED, &(ROWS - 1).to_string())?;
    fill.ends("backfill status", 3, "never seven (23514)")?;
    fill.sql("DROP TRIGGER late ON users")?;
    fill.ends(&format!("backfill retry --change {SHORT}"), 0, "is open again")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives(FILLED, &ROWS.to_string())?;
    fill.is_proven()
}

/// Somebody locks the row of the range again and again while rows are set aside.
fn while_the_range_is_held(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "poison_held", "target = \"20ms\"\nmost = 2000\n")?;
    fill.sql("UPDATE users SET amount = 'many' WHERE id BETWEEN 7 AND 66")?;
    fill.sql(&slowed("users", "0.05"))?;
    let worker = fill.start("backfill run")?;
    let aside = "SELECT to_regclass('migrate.backfill_poison') IS NOT NULL
        AND EXISTS (SELECT FROM migrate.backfill_poison)";
    fill.comes(aside, "t")?;
    let other = fill.another(server)?;
    for _ in 0..8 {
        other
            .run(
                "BEGIN; SELECT FROM migrate.backfill_range FOR UPDATE; SELECT pg_sleep(0.7);
                 COMMIT; SELECT pg_sleep(0.15)",
            )
            .map_err(|error| reason(&error))?;
    }
    fill.sql(QUICK)?;
    let ended = worker.ends(3, SOON)?;
    holds(ended.said.contains("62 rows are set aside"), || ended.said)?;
    fill.ends("backfill status", 3, "62 set aside")?;
    fill.gives(FILLED, &(ROWS - 62).to_string())
}
