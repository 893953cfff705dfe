//! Tables of all shapes: each row of each is written once, and no batch is bigger than it may be.

use super::Test;
use super::world::CHANGE;
use super::world::Fill;
use super::world::audited;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("shapes::composite_key", |server| filled(server, "composite", COMPOSITE)),
    ("shapes::uuid_key", |server| filled(server, "uuid", UUID)),
    ("shapes::text_key", |server| filled(server, "text", TEXT)),
    ("shapes::text_key_in_stripes", text_key_in_stripes),
    ("shapes::odd_names", odd_names),
    ("shapes::names_without_a_schema", names_without_a_schema),
    ("shapes::no_key", |server| filled(server, "no_key", NO_KEY)),
    ("shapes::partitions_by_key", |server| filled(server, "parts", PARTITIONS)),
    ("shapes::partitions_by_blocks", partitions_by_blocks),
    ("shapes::rows_that_come_and_go", rows_that_come_and_go),
    ("shapes::what_never_comes_to_an_end", what_never_comes_to_an_end),
    ("shapes::own_order", |server| filled(server, "own_order", OWN_ORDER)),
    ("shapes::rights_to_parts", rights_to_parts),
    ("shapes::heirs", |server| filled(server, "heirs", HEIRS)),
];

/// The most rows of a batch.
const MOST: u32 = 700;

const COMPOSITE: &str = "CREATE TABLE users (a int, b date, id int NOT NULL, email text,
        PRIMARY KEY (b, a));
    INSERT INTO users SELECT n % 97, date '2020-01-01' + n / 97, n, 'A' || n
        FROM generate_series(1, 20000) AS n;";

const UUID: &str = "CREATE TABLE users (key uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        id int NOT NULL, email text);
    INSERT INTO users (id, email) SELECT n, 'A' || n FROM generate_series(1, 20000) AS n;";

const TEXT: &str = r#"CREATE TABLE users (key text PRIMARY KEY, id int NOT NULL, email text);
    INSERT INTO users SELECT
        (ARRAY['''', '"', '\', '{a,b}', '', ' ', 'ü€𝄞', E'\n\t', 'NULL', '$1', '%s', '--'])
            [1 + n % 12] || CASE WHEN n < 13 THEN '' ELSE n::text END, n, 'A' || n
        FROM generate_series(1, 20000) AS n;"#;

const NO_KEY: &str = "CREATE TABLE users (id int, email text);
    INSERT INTO users SELECT n, 'A' || n FROM generate_series(1, 20000) AS n;";

/// By list, and one of them by range; keys go up from part to part, so that the end of one is far
/// from that of the next.
const PARTITIONS: &str = "CREATE TABLE users (id int, place text, email text,
        PRIMARY KEY (id, place)) PARTITION BY LIST (place);
    CREATE TABLE users_here PARTITION OF users FOR VALUES IN ('here');
    CREATE TABLE users_there PARTITION OF users FOR VALUES IN ('there') PARTITION BY RANGE (id);
    CREATE TABLE users_there_1 PARTITION OF users_there FOR VALUES FROM (0) TO (12000);
    CREATE TABLE users_there_2 PARTITION OF users_there FOR VALUES FROM (12000) TO (99999);
    CREATE TABLE users_else PARTITION OF users DEFAULT;
    INSERT INTO users SELECT n, CASE WHEN n < 6000 THEN 'here' WHEN n < 18000 THEN 'there'
            ELSE 'nowhere' END, 'A' || n FROM generate_series(1, 24000) AS n;";

/// A key whose type has an order of its own, by operators of other names.
const OWN_ORDER: &str = "CREATE TYPE own;
    CREATE FUNCTION own_in(cstring) RETURNS own LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
    CREATE FUNCTION own_out(own) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
    CREATE TYPE own (INPUT = own_in, OUTPUT = own_out, LIKE = int4);
    CREATE FUNCTION own_cmp(own, own) RETURNS int LANGUAGE internal IMMUTABLE STRICT
        AS 'btint4cmp';
    DO $$ DECLARE sign text; BEGIN
        FOR sign IN VALUES ('lt'), ('le'), ('eq'), ('ge'), ('gt') LOOP
            EXECUTE format('CREATE FUNCTION own_%s(own, own) RETURNS bool LANGUAGE internal
                IMMUTABLE STRICT AS %L', sign, 'int4' || sign);
        END LOOP;
    END $$;
    CREATE OPERATOR #< (FUNCTION = own_lt, LEFTARG = own, RIGHTARG = own);
    CREATE OPERATOR #<= (FUNCTION = own_le, LEFTARG = own, RIGHTARG = own);
    CREATE OPERATOR = (FUNCTION = own_eq, LEFTARG = own, RIGHTARG = own);
    CREATE OPERATOR #>= (FUNCTION = own_ge, LEFTARG = own, RIGHTARG = own);
    CREATE OPERATOR #> (FUNCTION = own_gt, LEFTARG = own, RIGHTARG = own);
    CREATE OPERATOR CLASS own_ops DEFAULT FOR TYPE own USING btree AS OPERATOR 1 #<,
        OPERATOR 2 #<=, OPERATOR 3 =, OPERATOR 4 #>=, OPERATOR 5 #>, FUNCTION 1 own_cmp(own, own);
    CREATE TABLE users (key own PRIMARY KEY, id int NOT NULL, email text);
    INSERT INTO users SELECT n::text::own, n, 'A' || n FROM generate_series(1, 2000) AS n;";

const HEIRS: &str = "CREATE TABLE users (id int PRIMARY KEY, email text);
    CREATE TABLE users_old (PRIMARY KEY (id)) INHERITS (users);
    INSERT INTO users SELECT n, 'A' || n FROM generate_series(1, 8000) AS n;
    INSERT INTO users_old SELECT n, 'A' || n FROM generate_series(8001, 20000) AS n;";

fn filled(server: &Server, name: &str, script: &str) -> Result<(), String> {
    filled_with(server, name, script, "")
}

fn filled_with(server: &Server, name: &str, script: &str, more: &str) -> Result<(), String> {
    let fill = Fill::empty(server, &format!("shape_{name}"))?;
    fill.sql(script)?;
    let settings = format!("target = \"20ms\"\nmost = {MOST}\nworkers = 16\n{more}");
    fill.change(CHANGE, super::world::EXPAND, super::world::FILL_IN, &settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("users"))?;
    // A trigger of a table is not one of its heirs.
    let heirs = "SELECT coalesce(string_agg(inhrelid::regclass::text, ','), '')
        FROM pg_inherits i JOIN pg_class c ON c.oid = inhparent AND c.relkind = 'r'";
    let heirs = fill.text(heirs)?;
    for heir in heirs.split(',').filter(|heir| !heir.is_empty()) {
        fill.sql(&audited(heir))?;
    }
    let both = [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    for one in both {
        one.ends(0, super::world::SOON)?;
    }
    let rows = fill.text("SELECT count(*) FROM users")?;
    fill.is_exact(rows.parse().map_err(super::world::said)?)?;
    if more.contains("blocks") || ["no_key", "own_order"].contains(&name) {
        return Ok(());
    }
    let biggest = "SELECT max(count) FROM (SELECT count(*) FROM audit GROUP BY xid) AS batch";
    let biggest: u32 = fill.text(biggest)?.parse().map_err(super::world::said)?;
    holds(biggest <= MOST, || format!("a batch of {biggest} rows, and {MOST} are the most"))
}

fn text_key_in_stripes(server: &Server) -> Result<(), String> {
    filled_with(server, "text_stripes", TEXT, "stripes = 4\n")
}

fn partitions_by_blocks(server: &Server) -> Result<(), String> {
    filled_with(server, "parts_blocks", PARTITIONS, "walk = \"blocks\"\n")
}

/// Rows that are brought from many ranges into another table, and taken away.
fn rows_that_come_and_go(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "shape_come_and_go")?;
    fill.sql(PARTITIONS)?;
    let migrate = "INSERT INTO kept SELECT id, place, email FROM users WHERE id % 2 = 0
            ON CONFLICT DO NOTHING;
        DELETE FROM users WHERE id % 2 = 0;";
    let expand = "CREATE TABLE kept (id int, place text, email text, PRIMARY KEY (id, place));";
    fill.change(CHANGE, expand, migrate, &format!("most = {MOST}\nworkers = 16\n"))?;
    fill.ends("expand", 0, "")?;
    let both = [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    for one in both {
        one.ends(0, super::world::SOON)?;
    }
    fill.gives("SELECT count(*), sum(id % 2) FROM users", "12000|12000")?;
    fill.gives("SELECT count(*), sum(id % 2), count(DISTINCT email) FROM kept", "12000|0|12000")?;
    fill.is_proven()
}

/// A trigger changes what the statement reads with each row that is written.
fn what_never_comes_to_an_end(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "shape_endless")?;
    fill.sql(
        "CREATE TABLE users (id int PRIMARY KEY, written timestamptz, seen timestamptz);
         INSERT INTO users SELECT n, now() FROM generate_series(1, 400) AS n;
         CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.written := clock_timestamp(); RETURN NEW; END';
         CREATE TRIGGER written BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION written()",
    )?;
    let migrate = "UPDATE users SET seen = written;";
    fill.change(CHANGE, "CREATE TABLE other (id int);", migrate, "walk = \"blocks\"\n")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run", 3, "walk 3 wrote 400 rows, about as many as each before it")?;
    fill.ends("backfill status", 3, "walk 3 wrote 400 rows").map(drop)
}

/// Names that have to be quoted, in a schema that is not searched.
fn odd_names(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "shape_odd")?;
    fill.sql(
        r#"CREATE SCHEMA "Odd one";
         CREATE TABLE "Odd one"."User's ""x""" ("the Key" text PRIMARY KEY, email text);
         INSERT INTO "Odd one"."User's ""x""" SELECT n, 'A' || n
            FROM generate_series(1, 5000) AS n"#,
    )?;
    let table = r#""Odd one"."User's ""x""""#;
    let expand = format!(r#"ALTER TABLE {table} ADD COLUMN "Lower" text;"#);
    let migrate = format!(
        r#"UPDATE {table} AS "the U" SET "Lower" = lower("the U".email) WHERE "Lower" IS NULL;"#
    );
    fill.change(CHANGE, &expand, &migrate, "most = 300\n")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives(&format!(r#"SELECT count(*) FROM {table} WHERE "Lower" = lower(email)"#), "5000")?;
    fill.is_proven()
}

/// What a role may do with a partitioned table does not hold for its partitions.
fn rights_to_parts(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "shape_rights")?;
    fill.sql(PARTITIONS)?;
    fill.change(CHANGE, super::world::EXPAND, super::world::FILL_IN, "")?;
    fill.ends("expand", 0, "")?;
    fill.sql(
        "DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ''fill_parts'') THEN
            CREATE ROLE fill_parts; END IF; END';
         GRANT USAGE ON SCHEMA migrate TO fill_parts;
         GRANT ALL ON ALL TABLES IN SCHEMA migrate TO fill_parts;
         GRANT ALL ON ALL SEQUENCES IN SCHEMA migrate TO fill_parts;
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO fill_parts;
         GRANT SELECT, UPDATE ON users, users_here, users_else TO fill_parts",
    )?;
    let run = "backfill run --role fill_parts";
    let grant = "GRANT SELECT, UPDATE ON users_there_1, users_there_2 TO fill_parts";
    fill.ends(run, 2, grant)?;
    fill.sql(grant)?;
    fill.ends(run, 0, "").map(drop)
}

/// A name without a schema means what it means to the server, from the survey to the proof.
fn names_without_a_schema(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "shape_path")?;
    fill.sql(
        "CREATE SCHEMA app;
         CREATE TABLE public.users (id int PRIMARY KEY, email text, email_lower text);
         CREATE TABLE app.users (LIKE public.users INCLUDING ALL);
         INSERT INTO app.users SELECT n, 'A' || n FROM generate_series(1, 5000) AS n;
         CREATE TABLE public.pg_user (id int PRIMARY KEY, email text);
         ALTER DATABASE fill_shape_path SET search_path = app, public",
    )?;
    let expand = "CREATE TABLE app.other (id int PRIMARY KEY);";
    fill.change(CHANGE, expand, super::world::FILL_IN, &format!("most = {MOST}\n"))?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("app.users"))?;
    fill.ends("backfill run --prove", 0, "400 rows are the same")?;
    fill.ends("backfill run --workers 2", 0, "done")?;
    fill.gives("SELECT relation = 'app.users'::regclass FROM migrate.backfill_job", "t")?;
    fill.gives("SELECT count(*) FROM app.users WHERE email_lower = lower(email)", "5000")?;
    let biggest = "SELECT max(count) FROM (SELECT count(*) FROM audit GROUP BY xid) AS batch";
    let biggest: u32 = fill.text(biggest)?.parse().map_err(super::world::said)?;
    holds(biggest <= MOST, || format!("a batch of {biggest} rows, and {MOST} are the most"))?;
    fill.is_proven()?;
    // What another schema's rows are does not count for this one's.
    fill.sql("UPDATE app.users SET email_lower = NULL WHERE id = 7")?;
    let verify = format!("backfill verify --change {}", super::world::SHORT);
    fill.ends(&verify, 4, "1 rows of")?;
    // The server's own schema comes first, whatever the path says.
    let migrate = "UPDATE pg_user SET email = 'a' WHERE email IS NULL;";
    fill.change("20260102000000_own", "CREATE TABLE third (id int);", migrate, "")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run --change own", 2, "for another table").map(drop)
}
