//! The batches of backfills on a server: run twice, in two ranges, they leave what the plain
//! statement leaves, and the second time there is nothing to do.

use crate::backfills;
use crate::backfills::Case;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::job::Job;
use migrate::job::Work;
use std::sync::Arc;

const ROWS: &str = "
INSERT INTO teams SELECT n, 'team ' || n, CASE WHEN n % 3 > 0 THEN 'T' || n END, n
  FROM generate_series(1, 20) n;
INSERT INTO users (id, email, email_lower, name, nick, plan, status, team_id, score, total, price,
  doc, meta, tags, token, seen, created_at, active, migrated, balance, kind, version, left_at)
  SELECT n, CASE WHEN n % 4 > 0 THEN ' Mail' || n || '@A.b ' END,
    CASE WHEN n % 5 = 0 THEN 'x' WHEN n % 7 = 0 THEN '' END, 'Name ' || n,
    CASE WHEN n % 3 = 0 THEN (ARRAY['nick', '', '-a_long_nick-'])[1 + n / 3 % 3] END,
    (ARRAY['free', 'trial', 'gold', NULL])[1 + n % 4],
    (ARRAY['open', 'closed', NULL])[1 + n % 3]::state,
    CASE WHEN n % 6 > 0 THEN n % 25 END, CASE WHEN n % 5 > 0 THEN n % 17 - 3 END,
    CASE WHEN n % 2 = 0 THEN round(n * 1.19, 2) END, n + 0.333,
    CASE WHEN n % 2 = 0 THEN '{}'::json END,
    '{}', ARRAY['a'], CASE WHEN n % 2 = 0 THEN gen_random_uuid() END,
    CASE WHEN n % 2 = 0 THEN '2026-01-01 10:11:12+00'::timestamptz + n * interval '1 minute' END,
    '2026-01-01', n % 2 = 0, (ARRAY[true, false, NULL])[1 + n % 3], n, 'k', n % 3,
    '2026-01-01 10:11:12'::timestamp
  FROM generate_series(1, 100) n;
INSERT INTO orders SELECT n, n % 120, CASE WHEN n % 9 > 0 THEN n END,
    (ARRAY['gone', 'closed', 'open'])[1 + n % 3] FROM generate_series(1, 300) n;
INSERT INTO profiles SELECT n, 'old', n FROM generate_series(1, 100, 7) n;
INSERT INTO countries (name) VALUES ('free');
INSERT INTO archive SELECT * FROM orders WHERE id % 10 = 0;
INSERT INTO alike SELECT n, 1.0, 1.00, 1.1, 1.5, '24 hours', jsonb_build_object('a', 1.0), '-0',
  '{1.0}', '[1.0,2.0]', 'A' || n, 'A' || n, 'a' || n, 'open'
  FROM generate_series(1, 100) n;
INSERT INTO nodes SELECT n, nullif(n / 2, 0), n % 3 = 0 FROM generate_series(1, 100) n;
INSERT INTO branches SELECT n, CASE WHEN n > 90 THEN 1 END, n BETWEEN 30 AND 70
  FROM generate_series(1, 100) n;
INSERT INTO crews SELECT n, n % 10 FROM generate_series(1, 100) n;
INSERT INTO members SELECT n, n, n % 10 FROM generate_series(1, 90, 3) n;
INSERT INTO lent SELECT n, n, n % 10 FROM generate_series(1, 90, 30) n;
INSERT INTO shown (id, up, label, grp) SELECT n, n - 1, CASE WHEN n % 2 = 0 THEN 'l' || n END, n % 5
  FROM generate_series(1, 100) n;
INSERT INTO accounts SELECT n, 'eu', CASE WHEN n % 2 = 0 THEN 'n' END
  FROM generate_series(1, 100) n;
";

pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let start = start.clone();
    let planned = start.clone();
    vec![
        Trial::test(format!("{major}: backfills in batches, twice"), move || run(&start())),
        Trial::test(format!("{major}: backfills in batches, planned by a catalog"), move || {
            plan(&planned())
        }),
    ]
}

/// The catalog knows which columns are never empty; the files of the change do not.
fn plan(server: &Server) -> Result<(), Failed> {
    server.database("backfills_planned")?.run(backfills::given())?;
    let folder = tempfile::tempdir()?;
    let change = folder.path().join("migrations/20260105090000_fill");
    std::fs::create_dir_all(&change)?;
    let sql = "UPDATE users SET nick = lower(name) WHERE nick IS NULL;";
    std::fs::write(change.join("migrate.sql"), sql)?;
    let words = ["backfill", "plan", "--change", "fill"];
    let told = |more: &[&str]| -> Result<String, Failed> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_migrate"));
        let ran = command.args(words).args(more).current_dir(folder.path()).output()?;
        if !ran.status.success() {
            return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
        }
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let known = told(&["--database-url", &server.address("backfills_planned")])?;
    let unseen = told(&[])?;
    let batch = "WHERE (nick IS NULL) AND (<a range of users>);";
    if known.contains(batch) && !unseen.contains(batch) {
        return Ok(());
    }
    Err(format!("{known}\n{unseen}").into())
}

fn run(server: &Server) -> Result<(), Failed> {
    let session = server.database("backfills_in_batches")?;
    session.run(backfills::given())?;
    session.run(ROWS)?;
    for case in backfills::cases().iter().filter(|case| case.expected.starts_with("accepted")) {
        let work = backfills::worked(&case.sql);
        let Ok([Work::Batches(job)]) = work.as_deref() else {
            return Err(format!("{}: {work:?}", case.name).into());
        };
        one(&session, case, job).map_err(|why| format!("{}: {}\n{why}", case.name, case.sql))?;
    }
    Ok(())
}

fn one(session: &Session, case: &Case, job: &Job) -> Result<(), String> {
    let begin = |how: &str| session.run(how).map_err(|error| reason(&error));
    begin("BEGIN")?;
    let statement = case.sql.trim().trim_end_matches(';');
    session.affected(statement)?;
    let plain = content(session)?;
    begin("ROLLBACK; BEGIN")?;
    let half = if job.walked.name == "orders" { 150 } else { 50 };
    let ranges = [("<=", half), (">", half)].map(|(is, at)| format!("{}.id {is} {at}", job.alias));
    let mut first = 0;
    for range in &ranges {
        first += session.affected(&job.batch(range))?;
    }
    let once = content(session)?;
    let mut again = 0;
    for range in &ranges {
        again += session.affected(&job.batch(range))?;
    }
    let twice = content(session)?;
    let left = match &job.rest {
        Some(rest) => {
            let count = format!(
                "SELECT count(*)::text FROM {} AS {} WHERE {rest}",
                job.walked.to_sql(),
                job.alias
            );
            session.rows(&count)?.concat().concat()
        }
        None => "0".to_owned(),
    };
    begin("ROLLBACK")?;
    let same = case.expected.contains("anew") || plain == once;
    let checks = [
        (same, "the batches leave something else than the statement"),
        (once == twice, "a second run changes something"),
        (job.rest.is_none() || again == 0, "a second run finds rows"),
        (left == "0", "the rest is not false of all rows"),
        (first > 0, "no row was written: the case shows nothing"),
    ];
    match checks.iter().find(|(held, _)| !held) {
        Some((_, why)) => Err(format!("{why}: {first} rows, then {again}, {left} left")),
        None => Ok(()),
    }
}

/// All rows of all tables, in an order of their own.
fn content(session: &Session) -> Result<String, String> {
    const TABLES: &str = "users teams orders profiles countries archive accounts parted alike \
                          nodes branches crews members lent shown";
    let all = TABLES.split(' ').map(|table| {
        let row = if table == "countries" { "t.name" } else { "t" };
        format!("(SELECT string_agg(({row})::text, E'\\n' ORDER BY ({row})::text) FROM {table} t)")
    });
    let all: Vec<String> = all.collect();
    let query = format!("SELECT concat_ws(E'\\n==\\n', {})", all.join(", "));
    Ok(session.rows(&query)?.concat().concat())
}
