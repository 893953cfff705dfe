//! `migrate plan --against` on each major: the schema before and after what a database has not run.

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A test for the major of an install.
pub(crate) fn trials(install: Option<&Install>) -> Vec<Trial> {
    let major = install.map_or(0, |install| install.major);
    let install = install.cloned();
    let run = move || {
        let install = install.clone().ok_or("an ignored test does not run")?;
        all(&install).map_err(Failed::from)
    };
    vec![Trial::test(format!("ahead::the_schema_after_the_plan::{major}"), run)]
}

fn all(install: &Install) -> Result<(), String> {
    let initdb = install.program("initdb").ok_or("a server has initdb")?;
    let bin = initdb.parent().ok_or("it stands in a folder")?;
    let server = Server::start(install).map_err(|error| error.to_string())?;
    of_changes(bin, &server)?;
    of_another_tool(bin, &server)?;
    without_a_server(bin, &server)
}

/// Files, and the database that they are for.
struct Stage {
    home: TempDir,
    address: String,
    bin: PathBuf,
}

impl Stage {
    fn new(bin: &Path, server: &Server, name: &str, has: &str) -> Result<Stage, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let session = server.database(name).map_err(|error| error.to_string())?;
        session.run_each(has)?;
        Ok(Stage { home, address: server.address(name), bin: bin.to_owned() })
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// Runs the program; gives standard output and standard error.
    fn run(&self, words: &[&str], bin: &Path) -> Result<(String, String), String> {
        let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
            .args(words)
            .current_dir(self.home.path())
            .env("DATABASE_URL", &self.address)
            .env("MIGRATE_POSTGRES_BIN", bin)
            .output()
            .map_err(|error| error.to_string())?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (out, err) = (text(output.stdout), text(output.stderr));
        must(output.status.success(), "it ends well", &(words, &out, &err))?;
        Ok((out, err))
    }

    fn json(&self) -> Result<Value, String> {
        let (out, err) = self.run(&["plan", "--against", "--format", "json"], &self.bin)?;
        serde_json::from_str(&out).map_err(|error| format!("{error}: {out}{err}"))
    }
}

fn must(so: bool, what: &str, seen: &impl std::fmt::Debug) -> Result<(), String> {
    if so { Ok(()) } else { Err(format!("{what}: {seen:#?}")) }
}

/// A table that needs a function, which reads a table; roles, a view over a key, and a name that is
/// found by the search path only.
const HAS: &str = "\
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TABLE app.kinds (id bigint PRIMARY KEY, name text NOT NULL);
CREATE FUNCTION app.known(bigint) RETURNS boolean LANGUAGE sql
  BEGIN ATOMIC SELECT EXISTS (SELECT FROM app.kinds WHERE id = $1); END;
CREATE TABLE app.users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind bigint NOT NULL REFERENCES app.kinds CHECK (app.known(kind)),
  name text, fax text, mood app.mood DEFAULT 'ok', made timestamptz DEFAULT now(), score numeric);
CREATE VIEW app.people AS SELECT id, name FROM app.users GROUP BY id;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', current_database()); END $$;
INSERT INTO app.kinds VALUES (1, 'one');
";

const WANTED: &str = "\
--- a/schema.sql
+++ b/schema.sql
";

fn of_changes(bin: &Path, server: &Server) -> Result<(), String> {
    let stage = Stage::new(bin, server, "ahead_changes", HAS)?;
    let change = "migrations/20260101000000_phone";
    stage.file(
        &format!("{change}/expand.sql"),
        "SET statement_timeout = '1min';\nALTER TABLE users ADD COLUMN phone text;\n\
         GRANT SELECT ON users TO reporting;\n\
         CREATE INDEX CONCURRENTLY users_phone ON users (phone);\n\
         CREATE TABLE audit (id bigint, what text);\n",
    );
    // It stops after its first step, for want of a role.
    must(stage.run(&["expand"], bin).is_err(), "the role is not there yet", &())?;
    let session = server.session("ahead_changes").map_err(|error| error.to_string())?;
    session.run("CREATE ROLE reporting").map_err(|error| error.to_string())?;
    stage.file(&format!("{change}/contract.sql"), "ALTER TABLE users DROP COLUMN fax;\n");
    let plan = stage.json()?;
    let difference = plan["schema_difference"].as_str().unwrap_or_default();
    must(plan["schema_difference_missing"].is_null(), "all is shown", &plan)?;
    let changed: Vec<&str> = difference
        .lines()
        .filter(|line| line.starts_with(['-', '+']) && !line.starts_with("---"))
        .filter(|line| !line.starts_with("+++"))
        .collect();
    let wanted = [
        "-  fax text,",
        "+CREATE TABLE app.audit (",
        "+  id bigint,",
        "+  what text,",
        "+);",
        "+CREATE INDEX users_phone ON app.users USING btree (phone);",
    ];
    must(changed == wanted && difference.starts_with(WANTED), "what changes", &difference)?;
    let within = difference.contains("@@ CREATE TABLE app.users (\n");
    must(within, "it says in which statement", &difference)?;
    let (out, err) = stage.run(&["plan", "--against"], bin)?;
    let shown = out.contains("the schema before and after, on a throw-away PostgreSQL");
    must(shown && out.ends_with(difference) && err.is_empty(), "people see it", &(out, err))
}

/// Another tool's files: what was run is there, what fails is told with its line.
fn of_another_tool(bin: &Path, server: &Server) -> Result<(), String> {
    let has = "CREATE TABLE schema_migrations (version varchar PRIMARY KEY);\n\
               CREATE TABLE users (id bigint);\n\
               INSERT INTO schema_migrations VALUES ('20260101000000');\n";
    let stage = Stage::new(bin, server, "ahead_dbmate", has)?;
    let file = |name: &str, up: &str| {
        let text = format!("-- migrate:up\n{up}-- migrate:down\nSELECT 1;\n");
        stage.file(&format!("db/migrations/{name}.sql"), &text);
    };
    file("20260101000000_users", "CREATE TABLE users (id bigint);\n");
    let plan = stage.json()?;
    must(plan["schema_difference"] == "", "nothing is pending", &plan)?;
    file("20260102000000_rows", "INSERT INTO users VALUES (1);\n");
    let (out, _) = stage.run(&["plan", "--against"], bin)?;
    must(out.contains("the schema stays as it is, on"), "rows are no schema", &out)?;
    file("20260103000000_email", "ALTER TABLE users ADD COLUMN email text;\n");
    file(
        "20260104000000_wrong",
        "ALTER TABLE users ADD COLUMN half text;\nALTER TABLE nobody ADD COLUMN a int;\n",
    );
    file("20260105000000_after", "ALTER TABLE users ADD COLUMN after text;\n");
    let plan = stage.json()?;
    let difference = plan["schema_difference"].as_str().unwrap_or_default();
    let up_to_there = difference.contains("+  email text,")
        && !difference.contains("half")
        && !difference.contains("after");
    must(up_to_there, "up to the file that fails", &plan)?;
    let missing = plan["schema_difference_missing"].as_str().unwrap_or_default();
    let told = missing.contains("20260104000000_wrong.sql:3 does not run")
        && missing.contains("relation \"nobody\" does not exist");
    must(told, "which fails, and why", &missing)?;
    let (out, err) = stage.run(&["plan", "--against"], bin)?;
    must(out.contains("+  email text,") && err.contains(missing), "people, too", &(out, err))
}

/// Where there is no server the plan is told all the same.
fn without_a_server(bin: &Path, server: &Server) -> Result<(), String> {
    let stage = Stage::new(bin, server, "ahead_alone", "CREATE TABLE users (id bigint);")?;
    let change = "migrations/20260101000000_phone/expand.sql";
    stage.file(change, "ALTER TABLE users ADD COLUMN phone text;\n");
    let nowhere = stage.home.path().join("nowhere");
    fs::create_dir(&nowhere).map_err(|error| error.to_string())?;
    let (out, err) = stage.run(&["plan", "--against"], &nowhere)?;
    let told = out.contains("1:1 expand   ALTER TABLE users ADD COLUMN phone text")
        && err.lines().count() == 1
        && err
            .contains("note: the schema after it is not shown: it is seen on a throw-away server")
        && err.contains("pg_config --bindir");
    must(told, "the plan, and a note", &(out, err))?;
    let (out, _) = stage.run(&["plan", "--against", "--format", "json"], &nowhere)?;
    let plan: Value = serde_json::from_str(&out).map_err(|error| error.to_string())?;
    let why = plan["schema_difference_missing"].as_str().unwrap_or_default();
    must(plan["schema_difference"].is_null() && why.contains("throw-away"), "for machines", &plan)?;
    let words = ["plan", "--against", "--format", "json", "--no-schema-difference"];
    let (out, _) = stage.run(&words, bin)?;
    must(out.contains("left out with --no-schema-difference"), "nobody wants it", &out)?;
    let object = plan.as_object().ok_or("it is an object")?;
    must(object.contains_key("schema_difference"), "it is null, not absent", &plan)
}
