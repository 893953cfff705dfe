//! `migrate new` with a recipe: the files that it writes, which lint has nothing against, and what
//! it does not write.

use super::golden;
use super::project::Project;
use super::project::Run;
use std::fmt::Write;
use std::fs;

/// What is there, and the words of a recipe: the files stand in `tests/data/recipes/`.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("rename-plain", "CREATE TABLE t (id bigint PRIMARY KEY, a text);", "--rename-column t.a b"),
    (
        "rename-with-all",
        "CREATE TABLE orgs (id bigint PRIMARY KEY);
         CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL DEFAULT 'x' UNIQUE,
           org bigint, CONSTRAINT users_email_check CHECK (email <> ''));
         CREATE INDEX users_email_lower ON users (lower(email), org) WHERE email IS NOT NULL;",
        "--rename-column users.email mail",
    ),
    (
        "rename-foreign-key",
        "CREATE TABLE orgs (id bigint PRIMARY KEY);
         CREATE TABLE users (id bigint PRIMARY KEY, org bigint REFERENCES orgs (id));
         CREATE INDEX users_org ON users (org);",
        "--rename-column public.users.org organisation",
    ),
    (
        "rename-quoted",
        "CREATE SCHEMA app;
         CREATE TABLE app.\"Order\" (\"id\" bigint PRIMARY KEY, \"itemId\" numeric(10, 2) NOT NULL);
         CREATE INDEX \"Order_itemId\" ON app.\"Order\" (\"itemId\" DESC);",
        "--rename-column app.\"Order\".\"itemId\" \"articleId\"",
    ),
    (
        "rename-with-others",
        "CREATE TABLE t (id bigint PRIMARY KEY, z int NOT NULL, a text NOT NULL,
           CONSTRAINT t_a_z_key UNIQUE (z, a), CONSTRAINT either CHECK (z > 0 OR a IS NOT NULL),
           CONSTRAINT filled CHECK (a IS NOT NULL), CONSTRAINT short CHECK (length(a) < 9));
         ALTER TABLE t REPLICA IDENTITY USING INDEX t_a_z_key, CLUSTER ON t_a_z_key;",
        "--rename-column t.a b",
    ),
    (
        "rename-domain",
        "CREATE DOMAIN code AS text DEFAULT 'none'; CREATE TABLE t (id int PRIMARY KEY, a code);",
        "--rename-column t.a b",
    ),
    (
        "type-from-domain",
        "CREATE DOMAIN code AS text NOT NULL DEFAULT 'none' CHECK (VALUE <> '');
         CREATE TABLE t (id int PRIMARY KEY, a code);",
        "--change-type t.a text",
    ),
    (
        "type-of-identity",
        "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL);
         CREATE UNIQUE INDEX t_n ON t (n); ALTER TABLE t REPLICA IDENTITY USING INDEX t_n;",
        "--change-type t.n numeric --using n*2 --back n_new/2",
    ),
    (
        "rename-serial",
        "CREATE TABLE t (id bigint PRIMARY KEY, n serial);",
        "--rename-column t.n number",
    ),
    (
        "rename-partitioned",
        "CREATE TABLE t (id bigint, k date, a text COLLATE \"C\" CHECK (a > ''))
           PARTITION BY RANGE (k);",
        "--rename-column t.a b",
    ),
    (
        "type-with-all",
        "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 7 CHECK (n > 0) UNIQUE);",
        "--change-type t.n bigint",
    ),
    (
        "type-quoted-serial",
        "CREATE TABLE \"T\" (id bigint PRIMARY KEY, \"N\" serial);",
        "--change-type \"T\".\"N\" bigint",
    ),
    (
        "type-by-expressions",
        "CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL, b boolean);",
        "--change-type t.a numeric(10,2) --using nullif(a,'')::numeric --back NULL",
    ),
    (
        "drop-old",
        "CREATE TABLE t (id bigint PRIMARY KEY, n_old int, n bigint);
         CREATE FUNCTION migrate_sync_t_n() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.n_old := NEW.n::integer;
  RETURN NEW;
END $$;
         CREATE TRIGGER zzz_migrate_n_type BEFORE INSERT OR UPDATE ON t
           FOR EACH ROW WHEN (NEW.n_old IS DISTINCT FROM NEW.n::integer)
           EXECUTE FUNCTION migrate_sync_t_n();",
        "--drop-old t.n_old",
    ),
    (
        "not-null-filled",
        "CREATE TABLE t (id bigint PRIMARY KEY, a text);",
        "--set-not-null t.a --fill 'n'||id",
    ),
    ("not-null", "CREATE TABLE t (id bigint PRIMARY KEY, a text);", "--set-not-null t.a"),
];

/// A project with one migration of what is there.
fn given(sql: &str) -> Project {
    Project::new().file("migrations/20200101000000_given/expand.sql", sql)
}

/// The files of the newest change, one after the other.
fn written(project: &Project) -> String {
    let folder = project.path().join("migrations");
    let entries = fs::read_dir(&folder).expect("it is there");
    let names = entries.map(|entry| entry.expect("read").file_name().display().to_string());
    let newest = names.max().expect("a change");
    let mut text = format!("== {}\n", &newest[15..]);
    let order = ["expand", "expand.undo", "migrate", "contract", "contract.undo"];
    for name in order.map(|name| format!("{name}.sql")).iter().chain([&"change.toml".to_owned()]) {
        if let Ok(file) = fs::read_to_string(folder.join(&newest).join(name)) {
            write!(text, "== {name}\n{file}").expect("a string takes all");
        }
    }
    text
}

#[test]
fn what_is_written_stands_in_files_and_lint_has_nothing_against_it() {
    let mut faults = String::new();
    for (name, sql, words) in WRITTEN {
        let project = given(sql);
        let run = project.run(&format!("new {words}"));
        assert_eq!(run.code, 0, "{name}: {}", run.err);
        let text = format!("{}{}", written(&project), run.err);
        if let Err(fault) = golden::check(&format!("tests/data/recipes/{name}.txt"), &text) {
            faults.push_str(&fault);
        }
        let found = project.run("lint --format json").json();
        let findings = found["findings"].as_array().expect("a list");
        let own = |path: &str| !path.contains("_given/");
        for finding in findings.iter().filter(|one| one["path"].as_str().is_some_and(own)) {
            let (rule, file) = (&finding["rule"], &finding["path"]);
            writeln!(faults, "{name}: {rule} in {file}: {}", finding["message"]).expect("taken");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

fn refused(sql: &str, words: &str) -> Run {
    let run = given(sql).run(&format!("new {words}"));
    assert_eq!(run.code, 2, "{words} on {sql}: {}", run.out);
    run
}

/// What is there, the words of a recipe, and what is said against them.
const REFUSED: &[(&str, &str, &str)] = &[
    ("CREATE TABLE t (a int);", "--rename-column t b", "is not TABLE.COLUMN"),
    ("CREATE TABLE t (a int);", "--rename-column t.a b-c", "is no name as SQL writes it"),
    ("CREATE TABLE users (a int);", "--rename-column user.a b", "did you mean `users`?"),
    ("CREATE TABLE t (email int);", "--rename-column t.emial b", "did you mean `email`?"),
    ("CREATE TABLE t (a int);", "--rename-column t.zzz b", "it has a"),
    ("CREATE TABLE t (a int, b int);", "--rename-column t.a b", "has a column `b` already"),
    ("CREATE TABLE t (a int PRIMARY KEY);", "--rename-column t.a b", "part of the primary key"),
    ("ALTER TABLE t ADD COLUMN a int;", "--rename-column t.a b", "--database-url"),
    (
        "CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1) STORED);",
        "--rename-column t.c b",
        "it is a generated column",
    ),
    (
        "CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1) STORED);",
        "--rename-column t.a b",
        "the column `c` is computed from it",
    ),
    (
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);",
        "--rename-column t.a b",
        "it is an identity column",
    ),
    (
        "CREATE TABLE t (a int UNIQUE); CREATE TABLE u (a int REFERENCES t (a));",
        "--rename-column t.a b",
        "the foreign key `u_a_fkey` of `public.u` references it",
    ),
    (
        "CREATE TABLE t (a int) PARTITION BY RANGE (a);",
        "--rename-column t.a b",
        "the table is partitioned by it",
    ),
    (
        "CREATE TABLE t (a int, k int) PARTITION BY RANGE (k); CREATE INDEX i ON t (a);",
        "--rename-column t.a b",
        "partition by partition",
    ),
    ("CREATE VIEW v AS SELECT 1 AS a;", "--rename-column v.a b", "it is no table"),
    (
        "CREATE TABLE t (a int); CREATE TABLE u () INHERITS (t);",
        "--rename-column t.a b",
        "tables inherit from it",
    ),
    (
        "CREATE TABLE t (a int UNIQUE DEFERRABLE);",
        "--rename-column t.a b",
        "the text of the constraint `t_a_key` is not known",
    ),
    (
        "CREATE DOMAIN d AS text NOT NULL; CREATE TABLE t (a d);",
        "--rename-column t.a b",
        "a domain with constraints",
    ),
    (
        "CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TABLE t (a int);",
        "--change-type t.a d",
        "take `integer`",
    ),
    (
        "CREATE DOMAIN d AS text NOT NULL; CREATE TABLE t (a d);",
        "--change-type t.a text",
        "give the column a default first",
    ),
    (
        "CREATE TABLE t (a text, z int, UNIQUE NULLS NOT DISTINCT (a, z));",
        "--rename-column t.a b",
        "rows may be alike to it",
    ),
    (
        "CREATE TABLE t (a text); CREATE UNIQUE INDEX i ON t (coalesce(a, ''));",
        "--rename-column t.a b",
        "rows may be alike to it",
    ),
    (
        "CREATE TABLE t (a text, z int); CREATE UNIQUE INDEX i ON t (z, lower(a));",
        "--rename-column t.a b",
        "the expand.sql that comes out of this could not be run: `CREATE UNIQUE INDEX",
    ),
];

const TEXT_TO_INT: &str = "--change-type t.a int --using a::int --back a::text";

/// What is over a column that gets another type, and is not surely the same over that one.
const NOT_CARRIED: &[(&str, &str, &str)] = &[
    ("CREATE TABLE t (a text CHECK (a <> 'bad'));", TEXT_TO_INT, "the constraint `t_a_check`"),
    ("CREATE TABLE t (a text); CREATE INDEX i ON t (lower(a));", TEXT_TO_INT, "`public.i`"),
    (
        "CREATE TABLE t (a text); CREATE INDEX i ON t (a text_pattern_ops);",
        TEXT_TO_INT,
        "`public.i`",
    ),
    ("CREATE TABLE t (a text); CREATE INDEX i ON t (a) WHERE a <> '';", TEXT_TO_INT, "`public.i`"),
    (
        "CREATE TABLE p (k text PRIMARY KEY); CREATE TABLE t (a text REFERENCES p);",
        TEXT_TO_INT,
        "the constraint `t_a_fkey`",
    ),
    (
        "CREATE TABLE t (a int CHECK (a / 2 > 1));",
        "--change-type t.a numeric",
        "the constraint `t_a_check`",
    ),
    (
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a);",
        "--change-type t.a json --using to_json(a) --back NULL",
        "the index `public.i`",
    ),
];

/// Expressions that cannot be meant.
const UNMEANT: &[(&str, &str, &str)] = &[
    (
        "CREATE TABLE t (a text, size int);",
        "--change-type t.a int --using sizes::int --back NULL",
        "has no column `sizes`: did you mean `size`?",
    ),
    (
        "CREATE TABLE t (a text);",
        "--change-type t.a int --using a_new::int --back NULL",
        "has no column `a_new`",
    ),
    ("CREATE TABLE t (a int);", "--set-not-null t.a --fill 'abc'", "it is no integer"),
    ("CREATE TABLE t (a int);", "--set-not-null t.a --fill true", "it is no integer"),
    ("CREATE TABLE t (a numeric);", "--set-not-null t.a --fill ''", "it is no numeric"),
    ("CREATE TABLE t (a date);", "--set-not-null t.a --fill 7", "it is no date"),
];

/// What is over a column and is surely the same over one of the new type.
const CARRIED: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (a text UNIQUE, z int, CHECK (a IS NOT NULL OR z > 1));
         CREATE INDEX i ON t (z, a DESC) WHERE a IS NOT NULL;",
        TEXT_TO_INT,
    ),
    (
        "CREATE TABLE t (a int, CHECK (a BETWEEN 1 AND 9 AND a <> 5)); CREATE INDEX i ON t (a);",
        "--change-type t.a numeric --back a::int",
    ),
    (
        "CREATE TABLE t (a varchar(9), CHECK (a <> '')); CREATE INDEX i ON t (lower(a));
         CREATE INDEX j ON t (a varchar_pattern_ops);",
        "--change-type t.a text --back a::varchar(9)",
    ),
];

#[test]
fn what_surely_says_the_same_of_another_type_is_carried_over() {
    for (sql, words) in CARRIED {
        let run = given(sql).run(&format!("new {words}"));
        assert_eq!(run.code, 0, "{words} on {sql}: {}", run.err);
    }
}

/// A change of type whose contract has not run: the new column follows.
const BEFORE_CUT_OVER: &str = "CREATE TABLE t (id bigint PRIMARY KEY, n int, n_new bigint);
CREATE FUNCTION migrate_sync_t_n() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.n_new := NEW.n::bigint;
  RETURN NEW;
END $$;
CREATE TRIGGER zzz_migrate_n_type BEFORE INSERT OR UPDATE ON t
  FOR EACH ROW WHEN (NEW.n_new IS DISTINCT FROM NEW.n::bigint)
  EXECUTE FUNCTION migrate_sync_t_n();";

/// Columns that triggers of `--set-not-null` fill in, one of which is called like an old one.
const FILLED: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a text, a_old text);
CREATE FUNCTION migrate_fill_t_a() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.a := 'n';
  RETURN NEW;
END $$;
CREATE TRIGGER zzz_migrate_a_fill BEFORE INSERT OR UPDATE ON t
  FOR EACH ROW WHEN (NEW.a IS NULL) EXECUTE FUNCTION migrate_fill_t_a();
CREATE FUNCTION migrate_fill_t_a_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.a_old := 'n';
  RETURN NEW;
END $$;
CREATE TRIGGER zzz_migrate_a_old_fill BEFORE INSERT OR UPDATE ON t
  FOR EACH ROW WHEN (NEW.a_old IS NULL) EXECUTE FUNCTION migrate_fill_t_a_old();";

/// The same of a column that gets another type, or takes no NULL.
const REFUSED_TOO: &[(&str, &str, &str)] = &[
    ("CREATE TABLE t (a int);", "--change-type t.a integer", "it is integer already"),
    ("CREATE TABLE t (a int);", "--change-type t.a serial", "it is no type of a column"),
    ("CREATE TABLE t (a int);", "--change-type t.a int,b", "it is no type of a column"),
    ("CREATE TABLE t (a text);", "--change-type t.a int", "say how with --using"),
    ("CREATE TABLE t (a int);", "--change-type t.a text", "say how with --back"),
    ("CREATE TABLE t (a timestamp);", "--change-type t.a timestamptz", "its own time zone"),
    ("CREATE TABLE t (a text);", "--change-type t.a varchar(3)", "cut what is too long"),
    ("CREATE TABLE t (a text);", "--change-type t.a int --using 1);DROP", "it is no expression"),
    (
        "CREATE TABLE t (a text);",
        "--change-type t.a int --using t.a::int",
        "name its columns without the table",
    ),
    ("CREATE TABLE t (a text);", "--change-type t.a int --using length($$x$$||a)", "it holds `$$`"),
    ("CREATE TABLE t (a int);", "--set-not-null t.a --fill $$x$$", "it holds `$$`"),
    ("CREATE TABLE t (a int);", "--drop-old t.a", "it is not the old column"),
    (BEFORE_CUT_OVER, "--drop-old t.n_new", "it is not the old column"),
    (BEFORE_CUT_OVER, "--drop-old t.n", "it is not the old column"),
    (FILLED, "--drop-old t.a", "it is not the old column"),
    (FILLED, "--drop-old t.a_old", "it is not the old column"),
    ("CREATE TABLE t (a int NOT NULL);", "--set-not-null t.a", "it takes no NULL already"),
    ("CREATE TABLE t (a int);", "--set-not-null t.a --using 1", "--change-type"),
    ("CREATE TABLE t (a int);", "--set-not-null t.a --change-type t.a text", "cannot be used"),
];

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_written() {
    let more = [REFUSED_TOO, NOT_CARRIED, UNMEANT].concat();
    for (sql, words, says) in REFUSED.iter().chain(&more) {
        let run = refused(sql, words);
        assert!(run.err.contains(says), "{words} on {sql}: {}", run.err);
    }
    let project = given("CREATE TABLE t (a int);");
    assert_eq!(project.run("new --rename-column t.x b").code, 2);
    let folder = fs::read_dir(project.path().join("migrations")).expect("it is there");
    assert_eq!(folder.count(), 1, "no folder is left behind");
}

#[test]
fn what_a_person_has_to_see_to_is_said() {
    let project = given(
        "CREATE TABLE t (id int PRIMARY KEY, a text);
         CREATE VIEW v AS SELECT a FROM t;
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql
           AS 'BEGIN NEW.a := 1; RETURN NEW; END';
         CREATE TRIGGER zzzz BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();
         CREATE POLICY own ON t USING (a = 'x');",
    );
    let run = project.run("new --rename-column t.a b");
    assert_eq!(run.code, 0, "{}", run.err);
    let text = written(&project);
    for what in ["the view `public.v`", "the trigger `zzzz` uses", "the policy `own`"] {
        assert!(run.err.contains(what), "{what}: {}", run.err);
        assert!(text.contains(&format!("-- Look: {what}")), "{what}: {text}");
    }
    assert!(run.err.contains("the function `public.f`"), "{}", run.err);
    assert!(run.err.contains("the trigger `zzzz` comes after those"), "{}", run.err);
}

/// What uses an old column is told, but for the trigger and the function that fill it in.
#[test]
fn what_uses_an_old_column_is_told() {
    let project = given(
        "CREATE TABLE t (id bigint PRIMARY KEY, n_old_2 int, n bigint, n_old int);
         CREATE FUNCTION migrate_sync_t_n() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.n_old_2 := NEW.n::integer;
  RETURN NEW;
END $$;
         CREATE TRIGGER zzz_migrate_n_type BEFORE INSERT OR UPDATE ON t
           FOR EACH ROW WHEN (NEW.n_old_2 IS DISTINCT FROM NEW.n::integer)
           EXECUTE FUNCTION migrate_sync_t_n();
         CREATE VIEW functions AS SELECT n_old_2 FROM t;
         CREATE FUNCTION olds() RETURNS bigint LANGUAGE sql AS 'SELECT sum(n_old_2) FROM t';",
    );
    let run = project.run("new --drop-old t.n_old_2");
    assert_eq!(run.code, 0, "{}", run.err);
    let told: Vec<&str> = run.err.lines().filter(|line| line.starts_with("warning: ")).collect();
    let uses = "uses n_old_2: see to it before the contract runs";
    let see_to = |what: &str| format!("warning: {what} {uses}");
    let wanted = ["the view `public.functions`", "the function `public.olds`"].map(see_to);
    assert_eq!(told, wanted);
}
