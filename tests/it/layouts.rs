//! The layouts: each recognised without a word, in its order, its forward part only, and with the
//! transactions that its tool makes.

use super::project::Project;
use serde_json::Value;

/// A project of one tool, and what is to be seen in it.
struct Layout {
    /// Its name in the output.
    id: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The tables that its forward part makes, in order.
    tables: &'static [&'static str],
    /// What the server says of `CREATE INDEX CONCURRENTLY` in a file of its own with one more
    /// statement: `25001` where the tool makes a transaction of the file.
    wraps: bool,
}

const PAIR: &str = "CREATE TABLE z (i int); CREATE INDEX CONCURRENTLY y ON x (i);";

const LAYOUTS: &[Layout] = &[
    Layout {
        id: "native",
        files: &[
            ("migrations/20240101000000_a/expand.sql", "CREATE TABLE a (i int);"),
            ("migrations/20240101000000_a/migrate.sql", "CREATE TABLE b (i int);"),
            ("migrations/20240101000000_a/contract.sql", "CREATE TABLE c (i int);"),
            ("migrations/20240101000000_a/expand.undo.sql", "DROP TABLE a;"),
            ("migrations/20240102000000_b/expand.sql", "CREATE TABLE d (i int);"),
        ],
        tables: &["a", "b", "c", "d"],
        wraps: false,
    },
    Layout {
        id: "golang-migrate",
        files: &[
            ("db/migrations/10_b.up.sql", "CREATE TABLE b (i int);"),
            ("db/migrations/9_a.up.sql", "CREATE TABLE a (i int);"),
            ("db/migrations/9_a.down.sql", "DROP TABLE a;"),
            ("go.mod", "require github.com/golang-migrate/migrate/v4 v4.17.0\n"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "sqlx",
        files: &[
            ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n"),
            ("migrations/20240101000000_a.sql", "CREATE TABLE a (i int);"),
            ("migrations/20240102000000_b.up.sql", "CREATE TABLE b (i int);"),
            ("migrations/20240102000000_b.down.sql", "DROP TABLE b;"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "dbmate",
        files: &[(
            "db/migrations/20240101000000_a.sql",
            "-- migrate:up\nCREATE TABLE a (i int);\n-- migrate:down\nDROP TABLE a;\n",
        )],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "goose",
        files: &[(
            "sql/00001_a.sql",
            "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE a (i int);\n\
             -- +goose StatementEnd\nCREATE TABLE b (i int);\n-- +goose Down\nDROP TABLE a;\n",
        )],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "sql-migrate",
        files: &[
            ("dbconfig.yml", "development:\n  dialect: postgres\n  datasource: x\n  dir: sql\n"),
            (
                "sql/1_a.sql",
                "-- +migrate Up\nCREATE TABLE a (i int);\n-- +migrate Down\nDROP TABLE a;\n",
            ),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "flyway",
        files: &[
            ("src/main/resources/db/migration/V10__b.sql", "CREATE TABLE b (i int);"),
            ("src/main/resources/db/migration/V2_1__a.sql", "CREATE TABLE a (i int);"),
            ("src/main/resources/db/migration/U2_1__a.sql", "DROP TABLE a;"),
            ("src/main/resources/db/migration/R__c.sql", "CREATE TABLE c (i int);"),
        ],
        tables: &["a", "b", "c"],
        wraps: true,
    },
    Layout {
        id: "refinery",
        files: &[
            ("Cargo.toml", "[dependencies]\nrefinery = \"0.8\"\n"),
            ("migrations/V1__a.sql", "CREATE TABLE a (i int);"),
            ("migrations/U2__b.sql", "CREATE TABLE b (i int);"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "diesel",
        files: &[
            ("diesel.toml", ""),
            ("migrations/2024-01-02-000000_b/up.sql", "CREATE TABLE b (i int);"),
            ("migrations/2024-01-01-000000_a/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/2024-01-01-000000_a/down.sql", "DROP TABLE a;"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "prisma",
        files: &[
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n"),
            ("prisma/migrations/20240101000000_a/migration.sql", "CREATE TABLE a (i int);"),
            ("prisma/migrations/20240102000000_b/migration.sql", "CREATE TABLE b (i int);"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "drizzle",
        files: &[
            (
                "drizzle/meta/_journal.json",
                "{\"dialect\": \"postgresql\", \"entries\": [{\"tag\": \"0001_b\", \"when\": 1}, \
                 {\"tag\": \"0000_a\", \"when\": 2}]}",
            ),
            (
                "drizzle/0001_b.sql",
                "CREATE TABLE b (i int);--> statement-breakpoint\nCREATE TABLE c (i int);",
            ),
            ("drizzle/0000_a.sql", "CREATE TABLE a (i int);"),
        ],
        tables: &["b", "c", "a"],
        wraps: true,
    },
    Layout {
        id: "drizzle",
        files: &[
            ("drizzle/20240101000000_a/snapshot.json", "{\"dialect\": \"postgres\"}"),
            ("drizzle/20240101000000_a/migration.sql", "CREATE TABLE a (i int);"),
            ("drizzle/20240102000000_b/snapshot.json", "{\"dialect\": \"postgres\"}"),
            ("drizzle/20240102000000_b/migration.sql", "CREATE TABLE b (i int);"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "supabase",
        files: &[
            ("supabase/config.toml", "project_id = \"x\"\n"),
            ("supabase/migrations/20240101000000_a.sql", "CREATE TABLE a (i int);"),
        ],
        tables: &["a"],
        wraps: false,
    },
    Layout {
        id: "atlas",
        files: &[
            ("migrations/atlas.sum", "h1:x\n20240101000000_a.sql h1:y\n"),
            ("migrations/20240101000000_a.sql", "CREATE TABLE a (i int);"),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "sqitch",
        files: &[
            (
                "sqitch.plan",
                "%syntax-version=1.0.0\n%project=x\n\nb 2024-01-01T00:00:00Z a <a@b> # b\n\
                 a [b] 2024-01-02T00:00:00Z a <a@b> # a\n",
            ),
            ("sqitch.conf", "[core]\n\tengine = pg\n"),
            ("deploy/a.sql", "BEGIN;\nCREATE TABLE a (i int);\nCOMMIT;\n"),
            ("deploy/b.sql", "\\set x 1\nCREATE TABLE b (i int);\n"),
            ("revert/a.sql", "DROP TABLE a;"),
        ],
        tables: &["b", "a"],
        wraps: false,
    },
    Layout {
        id: "graphile-migrate",
        files: &[
            (".gmrc", "{}"),
            (
                "migrations/committed/000001.sql",
                "--! Previous: -\n--! Hash: sha1:x\n\nCREATE TABLE a (i int);\n",
            ),
            ("migrations/current.sql", "CREATE TABLE b (i int);\n"),
        ],
        tables: &["a", "b"],
        wraps: true,
    },
    Layout {
        id: "node-pg-migrate",
        files: &[
            ("package.json", "{\"dependencies\": {\"node-pg-migrate\": \"7\"}}"),
            (
                "migrations/1700000000000_a.sql",
                "-- Up Migration\nCREATE TABLE a (i int);\n\n-- Down Migration\nDROP TABLE a;\n",
            ),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "tern",
        files: &[
            ("tern.conf", "[database]\n"),
            (
                "001_a.sql",
                "CREATE TABLE {{.prefix}}a (i int);\n---- create above / drop below ----\n\
                 DROP TABLE a;\n",
            ),
        ],
        tables: &["___prefix__a"],
        wraps: true,
    },
    Layout {
        id: "hasura",
        files: &[
            ("config.yaml", "version: 3\nmetadata_directory: metadata\n"),
            ("migrations/default/1600000000000_a/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/default/1600000000000_a/down.sql", "DROP TABLE a;"),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "sourcegraph",
        files: &[
            ("migrations/frontend/1000/metadata.yaml", "name: a\nparents: []\n"),
            ("migrations/frontend/1000/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/frontend/1000/down.sql", "DROP TABLE a;"),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "liquibase",
        files: &[(
            "db/changelog/001.sql",
            "--liquibase formatted sql\n\n--changeset me:1\nCREATE TABLE a (i int);\n\
             --rollback DROP TABLE a;\n\n--changeset me:2 dbms:mysql\nCREATE TABLE b (i int);\n",
        )],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "pop",
        files: &[
            ("migrations/20240101000000_a.postgres.up.sql", "CREATE TABLE a (i int);"),
            ("migrations/20240101000000_a.mysql.up.sql", "CREATE TABLE m (i int);"),
            ("migrations/20240101000000_a.postgres.down.sql", "DROP TABLE a;"),
        ],
        tables: &["a"],
        wraps: true,
    },
    Layout {
        id: "plain",
        files: &[
            ("migrations/2_b.sql", "CREATE TABLE b (i int);"),
            ("migrations/1_a.sql", "CREATE TABLE a (i int);"),
            ("migrations/10_c.sql", "CREATE TABLE c (i int);"),
        ],
        tables: &["a", "b", "c"],
        wraps: false,
    },
    Layout {
        id: "plain",
        files: &[
            ("app/migrations/sql/0002-b.sql", "CREATE TABLE b (i int);"),
            ("app/migrations/sql/0001-a.sql", "CREATE TABLE a (i int);"),
            ("app/migrations/sql/0003-c.sql", "CREATE TABLE c (i int);"),
            ("app/migrations/sql/0004-d.sql", "CREATE TABLE d (i int);"),
            ("app/migrations/sql/later-e.sql", "CREATE TABLE e (i int);"),
        ],
        tables: &["a", "b", "c", "d", "e"],
        wraps: false,
    },
    Layout {
        id: "plain",
        files: &[
            ("migrations/postgres/V0010.Second.up.sql", "CREATE TABLE b (i int);"),
            ("migrations/postgres/V0009.First.up.sql", "CREATE TABLE a (i int);"),
            ("migrations/postgres/V0009.First.down.sql", "DROP TABLE a;"),
        ],
        tables: &["a", "b"],
        wraps: false,
    },
    Layout {
        id: "plain",
        files: &[
            ("store/migration/postgres/0.22/00__b.sql", "CREATE TABLE b (i int);"),
            ("store/migration/postgres/0.22/01__c.sql", "CREATE TABLE c (i int);"),
            ("store/migration/postgres/0.9/00__a.sql", "CREATE TABLE a (i int);"),
        ],
        tables: &["a", "b", "c"],
        wraps: false,
    },
];

impl Layout {
    fn project(&self) -> Project {
        let project = Project::new();
        for (path, text) in self.files {
            project.write(path, text);
        }
        project
    }
}

#[test]
fn each_layout_is_recognised_and_says_why() {
    for layout in LAYOUTS {
        let run = layout.project().run("lint --explain-layout");
        assert_eq!(run.code, 0, "{}: {}", layout.id, run.err);
        let mut lines = run.out.lines();
        let line = lines.next().unwrap_or_default();
        assert!(line.contains(&format!(": {}: ", layout.id)), "{}: {}", layout.id, run.out);
        assert_eq!(lines.next(), None, "{}: one project, not more:\n{}", layout.id, run.out);
    }
}

/// The tables that a plan makes, in order.
fn tables(plan: &Value) -> Vec<String> {
    let migrations = plan["migrations"].as_array().expect("a list").iter();
    let statements = migrations.flat_map(|file| file["statements"].as_array().expect("a list"));
    let made = statements.filter(|statement| statement["kind"] == "create-table");
    let name = |statement: &Value| {
        let sql = statement["sql"].as_str().expect("a string");
        sql.split_whitespace().nth(2).expect("a name").to_owned()
    };
    made.map(name).collect()
}

#[test]
fn the_forward_part_runs_in_the_order_of_the_tool() {
    for layout in LAYOUTS {
        let run = layout.project().run("plan --format json");
        let plan = run.json();
        let found = tables(&plan);
        let expected: Vec<String> =
            layout.tables.iter().map(|table| table.replace("___prefix__", "{{.prefix}}")).collect();
        assert_eq!(found, expected, "{}", layout.id);
        assert!(!run.out.contains("DROP TABLE"), "{}: what runs backward is not judged", layout.id);
    }
}

#[test]
fn the_transactions_are_those_of_the_tool() {
    for layout in LAYOUTS {
        let project = layout.project();
        let makes_a = |(_, text): &&(&str, &str)| text.contains("a (i int)");
        let (path, text) = layout.files.iter().rfind(makes_a).expect("it makes a table");
        let script = text.replace("CREATE TABLE a (i int);", PAIR);
        let script = script.replace("CREATE TABLE {{.prefix}}a (i int);", PAIR);
        assert_ne!(*text, script, "{}: the statement is put in", layout.id);
        project.write(path, script.replace("BEGIN;\n", "").replace("COMMIT;\n", ""));
        let run = project.run("plan --format json");
        let refused = run.out.contains("\"25001\"");
        assert_eq!(refused, layout.wraps, "{}", layout.id);
    }
}

/// Files of a layout, a statement put in place of `@`, that ask to run outside of a transaction;
/// and whether a second statement in the file is refused all the same.
type Mark = (&'static str, &'static [(&'static str, &'static str)], bool);

const MARKS: &[Mark] = &[
    ("dbmate", &[("db/migrations/1_a.sql", "-- migrate:up transaction:false\n@\n")], true),
    ("goose", &[("sql/1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n@\n")], false),
    ("sql-migrate", &[("sql/1_a.sql", "-- +migrate Up notransaction\n@\n")], false),
    (
        "sqlx",
        &[("Cargo.toml", "sqlx = \"1\""), ("migrations/1_a.sql", "-- no-transaction\n@\n")],
        true,
    ),
    (
        "diesel",
        &[
            ("diesel.toml", ""),
            ("migrations/2024-01-01-000000_a/metadata.toml", "run_in_transaction = false\n"),
            ("migrations/2024-01-01-000000_a/up.sql", "@\n"),
        ],
        true,
    ),
    ("atlas", &[("m/atlas.sum", "h1:x\n"), ("m/1_a.sql", "-- atlas:txmode none\n\n@\n")], false),
    (
        "flyway",
        &[
            ("src/main/resources/db/migration/V1__a.sql", "@\n"),
            ("src/main/resources/db/migration/V1__a.sql.conf", "executeInTransaction=false"),
        ],
        false,
    ),
    (
        "graphile-migrate",
        &[
            (".gmrc", "{}"),
            (
                "migrations/committed/000001.sql",
                "--! Previous: -\n--! Hash: x\n--! no-transaction\n@\n",
            ),
        ],
        true,
    ),
    ("tern", &[("tern.conf", ""), ("001_a.sql", "---- tern: disable-tx ----\n@\n")], false),
    (
        "liquibase",
        &[("c/1.sql", "--liquibase formatted sql\n--changeset a:1 runInTransaction:false\n@\n")],
        false,
    ),
];

#[test]
fn marks_against_transactions_are_obeyed() {
    let one = "CREATE INDEX CONCURRENTLY y ON x (i);";
    let two = "SELECT 1; CREATE INDEX CONCURRENTLY y ON x (i);";
    for (id, files, refused) in MARKS {
        for (script, expected) in [(one, false), (two, *refused)] {
            let project = Project::new();
            for (path, text) in *files {
                project.write(path, text.replace('@', script));
            }
            let layout = project.run("lint --explain-layout").out;
            assert!(layout.contains(&format!(": {id}: ")), "{id}: {layout}");
            let run = project.run("plan --format json");
            assert_eq!(run.out.contains("\"25001\""), expected, "{id}: {script}\n{}", run.out);
        }
    }
}

#[test]
fn migrations_of_other_servers_are_left_out() {
    for (path, text) in [
        ("db/mysql/migrations/001_a.sql", "CREATE TABLE a (i int);"),
        ("migrations/001_a.sql", "CREATE TABLE `a` (i int AUTO_INCREMENT) ENGINE=InnoDB;"),
        ("migrations/001_a.sql", "CREATE TABLE a (i INTEGER PRIMARY KEY AUTOINCREMENT);"),
        ("migrations/001_a.sql", "CREATE TABLE a (i UInt8) ENGINE = MergeTree ORDER BY i;"),
        ("prisma/migrations/migration_lock.toml", "provider = \"mysql\"\n"),
    ] {
        let project = Project::new().file(path, text);
        if path.contains("prisma") {
            project.write("prisma/migrations/20240101000000_a/migration.sql", "CREATE TABLE a();");
        }
        let run = project.run("lint --explain-layout");
        assert!(run.out.contains("left out"), "{path}: {} {}", run.out, run.err);
        assert_eq!(project.run("lint").code, 0, "{path}");
    }
}
