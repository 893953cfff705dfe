//! What findings say to people, word by word, where no page shows it.

use super::project::Project;

/// The message, the help and the statements of the first finding of a rule, one a line.
fn said(words: &str, given: &str, statement: &str, rule: &str) -> String {
    let project = Project::new().file("given.sql", given).file("a.sql", statement);
    let run = project.run(&format!("lint --format json {words} --history given.sql a.sql"));
    let json = run.json();
    let findings = json["findings"].as_array().expect("a list").clone();
    let finding = findings.into_iter().find(|finding| finding["rule"] == rule);
    let finding = finding.unwrap_or_else(|| panic!("{rule} finds nothing in {statement}: {json}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let safe = finding["safe"].as_array().cloned().unwrap_or_default();
    let lines = [text(&finding["message"]), text(&finding["help"])];
    lines.into_iter().chain(safe.iter().map(text)).collect::<Vec<_>>().join("\n")
}

const GIVEN: &str = "
    CREATE TABLE users (id bigint PRIMARY KEY, name text);
    CREATE VIEW people AS SELECT id, name FROM users;
    CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS number FROM users;
    CREATE TYPE mood AS ENUM ('sad', 'fine');
    CREATE TYPE address AS (street text, zip text);
    CREATE SEQUENCE numbers;
    CREATE SCHEMA billing;
    CREATE TABLE billing.invoices (id integer, at timestamp);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE POLICY own ON users USING (true);
";

/// A statement, the rule, and what is said.
const SAID: &[(&str, &str, &str)] = &[
    ("DROP VIEW people;", "drop-object", "the view `people` is gone after this: code that runs"),
    ("DROP SEQUENCE numbers;", "drop-object", "and the count is lost"),
    ("DROP ROLE app;", "drop-object", "the role `app` is gone"),
    ("DROP OWNED BY app;", "drop-object", "what the role `app` owns is dropped by this"),
    ("DROP EXTENSION pgcrypto;", "drop-object", "the extension `pgcrypto` is gone"),
    ("DROP PUBLICATION feed;", "drop-object", "the publication `feed` is gone after this: nothing"),
    ("DROP DATABASE shop;", "drop-object", "only a backup brings its rows back"),
    ("DROP DATABASE shop;", "drop-object", "take a backup, and drop it by hand"),
    ("DROP CAST (text AS integer);", "drop-object", "the cast is gone after this"),
    (
        "DROP TRIGGER touched ON users;",
        "drop-object",
        "the trigger `touched` of `users` is gone after this: nothing fails, but what it did is \
         not done any more",
    ),
    ("DROP POLICY own ON users;", "drop-object", "rows that it hid become visible"),
    (
        "ALTER TYPE address DROP ATTRIBUTE zip;",
        "drop-object",
        "the attribute `zip` of the type `address` is gone",
    ),
    (
        "ALTER TYPE address ALTER ATTRIBUTE zip TYPE integer;",
        "change-column-type",
        "reads and writes the attribute `zip` of the type `address` as it was",
    ),
    (
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';",
        "rename-object",
        "names the value `sad` of the enum `mood`: it fails once the name changes to `blue`",
    ),
    (
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';",
        "rename-object",
        "add the new value beside the old one",
    ),
    ("ALTER SCHEMA billing RENAME TO bills;", "rename-object", "names the schema `billing`:"),
    ("ALTER SCHEMA billing RENAME TO bills;", "rename-object", "cannot be there under both names"),
    ("ALTER SEQUENCE numbers RENAME TO ids;", "rename-object", "leave it its name"),
    ("ALTER DATABASE shop RENAME TO store;", "rename-object", "leave it its name"),
    ("ALTER TABLE people RENAME TO persons;", "rename-object", "names the view `people`"),
    (
        "ALTER FUNCTION touch() SET SCHEMA billing;",
        "set-schema",
        "on the search_path of every role first",
    ),
    ("ALTER VIEW people SET SCHEMA billing;", "set-schema", "leave a view where it was"),
    (
        "ALTER VIEW people RENAME COLUMN name TO full_name;",
        "rename-column",
        "as one more column at the end, with CREATE OR REPLACE VIEW",
    ),
    (
        "ALTER MATERIALIZED VIEW counts RENAME COLUMN number TO total;",
        "rename-column",
        "make another materialized view",
    ),
    (
        "ALTER TABLE billing.invoices RENAME TO bills;",
        "rename-table",
        "BEGIN;\nSET LOCAL lock_timeout = '2s';\nALTER TABLE billing.invoices RENAME TO bills;\n\
         CREATE VIEW billing.invoices WITH (security_invoker = true) AS \
         SELECT * FROM billing.bills;\n\
         -- the roles that use the table need rights on the view:\n",
    ),
    (
        "ALTER TABLE users ADD COLUMN pin text DEFAULT (1 +);",
        "add-column-volatile-default",
        "the default was not understood",
    ),
    (
        "ALTER TABLE users ADD COLUMN number smallserial;",
        "add-column-serial",
        "CREATE SEQUENCE users_number_seq AS smallint OWNED BY users.number;",
    ),
    (
        "ALTER TABLE users ADD COLUMN number int GENERATED BY DEFAULT AS IDENTITY (START 7);",
        "add-column-identity",
        "ADD GENERATED BY DEFAULT AS IDENTITY (START 7); -- START beyond the highest number",
    ),
    (
        "ALTER TABLE users ADD COLUMN code text COLLATE \"C\" NOT NULL;",
        "add-column-required",
        "ADD COLUMN code text COLLATE \"C\";",
    ),
    (
        "ALTER TABLE users ALTER COLUMN id TYPE integer;",
        "alter-type-narrowing",
        "afterwards so does code that writes what does not fit",
    ),
    (
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(9) USING left(name, 9);",
        "alter-type-narrowing",
        "or is cut by USING",
    ),
];

#[test]
fn objects_are_called_by_their_names() {
    let mut wrong = Vec::new();
    for (statement, rule, expected) in SAID {
        let said = said("--postgres 16", GIVEN, statement, rule);
        if !said.contains(expected) || said.contains("public.") {
            wrong.push(format!("{statement}\n  {expected}\n  is not in\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_view_reads_with_its_owners_rights_before_15() {
    let rename = "ALTER TABLE users RENAME TO clients;";
    let said = said("--postgres 14", GIVEN, rename, "rename-table");
    assert!(said.contains("CREATE VIEW users AS SELECT * FROM clients;"), "{said}");
}

#[test]
fn a_runner_that_begins_the_transaction_is_not_told_to() {
    let rename = "ALTER TABLE users RENAME TO clients;";
    let said = said("--in-transaction", GIVEN, rename, "rename-table");
    assert!(!said.contains("BEGIN") && !said.contains("COMMIT"), "{said}");
}

#[test]
fn of_what_was_not_seen_the_statement_says_what_it_is() {
    let statements = "ALTER TABLE numbers RENAME TO ids; ALTER SEQUENCE ids SET SCHEMA app;";
    let said = said("", "CREATE TABLE users (id bigint);", statements, "set-schema");
    assert!(said.contains("the sequence `ids`"), "{said}");
}

#[test]
fn two_types_that_are_not_known_have_no_time_zone() {
    let given = "CREATE TABLE pages (place geometry, vector vector(3));";
    let change = "ALTER TABLE pages ALTER COLUMN place TYPE geography;";
    let said = said("", given, change, "alter-type-unknown");
    assert!(said.contains("how the two are stored is not known here"), "{said}");
    assert!(!said.contains("zone") && !said.contains("--history"), "{said}");
    let project = Project::new().file("given.sql", given);
    project.write("a.sql", "ALTER TABLE pages ALTER COLUMN vector TYPE vector(4);");
    let rules = project.run("lint --format json --history given.sql a.sql").rules();
    assert!(!rules.iter().any(|rule| rule == "alter-type-narrowing"), "{rules:?}");
}

#[test]
fn a_constraint_that_comes_back_tightens_nothing() {
    let project =
        Project::new().file("given.sql", "CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0));");
    let phase = |sql: &str| {
        project.write("a.sql", sql);
        let run = project.run("plan --format json --history given.sql a.sql");
        run.json()["migrations"][0]["phase"].as_str().expect("a word").to_owned()
    };
    let swap = "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > -1) NOT VALID;";
    assert_eq!(phase(swap), "expand");
    let other = "ALTER TABLE t ADD CONSTRAINT d CHECK (a > -1), DROP CONSTRAINT c;";
    assert_eq!(phase(other), "contract");
    let written_first =
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > -1) NOT VALID, DROP CONSTRAINT c;";
    assert_eq!(phase(written_first), "expand");
}
