//! Whether something takes a migration back, in the way of its tool.

use super::survey::Tree;

/// Where a tool looks for what takes a migration back.
enum Way {
    /// In a file beside it, whose path differs in this.
    Beside(&'static str, &'static str),
    /// After a line in the same file that starts with this, whatever its case and blanks.
    Below(&'static str),
}

/// The ways of a layout; none where its tool knows no way back.
fn ways(layout: &str) -> &'static [Way] {
    use Way::Below;
    use Way::Beside;
    match layout {
        "native" => &[
            Beside("/expand.sql", "/expand.undo.sql"),
            Beside("/migrate.sql", "/migrate.undo.sql"),
            Beside("/contract.sql", "/contract.undo.sql"),
        ],
        "golang-migrate" | "pop" => &[Beside(".up.sql", ".down.sql")],
        "sqlx" | "node-pg-migrate" => &[Beside(".up.sql", ".down.sql"), Below("--downmigration")],
        "diesel" | "hasura" | "sourcegraph" => &[Beside("/up.sql", "/down.sql")],
        "flyway" => &[Beside("/V", "/U")],
        "sqitch" => &[Beside("deploy/", "revert/")],
        "dbmate" => &[Below("--migrate:down")],
        "goose" => &[Below("--+goosedown")],
        "sql-migrate" => &[Below("--+migratedown")],
        "liquibase" => &[Below("--rollback")],
        "tern" => &[Below("----createabove/dropbelow----")],
        _ => &[],
    }
}

/// Whether something takes a migration back; `None` where its tool knows no such thing.
pub fn has_undo(layout: &str, tree: &dyn Tree, entry_path: &str, text: &str) -> Option<bool> {
    let ways = ways(layout);
    let found = |way: &Way| match way {
        Way::Beside(this, other) => {
            let at = entry_path.rfind(this);
            let path = at.map(|at| {
                format!("{}{other}{}", &entry_path[..at], &entry_path[at + this.len()..])
            });
            path.is_some_and(|path| tree.paths().binary_search(&path).is_ok())
        }
        Way::Below(mark) => text.lines().any(|line| {
            let line: String = line.split_whitespace().collect();
            line.to_ascii_lowercase().starts_with(mark)
        }),
    };
    (!ways.is_empty()).then(|| ways.iter().any(found))
}
