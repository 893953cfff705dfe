//! `--schema`: a dump of the database in place of the history that led to it.

use super::project::Project;
use super::project::Run;
use super::project::root;
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write;
use std::fs;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    setup: String,
    sql: String,
}

fn data(name: &str) -> String {
    fs::read_to_string(root().join("tests/data/locks").join(name)).expect("the data is there")
}

/// All statements on the base schema, each in a transaction that is rolled back: none meets what
/// another did.
fn statements() -> String {
    let cases: Cases = toml::from_str(&data("cases.toml")).expect("the data is TOML of this form");
    let mut script = String::new();
    let plain = cases.case.iter().filter(|case| case.setup.is_empty());
    for case in plain {
        let sql = case.sql.trim_end().trim_end_matches(';');
        writeln!(script, "BEGIN;\n{sql};\nROLLBACK;").expect("a string takes all");
    }
    script
}

fn statements_of(run: &Run) -> Vec<Value> {
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, "", "all of it is read");
    run.json()["migrations"][0]["statements"].as_array().expect("a list").clone()
}

#[test]
fn a_dump_says_the_same_as_the_history() {
    // `dump.sql` is what `pg_dump --schema-only` of PostgreSQL 15 makes of `base.sql`.
    let project = Project::new()
        .file("base.sql", data("base.sql"))
        .file("dump.sql", data("dump.sql"))
        .file("case.sql", statements());
    let plan = "plan --format json --postgres 15";
    let replayed = statements_of(&project.run(&format!("{plan} --history base.sql case.sql")));
    let dumped = statements_of(&project.run(&format!("{plan} --schema dump.sql case.sql")));
    assert!(replayed.len() > 1000, "many statements: {}", replayed.len());
    assert_eq!(replayed.len(), dumped.len());
    for (replayed, dumped) in replayed.iter().zip(&dumped) {
        assert_eq!(replayed, dumped);
    }
}

/// A dump as `pg_dump` writes it: names are qualified, keys, sequences and partitions come after.
const DUMP: &str = r"--
-- PostgreSQL database dump
--

\restrict 6dGUYPP9bAq5w

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE public.users (
    id integer NOT NULL,
    email character varying(100),
    CONSTRAINT users_email_set CHECK ((email IS NOT NULL))
);
ALTER TABLE public.users OWNER TO app;
CREATE SEQUENCE public.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
CREATE MATERIALIZED VIEW public.emails AS
 SELECT users.email
   FROM public.users
  WITH NO DATA;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
COPY public.users (id, email) FROM stdin;
1	a;b
2	\N
\.
SELECT pg_catalog.setval('public.users_id_seq', 2, true);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE TABLE public.schema_migrations (version character varying NOT NULL);
INSERT INTO public.schema_migrations (version) VALUES
    ('001');
\unrestrict 6dGUYPP9bAq5w
";

#[test]
fn earlier_files_are_not_replayed() {
    let project = Project::new()
        .file("dump.sql", DUMP)
        .file("migrations/001_first.sql", "CREATE TABLE public.users (id text);")
        .file("migrations/002_second.sql", "ALTER TABLE users ALTER COLUMN id TYPE bigint;");
    let run = project.run("plan --format json --schema dump.sql --since 001");
    let plan = run.json();
    assert_eq!(plan["migrations"].as_array().expect("a list").len(), 1);
    let statement = &plan["migrations"][0]["statements"][0];
    assert_eq!(statement["confidence"], "known");
    assert_eq!(statement["error"], Value::Null, "the dump says integer, not text");
    assert_eq!(statement["rewrites"], serde_json::json!(["public.users"]));
}

#[test]
fn files_that_are_judged_follow_each_other() {
    let project = Project::new()
        .file("dump.sql", DUMP)
        .file("migrations/001_first.sql", "SELECT 1;")
        .file("migrations/002_second.sql", "CREATE TABLE notes (id int);")
        .file("migrations/003_third.sql", "ALTER TABLE notes ADD COLUMN at timestamptz;");
    let run = project.run("plan --format json --schema dump.sql --since 001");
    let third = &run.json()["migrations"][1]["statements"][0];
    assert_eq!(third["error"], Value::Null);
    assert_eq!(third["confidence"], "known");
}

#[test]
fn what_the_dump_does_not_have_is_not_there() {
    let project = Project::new()
        .file("dump.sql", DUMP)
        .file("a.sql", "ALTER TABLE users ADD COLUMN x int;\nALTER TABLE orders ADD COLUMN x int;");
    let unknown = project.run("lint --format json a.sql").json();
    assert_eq!(unknown["findings"], serde_json::json!([]), "it may be there");
    let run = project.run("lint --format json --schema dump.sql a.sql");
    assert_eq!(run.rules(), ["refused-statement"]);
    let found = &run.json()["findings"][0];
    assert_eq!(found["confidence"], "known");
    assert!(found["message"].as_str().is_some_and(|text| text.contains("orders")), "{found}");
}

#[test]
fn findings_are_known_and_not_assumed() {
    let project = Project::new()
        .file("dump.sql", DUMP)
        .file("a.sql", "CREATE INDEX users_email ON users (email);");
    let confidence = |words: &str| {
        let run = project.run(&format!("lint --format json {words} a.sql"));
        assert_eq!(run.rules(), ["create-index-blocking"], "{}", run.out);
        run.json()["findings"][0]["confidence"].clone()
    };
    assert_eq!(confidence(""), "assumed");
    assert_eq!(confidence("--schema dump.sql"), "known");
}

#[test]
fn a_check_of_the_dump_proves_what_it_proves() {
    let sql = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
    let project = Project::new().file("dump.sql", DUMP).file("a.sql", sql);
    assert_eq!(project.run("lint --format json a.sql").rules(), ["set-not-null-scan"]);
    let known = project.run("lint --format json --schema dump.sql a.sql");
    assert_eq!(known.rules(), Vec::<String>::new(), "{}", known.out);
}

#[test]
fn a_dump_without_rows_does_not_empty_materialized_views() {
    let sql = "REFRESH MATERIALIZED VIEW emails WITH NO DATA;";
    let project = Project::new().file("dump.sql", DUMP).file("a.sql", sql);
    let plan = project.run("plan --format json --schema dump.sql a.sql").json();
    let breaks = &plan["migrations"][0]["statements"][0]["breaks"];
    assert_eq!(breaks[0]["object"], "public.emails", "{plan}");
}

#[test]
fn the_sequence_of_an_identity_column_has_the_name_it_was_given() {
    // The table was called `users` when its sequence was made.
    let dump = "CREATE TABLE public.people (id integer NOT NULL);
        ALTER TABLE public.people ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
            SEQUENCE NAME public.users_id_seq START WITH 1 INCREMENT BY 1 CACHE 1);
        CREATE TABLE public.things (id integer GENERATED ALWAYS AS IDENTITY (START 5
            SEQUENCE NAME public.numbers) NOT NULL);";
    let sql = "ALTER TABLE people ALTER COLUMN id TYPE bigint;
        ALTER TABLE things ALTER COLUMN id TYPE bigint;";
    let project = Project::new().file("dump.sql", dump).file("a.sql", sql);
    let plan = project.run("plan --format json --schema dump.sql a.sql").json();
    for (statement, sequence) in [(0, "public.users_id_seq"), (1, "public.numbers")] {
        let locks = &plan["migrations"][0]["statements"][statement]["locks"];
        let locked = locks.as_array().expect("a list").iter();
        assert!(locked.clone().any(|lock| lock["relation"] == sequence), "{locks}");
    }
}

#[test]
fn a_dump_that_is_none_is_an_error() {
    let project = Project::new()
        .file("a.sql", "SELECT 1;")
        .file("archive.dump", b"PGDMP\x01\x0e\x00")
        .file("empty.sql", "SET lock_timeout = 0;");
    let error = |file: &str, code: i32| {
        let run = project.run(&format!("lint --schema {file} a.sql"));
        assert_eq!(run.code, code, "{}", run.err);
        run.err
    };
    assert!(error("archive.dump", 2).contains("pg_dump --schema-only"));
    assert!(error("empty.sql", 2).contains("empty.sql creates no table"));
    assert!(error("missing.sql", 1).contains("missing.sql"));
    let both = project.run("lint --schema empty.sql --history a.sql a.sql");
    assert_eq!(both.code, 2, "{}", both.err);
}

#[test]
fn what_is_not_understood_in_a_dump_is_said() {
    let project = Project::new()
        .file("dump.sql", "CREATE TABLE t (a int);\nCREATE TABLE u (a int) ON THE MOON;\n")
        .file("a.sql", "ALTER TABLE v ADD COLUMN x int;");
    let run = project.run("lint --format json --schema dump.sql a.sql");
    assert!(run.err.contains("warning: dump.sql:2:"), "{}", run.err);
    assert_eq!(run.rules(), Vec::<String>::new(), "the table may be what was not understood");
}

/// What the program says of an address, which must not work.
fn refused(address: &str, code: i32) -> String {
    let project = Project::new().file("a.sql", "SELECT 1;");
    let run = project.run(&format!("lint --database-url {address} a.sql"));
    assert_eq!(run.code, code, "{}", run.err);
    assert!(!run.err.contains("geheim"), "a password is never shown: {}", run.err);
    run.err
}

#[test]
fn an_address_that_is_none_says_how_one_looks() {
    for address in [
        "mysql://u:geheim@h/d",
        "postgres://u:geheim@h:port/d",
        "postgres://u:geheim@h/d?sslmode=sometimes",
        "postgres://u:geheim@h/d?color=red",
        "postgres://u:geheim/geheim@h/d",
        "postgres://u:1/geheim@h/d",
        "postgres://u:1/x?geheim=1@h/d",
        "postgres://u:geheim@ge@h/d",
        "postgres://u:ge%zz@h/d",
        "host='geheim",
        "geheim",
    ] {
        let said = refused(address, 2);
        assert!(said.contains("postgres://user@host:5432/database"), "{address}: {said}");
    }
    assert!(refused("postgres://h/d?sslmode=sometimes", 2).contains("verify-full"));
}

#[test]
fn a_server_that_is_not_there_is_named_without_the_password() {
    // Port 1 of this machine is nobody's.
    let said = refused("postgres://u:geheim@127.0.0.1:1/shop", 75);
    assert!(said.contains("no connection to database `shop` on 127.0.0.1:1"), "{said}");
    assert!(said.contains("refused"), "{said}");
    assert!(said.contains("see that host, port and sslmode are right"), "{said}");
}

#[test]
fn certificates_that_cannot_be_read_are_said() {
    let said = refused("postgres://u@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=none.pem", 1);
    assert!(said.contains("none.pem"), "{said}");
    assert!(said.contains("sslrootcert=FILE"), "{said}");
}

#[test]
fn the_address_may_stand_in_the_environment() {
    let said = refused("env:NO_SUCH_VARIABLE_AT_ALL", 2);
    assert!(said.contains("the variable `NO_SUCH_VARIABLE_AT_ALL` is not set"), "{said}");
}
