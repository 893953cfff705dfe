//! Which files are not PostgreSQL's, so that nothing is said of `MySQL` in PostgreSQL's words.

use super::survey::Survey;

/// Words in paths and file names that say for which server the files are.
const OTHERS: &[&str] = &[
    "bigquery",
    "cassandra",
    "clickhouse",
    "cockroach",
    "cockroachdb",
    "d1",
    "db2",
    "duckdb",
    "h2",
    "hsql",
    "hsqldb",
    "libsql",
    "mariadb",
    "mssql",
    "mysql",
    "oracle",
    "snowflake",
    "spanner",
    "sqlite",
    "sqlite3",
    "sqlserver",
    "tidb",
    "trino",
    "turso",
];

/// The other server that a word stands for, if it is one.
pub(super) fn other_server(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    OTHERS.iter().copied().find(|other| *other == word)
}

/// The other server that a folder's path names: `db/mysql/migrations`, `riversqlite/migration`.
pub(super) fn of_path(path: &str) -> Option<&'static str> {
    let words = path.split(['/', '-', '_', '.']);
    words.clone().find_map(other_server).or_else(|| {
        // Longer names of servers are recognised inside of words too.
        let long = OTHERS.iter().copied().filter(|other| 5 <= other.len());
        let lower = path.to_ascii_lowercase();
        long.into_iter().find(|other| lower.contains(other))
    })
}

/// What only one server takes, in lower case.
const FOREIGN: &[(&str, &str)] = &[
    ("mergetree", "ClickHouse (MergeTree)"),
    ("lowcardinality(", "ClickHouse (LowCardinality)"),
    (" codec(", "ClickHouse (CODEC)"),
    ("on cluster ", "ClickHouse (ON CLUSTER)"),
    ("auto_increment", "MySQL (AUTO_INCREMENT)"),
    ("engine=innodb", "MySQL (ENGINE)"),
    ("engine = innodb", "MySQL (ENGINE)"),
    ("character set utf8", "MySQL (CHARACTER SET)"),
    ("autoincrement", "SQLite (AUTOINCREMENT)"),
    ("pragma ", "SQLite (PRAGMA)"),
    ("collate nocase", "SQLite (COLLATE NOCASE)"),
    ("sqlite_master", "SQLite (sqlite_master)"),
    ("without rowid", "SQLite (WITHOUT ROWID)"),
    ("insert or ignore", "SQLite (INSERT OR IGNORE)"),
    ("nvarchar", "SQL Server (NVARCHAR)"),
    ("[dbo]", "SQL Server ([dbo])"),
    ("varchar2", "Oracle (VARCHAR2)"),
];

/// What only PostgreSQL takes, in lower case.
const OURS: &[&str] = &[
    "jsonb",
    "timestamptz",
    "plpgsql",
    "$$",
    "bytea",
    " serial",
    "bigserial",
    "create extension",
    "concurrently",
    "uuid_generate_v4",
    "gen_random_uuid",
    "tsvector",
    "timestamp with time zone",
    "using gin",
];

/// How many files of a folder are looked into.
const FILES_MAX: usize = 24;

/// Why a folder's files are taken for another server's, going by their text.
pub(super) fn of_text(survey: &Survey, paths: &[String]) -> Option<&'static str> {
    let step = paths.len().div_ceil(FILES_MAX).max(1);
    let mut reason = None;
    for path in paths.iter().step_by(step) {
        let text = survey.text(path).unwrap_or_default().to_ascii_lowercase();
        if OURS.iter().any(|word| text.contains(word)) {
            return None;
        }
        let quoted = text.contains("create table `") || text.contains("alter table `");
        let found = FOREIGN.iter().find(|(word, _)| text.contains(word)).map(|(_, why)| *why);
        reason = reason.or(found).or(quoted.then_some("MySQL (names in backticks)"));
    }
    reason
}

/// Whether a file of this name is for another server: `3_users.mysql.up.sql`.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    name.split('.').skip(1).find_map(other_server)
}
