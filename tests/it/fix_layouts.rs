//! `--fix` in each layout: `CONCURRENTLY` goes with the mark that keeps the runner from wrapping
//! the file; where there is none, or the mark would hold for more, the file is left.

use super::project::Project;

/// A project of which the last migration builds an index, or has one built concurrently in vain.
struct Case {
    layout: &'static str,
    /// What was deployed, and files beside it.
    given: &'static [(&'static str, &'static str)],
    file: &'static str,
    before: &'static str,
    /// The file after, and one beside it; else why nothing is done.
    after: Result<&'static [(&'static str, &'static str)], &'static str>,
}

const CASES: &[Case] = &[
    Case {
        layout: "native",
        given: &[("migrations/20240101000000_a/expand.sql", "CREATE TABLE a (i int);")],
        file: "migrations/20240102000000_b/expand.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[(
            "migrations/20240102000000_b/expand.sql",
            "CREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "golang-migrate",
        given: &[
            ("go.mod", "require github.com/golang-migrate/migrate/v4 v4.17.0\n"),
            ("db/migrations/1_a.up.sql", "CREATE TABLE a (i int);"),
        ],
        file: "db/migrations/2_b.up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[("db/migrations/2_b.up.sql", "CREATE INDEX CONCURRENTLY y ON a (i);")]),
    },
    Case {
        layout: "golang-migrate",
        given: &[
            ("go.mod", "require github.com/golang-migrate/migrate/v4 v4.17.0\n"),
            ("db/migrations/1_a.up.sql", "CREATE TABLE a (i int);"),
        ],
        file: "db/migrations/2_b.up.sql",
        before: "SET lock_timeout = '2s';\nCREATE INDEX y ON a (i);",
        after: Err("`concurrently-in-transaction` would find something then"),
    },
    Case {
        layout: "sqlx",
        given: &[
            ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n"),
            ("migrations/1_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/2_b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[(
            "migrations/2_b.sql",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "dbmate",
        given: &[("db/migrations/1_a.sql", "-- migrate:up\nCREATE TABLE a (i int);\n")],
        file: "db/migrations/2_b.sql",
        before: "-- migrate:up\nCREATE INDEX y ON a (i);\n-- migrate:down\nDROP INDEX y;\n",
        after: Ok(&[(
            "db/migrations/2_b.sql",
            "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY y ON a (i);\n\
             -- migrate:down\nDROP INDEX y;\n",
        )]),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- why\n-- +goose Up\nCREATE INDEX y ON a (i);\n-- +goose Down\nDROP INDEX y;\n",
        after: Ok(&[(
            "sql/2_b.sql",
            "-- why\n-- +goose NO TRANSACTION\n-- +goose Up\n\
             CREATE INDEX CONCURRENTLY y ON a (i);\n-- +goose Down\nDROP INDEX y;\n",
        )]),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +goose Up\nCREATE INDEX CONCURRENTLY y ON a (i);\n",
        after: Ok(&[(
            "sql/2_b.sql",
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY y ON a (i);\n",
        )]),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +goose Up\nCREATE INDEX y ON a (i);\n-- +goose Down\nDROP INDEX y;\n\
                 SELECT 1;\n",
        after: Err("the mark would hold for the part that runs backward too"),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +goose Up\nCREATE INDEX y ON a (i);\nCREATE INDEX z ON a (i);\n",
        after: Err("other statements of the file would lose their transaction"),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +goose Up\nALTER TABLE a ADD CONSTRAINT c CHECK (i > 0);\n",
        after: Ok(&[
            (
                "sql/2_b.sql",
                "-- +goose Up\nALTER TABLE a ADD CONSTRAINT c CHECK (i > 0) NOT VALID;\n",
            ),
            ("sql/3_b_validate.sql", "-- +goose Up\nALTER TABLE a VALIDATE CONSTRAINT c;\n"),
        ]),
    },
    Case {
        layout: "goose",
        given: &[("sql/1_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n\
                 ALTER TABLE a ADD CONSTRAINT c CHECK (i > 0);\n-- +goose StatementEnd\n",
        after: Ok(&[
            (
                "sql/2_b.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n\
                 ALTER TABLE a ADD CONSTRAINT c CHECK (i > 0) NOT VALID;\n\
                 -- +goose StatementEnd\n",
            ),
            ("sql/3_b_validate.sql", "-- +goose Up\nALTER TABLE a VALIDATE CONSTRAINT c;\n"),
        ]),
    },
    Case {
        layout: "dbmate",
        given: &[(
            "db/migrations/20240101000000_a.sql",
            "-- migrate:up\nCREATE TABLE a (i int);\n",
        )],
        file: "db/migrations/20240102000009_b.sql",
        before: "-- migrate:up\nALTER TABLE a ADD CONSTRAINT c CHECK (i > 0);\n\
                 -- migrate:down\nSELECT 1;\n",
        after: Ok(&[
            (
                "db/migrations/20240102000009_b.sql",
                "-- migrate:up\nALTER TABLE a ADD CONSTRAINT c CHECK (i > 0) NOT VALID;\n\
                 -- migrate:down\nSELECT 1;\n",
            ),
            (
                "db/migrations/20240102000010_b_validate.sql",
                "-- migrate:up\nALTER TABLE a VALIDATE CONSTRAINT c;\n\n-- migrate:down\n",
            ),
        ]),
    },
    Case {
        layout: "dbmate",
        given: &[(
            "db/migrations/20240101000000_a.sql",
            "-- migrate:up\nCREATE TABLE a (i int);\n",
        )],
        file: "db/migrations/20240102000059_b.sql",
        before: "-- migrate:up\nALTER TABLE a ADD CONSTRAINT c CHECK (i > 0);\n",
        after: Err("has to be made by hand"),
    },
    Case {
        layout: "dbmate",
        given: &[("db/migrations/1_a.sql", "-- migrate:up\nCREATE TABLE a (i int);\n")],
        file: "db/migrations/2_b.sql",
        before: "-- migrate:up\nALTER TABLE a ADD UNIQUE (i);\n-- migrate:down\nSELECT 1;\n",
        after: Err("what runs backward would have to be divided as well"),
    },
    Case {
        layout: "sqlx",
        given: &[
            ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n"),
            ("migrations/1_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/2_b.sql",
        before: "ALTER TABLE a ADD UNIQUE (i);",
        after: Ok(&[
            (
                "migrations/2_b.sql",
                "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY a_i_key ON a (i);",
            ),
            (
                "migrations/3_b_constraint.sql",
                "ALTER TABLE a ADD CONSTRAINT a_i_key UNIQUE USING INDEX a_i_key;\n",
            ),
        ]),
    },
    Case {
        layout: "sqlx",
        given: &[
            ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n"),
            ("migrations/1_a.up.sql", "CREATE TABLE a (i int);"),
            ("migrations/2_b.down.sql", "SELECT 1;"),
        ],
        file: "migrations/2_b.up.sql",
        before: "ALTER TABLE a ADD CONSTRAINT c CHECK (i > 0);",
        after: Err("has to be made by hand"),
    },
    Case {
        layout: "sql-migrate",
        given: &[("sql/1_a.sql", "-- +migrate Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +migrate Up\nALTER TABLE a ADD CHECK (i > 0);\n",
        after: Ok(&[
            (
                "sql/2_b.sql",
                "-- +migrate Up\nALTER TABLE a ADD CONSTRAINT a_i_check CHECK (i > 0) NOT VALID;\n",
            ),
            (
                "sql/3_b_validate.sql",
                "-- +migrate Up\nALTER TABLE a VALIDATE CONSTRAINT a_i_check;\n",
            ),
        ]),
    },
    Case {
        layout: "supabase",
        given: &[
            ("supabase/config.toml", ""),
            ("supabase/migrations/1_a.sql", "CREATE TABLE a (i int);\n"),
        ],
        file: "supabase/migrations/2_b.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);\n",
        after: Ok(&[
            (
                "supabase/migrations/2_b.sql",
                "ALTER TABLE a ADD CONSTRAINT a_i_check CHECK (i > 0) NOT VALID;\n",
            ),
            (
                "supabase/migrations/3_b_validate.sql",
                "ALTER TABLE a VALIDATE CONSTRAINT a_i_check;\n",
            ),
        ]),
    },
    Case {
        layout: "flyway",
        given: &[("resources/db/migration/V1__a.sql", "CREATE TABLE a (i int);\n")],
        file: "resources/db/migration/V2__b.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);\n",
        after: Ok(&[
            (
                "resources/db/migration/V2__b.sql",
                "ALTER TABLE a ADD CONSTRAINT a_i_check CHECK (i > 0) NOT VALID;\n",
            ),
            (
                "resources/db/migration/V3__b_validate.sql",
                "ALTER TABLE a VALIDATE CONSTRAINT a_i_check;\n",
            ),
        ]),
    },
    Case {
        layout: "refinery",
        given: &[
            ("Cargo.toml", "[dependencies]\nrefinery = \"0.8\"\n"),
            ("migrations/V1__a.sql", "CREATE TABLE a (i int);\n"),
        ],
        file: "migrations/V2__b.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);\n",
        after: Ok(&[
            (
                "migrations/V2__b.sql",
                "ALTER TABLE a ADD CONSTRAINT a_i_check CHECK (i > 0) NOT VALID;\n",
            ),
            ("migrations/V3__b_validate.sql", "ALTER TABLE a VALIDATE CONSTRAINT a_i_check;\n"),
        ]),
    },
    Case {
        layout: "tern",
        given: &[("tern.conf", ""), ("001_a.sql", "CREATE TABLE a (i int);\n")],
        file: "002_b.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);\n",
        after: Ok(&[
            ("002_b.sql", "ALTER TABLE a ADD CONSTRAINT a_i_check CHECK (i > 0) NOT VALID;\n"),
            ("003_b_validate.sql", "ALTER TABLE a VALIDATE CONSTRAINT a_i_check;\n"),
        ]),
    },
    Case {
        layout: "flyway",
        given: &[
            ("resources/db/migration/V1.1__a.sql", "CREATE TABLE a (i int);"),
            ("resources/db/migration/R__v.sql", "SELECT 1;"),
        ],
        file: "resources/db/migration/V1.2__b.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);",
        after: Err("has to be made by hand"),
    },
    Case {
        layout: "golang-migrate",
        given: &[("db/migrations/1_a.up.sql", "CREATE TABLE a (i int);")],
        file: "db/migrations/2_b.up.sql",
        before: "ALTER TABLE a ADD CHECK (i > 0);",
        after: Err("has to be made by hand"),
    },
    Case {
        layout: "sql-migrate",
        given: &[("sql/1_a.sql", "-- +migrate Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +migrate Up\nDROP INDEX IF EXISTS y;\nSET lock_timeout = '2s';\n\
                 CREATE INDEX y ON a (i);\n",
        after: Err("other statements of the file would lose their transaction"),
    },
    Case {
        layout: "sql-migrate",
        given: &[("sql/1_a.sql", "-- +migrate Up\nCREATE TABLE a (i int);\n")],
        file: "sql/2_b.sql",
        before: "-- +migrate Up\r\nCREATE INDEX y ON a (i);\r\n",
        after: Ok(&[(
            "sql/2_b.sql",
            "-- +migrate Up notransaction\r\nCREATE INDEX CONCURRENTLY y ON a (i);\r\n",
        )]),
    },
    Case {
        layout: "flyway",
        given: &[("resources/db/migration/V1__a.sql", "CREATE TABLE a (i int);")],
        file: "resources/db/migration/V2__b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("Flyway's own transaction would keep it waiting"),
    },
    Case {
        layout: "flyway",
        given: &[("resources/db/migration/V1__a.sql", "CREATE TABLE a (i int);")],
        file: "resources/db/migration/R__b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("the file runs again whenever it changes"),
    },
    Case {
        layout: "refinery",
        given: &[
            ("Cargo.toml", "[dependencies]\nrefinery = \"0.8\"\n"),
            ("migrations/V1__a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/V2__b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("refinery wraps every file"),
    },
    Case {
        layout: "diesel",
        given: &[
            ("diesel.toml", ""),
            ("migrations/2024-01-01-000000_a/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/2024-01-02-000000_b/down.sql", "DROP INDEX y;"),
        ],
        file: "migrations/2024-01-02-000000_b/up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[
            ("migrations/2024-01-02-000000_b/up.sql", "CREATE INDEX CONCURRENTLY y ON a (i);"),
            ("migrations/2024-01-02-000000_b/metadata.toml", "run_in_transaction = false\n"),
        ]),
    },
    Case {
        layout: "diesel",
        given: &[
            ("diesel.toml", ""),
            ("migrations/2024-01-01-000000_a/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/2024-01-02-000000_b/down.sql", "DROP INDEX y;\nSELECT 1;"),
        ],
        file: "migrations/2024-01-02-000000_b/up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("`metadata.toml` holds for `down.sql` too"),
    },
    Case {
        layout: "prisma",
        given: &[
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n"),
            ("prisma/migrations/20240101000000_a/migration.sql", "CREATE TABLE a (i int);"),
        ],
        file: "prisma/migrations/20240102000000_b/migration.sql",
        before: "-- CreateIndex\nCREATE INDEX \"y\" ON \"a\"(\"i\");\n",
        after: Ok(&[(
            "prisma/migrations/20240102000000_b/migration.sql",
            "-- CreateIndex\nCREATE INDEX CONCURRENTLY \"y\" ON \"a\"(\"i\");\n",
        )]),
    },
    Case {
        layout: "drizzle",
        given: &[
            (
                "drizzle/meta/_journal.json",
                "{\"dialect\": \"postgresql\", \
                 \"entries\": [{\"tag\": \"0_a\"}, {\"tag\": \"1_b\"}]}",
            ),
            ("drizzle/0_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "drizzle/1_b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("Drizzle runs all that is pending in one transaction"),
    },
    Case {
        layout: "supabase",
        given: &[
            ("supabase/config.toml", "project_id = \"x\"\n"),
            ("supabase/migrations/20240101000000_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "supabase/migrations/20240102000000_b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[(
            "supabase/migrations/20240102000000_b.sql",
            "CREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "atlas",
        given: &[
            ("migrations/atlas.sum", "h1:x\n"),
            ("migrations/20240101000000_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/20240102000000_b.sql",
        before: "-- Create index\nCREATE INDEX y ON a (i);",
        after: Ok(&[(
            "migrations/20240102000000_b.sql",
            "-- atlas:txmode none\n\n-- Create index\nCREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "sqitch",
        given: &[
            (
                "sqitch.plan",
                "%project=x\n\na 2024-01-01T00:00:00Z m <m@m> # a\n\
                 b 2024-01-01T00:00:00Z m <m@m> # b\n",
            ),
            ("deploy/a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "deploy/b.sql",
        before: "BEGIN;\nCREATE INDEX y ON a (i);\nCOMMIT;\n",
        after: Err("it stands between BEGIN and COMMIT"),
    },
    Case {
        layout: "graphile-migrate",
        given: &[
            (".gmrc", "{}"),
            ("migrations/committed/000001.sql", "--! Previous: -\n\nCREATE TABLE a (i int);"),
        ],
        file: "migrations/current.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[(
            "migrations/current.sql",
            "--! no-transaction\nCREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "graphile-migrate",
        given: &[
            (".gmrc", "{}"),
            ("migrations/committed/000001.sql", "--! Previous: -\n\nCREATE TABLE a (i int);"),
        ],
        file: "migrations/committed/000002.sql",
        before: "--! Previous: x\n--! Hash: y\n\nCREATE INDEX y ON a (i);",
        after: Err("it is committed, and its hash stands in it"),
    },
    Case {
        layout: "node-pg-migrate",
        given: &[
            ("package.json", "{\"dependencies\": {\"node-pg-migrate\": \"7\"}}"),
            ("migrations/1_a.sql", "-- Up Migration\nCREATE TABLE a (i int);\n"),
        ],
        file: "migrations/2_b.sql",
        before: "-- Up Migration\nCREATE INDEX y ON a (i);\n",
        after: Err("node-pg-migrate wraps every SQL file"),
    },
    Case {
        layout: "tern",
        given: &[("tern.conf", "[database]\n"), ("001_a.sql", "CREATE TABLE a (i int);\n")],
        file: "002_b.sql",
        before: "CREATE INDEX y ON a (i);\n---- create above / drop below ----\nDROP INDEX y;\n",
        after: Ok(&[(
            "002_b.sql",
            "---- tern: disable-tx ----\nCREATE INDEX CONCURRENTLY y ON a (i);\n\
             ---- create above / drop below ----\nDROP INDEX y;\n",
        )]),
    },
    Case {
        layout: "hasura",
        given: &[
            ("config.yaml", "version: 3\nmetadata_directory: metadata\n"),
            ("migrations/default/1600000000000_a/up.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/default/1600000000001_b/up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[(
            "migrations/default/1600000000001_b/up.sql",
            "CREATE INDEX CONCURRENTLY y ON a (i);",
        )]),
    },
    Case {
        layout: "sourcegraph",
        given: &[
            ("migrations/frontend/1000/metadata.yaml", "name: a\nparents: []\n"),
            ("migrations/frontend/1000/up.sql", "CREATE TABLE a (i int);"),
            ("migrations/frontend/1001/metadata.yaml", "name: b\nparents: [1000]"),
        ],
        file: "migrations/frontend/1001/up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Ok(&[
            ("migrations/frontend/1001/up.sql", "CREATE INDEX CONCURRENTLY y ON a (i);"),
            (
                "migrations/frontend/1001/metadata.yaml",
                "name: b\nparents: [1000]\ncreateIndexConcurrently: true\n",
            ),
        ]),
    },
    Case {
        layout: "liquibase",
        given: &[(
            "db/1.sql",
            "--liquibase formatted sql\n--changeset me:1\nCREATE TABLE a (i int);\n",
        )],
        file: "db/2.sql",
        before: "--liquibase formatted sql\n--changeset me:2\nCREATE INDEX y ON a (i);\n",
        after: Ok(&[(
            "db/2.sql",
            "--liquibase formatted sql\n--changeset me:2 runInTransaction:false\n\
             CREATE INDEX CONCURRENTLY y ON a (i);\n",
        )]),
    },
    Case {
        layout: "pop",
        given: &[("migrations/1_a.postgres.up.sql", "CREATE TABLE a (i int);")],
        file: "migrations/2_b.postgres.up.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("has to be called `….autocommit.up.sql`"),
    },
    Case {
        layout: "plain",
        given: &[
            ("migrate.toml", "[[project]]\npath = \"migrations\"\ntransaction = true\n"),
            ("migrations/1_a.sql", "CREATE TABLE a (i int);"),
        ],
        file: "migrations/2_b.sql",
        before: "CREATE INDEX y ON a (i);",
        after: Err("nothing in the file or beside it tells its runner not to wrap it"),
    },
];

#[test]
fn each_layout_gets_its_mark_or_is_left() {
    for case in CASES {
        let project = Project::new();
        for (path, text) in case.given {
            project.write(path, text);
        }
        project.write(case.file, case.before);
        let words = format!("lint --fix {}", case.file);
        let run = project.run(&words);
        let what = format!("{}: {}\n{}{}", case.layout, case.before, run.out, run.err);
        let layout = project.run(&format!("lint --explain-layout {}", case.file)).out;
        assert!(layout.contains(&format!(": {}: ", case.layout)), "{what}{layout}");
        match case.after {
            Ok(files) => {
                assert_eq!(run.code, 0, "{what}");
                for (path, text) in files {
                    assert_eq!(project.read(path), *text, "{what}");
                }
                let again = project.run(&words);
                assert_eq!(again.code, 0, "{}{}", again.out, again.err);
                assert_eq!(again.err, "", "{what}");
            }
            Err(why) => {
                assert_eq!(run.code, 3, "{what}");
                assert_eq!(project.read(case.file), case.before, "{what}");
                assert!(run.err.contains("not fixed: ") && run.err.contains(why), "{what}");
            }
        }
    }
}

#[test]
fn no_layout_is_forgotten() {
    for layout in migrate::migration::layouts() {
        let id = layout.id();
        assert!(CASES.iter().any(|case| case.layout == id), "{id}");
    }
}

#[test]
fn what_is_to_be_done_by_hand_is_told() {
    let project = Project::new()
        .file("migrations/atlas.sum", "h1:x\n")
        .file("migrations/1_a.sql", "CREATE TABLE a (i int);")
        .file("migrations/2_b.sql", "CREATE INDEX y ON a (i);");
    let run = project.run("lint --fix --since 1");
    assert!(run.err.contains("note: `atlas migrate hash`"), "{}", run.err);
}
