//! Indexes of the name that a step makes, which are somebody else's: waited for, or refused, and
//! never dropped.

use super::Test;
use super::alone::INDEX;
use super::alone::based;
use super::alone::gives;
use super::holds;
use super::project::begin;
use super::project::comes;
use super::project::done_once;
use super::project::end;
use super::project::until;
use super::said;
use crate::server::Server;
use crate::server::reason;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("taken::what_another_session_builds_is_waited_for", another_builds),
    ("taken::what_is_anothers_is_not_dropped", anothers_is_not_dropped),
    ("taken::what_is_another_does_not_count", another_does_not_count),
];

const STEP: &str = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON shop (name);";

fn another_builds(server: &Server) -> Result<(), String> {
    for (name, elsewhere) in [("taken_same", false), ("taken_elsewhere", true)] {
        let (project, address, session) = based(server, name, STEP)?;
        session.run("CREATE TABLE other (name text)").map_err(|error| reason(&error))?;
        let table = if elsewhere { "other" } else { "shop" };
        let holder = server.session(name).map_err(|error| reason(&error))?;
        holder.run_each(&format!("BEGIN; INSERT INTO {table} (name) SELECT 'a' LIMIT 0"))?;
        let builder = server.session(name).map_err(|error| reason(&error))?;
        let build = format!("CREATE INDEX CONCURRENTLY i ON {table} (name)");
        let thread = std::thread::spawn(move || builder.run(&build).map_err(|e| reason(&e)));
        comes(&session, INDEX, "1|f")?;
        let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
        let text = until(&mut lines, if elsewhere { "taken (42P07)" } else { "waits for" })?;
        holds(elsewhere || text.contains("CREATE INDEX"), || text.clone())?;
        holder.run("COMMIT").map_err(|error| reason(&error))?;
        thread.join().map_err(|_| "the builder is gone")??;
        let run = end(child, lines, &text)?;
        let code = if elsewhere { Some(1) } else { Some(0) };
        holds(run.code == code && !run.err.contains("is removed"), || format!("{run:?}"))?;
        gives(&session, INDEX, "1|t")?;
        done_once(&session, if elsewhere { 1 } else { 2 })?;
    }
    Ok(())
}

fn anothers_is_not_dropped(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY i ON shop (name);";
    let (project, address, session) = based(server, "taken_invalid", sql)?;
    session.run_each("CREATE TABLE other AS SELECT 1 AS a FROM generate_series(1, 2)")?;
    for table in ["other (a)", "shop ((id % 2))"] {
        let build = format!("CREATE UNIQUE INDEX CONCURRENTLY i ON {table}");
        holds(session.run(&build).is_err(), || "there are no duplicates".to_owned())?;
        let run = project.ends(&address, &[], 1, "there is an invalid index, CREATE UNIQUE")?;
        let says = "give the new one another name, or drop or rename by hand what is there";
        holds(run.err.contains(says), || run.err)?;
        gives(&session, INDEX, "1|f")?;
        session.run("DROP INDEX i").map_err(|error| reason(&error))?;
    }
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    done_once(&session, 2)
}

fn another_does_not_count(server: &Server) -> Result<(), String> {
    let (project, address, session) = based(server, "taken_there", STEP)?;
    session.run("CREATE TABLE other (name text)").map_err(|error| reason(&error))?;
    let whole = STEP.replace("CONCURRENTLY ", "");
    let block = format!("BEGIN; CREATE TABLE new (id int); {whole} COMMIT;");
    for (there, drop) in [
        ("CREATE INDEX i ON shop (id)", "INDEX"),
        ("CREATE UNIQUE INDEX i ON shop (name, id)", "INDEX"),
        ("CREATE INDEX i ON shop (name) WHERE id > 1", "INDEX"),
        ("CREATE INDEX i ON shop USING hash (name)", "INDEX"),
        ("CREATE INDEX i ON other (name)", "INDEX"),
        ("CREATE TABLE i (id int)", "TABLE"),
    ] {
        session.run(there).map_err(|error| reason(&error))?;
        for sql in [STEP, &whole, &block] {
            project.write("02_more", sql);
            let ended = project.ends(&address, &[], 1, "42P07");
            let run = ended.map_err(|why| format!("{there}, {sql}: {why}"))?;
            holds(run.err.contains(if drop == "INDEX" { "CREATE" } else { "a table" }), || {
                run.err
            })?;
        }
        session.run(&format!("DROP {drop} i")).map_err(|error| reason(&error))?;
    }
    // Nor does one that is not whole, which only what runs alone makes anew.
    session.run_each("INSERT INTO shop VALUES (90, 'a'), (91, 'a')")?;
    let failed = session.run("CREATE UNIQUE INDEX CONCURRENTLY i ON shop (name)");
    holds(failed.is_err(), || "there are no duplicates".to_owned())?;
    project.write("02_more", &whole);
    project.ends(&address, &[], 1, "there is an invalid index")?;
    session.run("DROP INDEX i").map_err(said)?;
    session.run("CREATE INDEX i ON shop ((name), lower(name))").map_err(said)?;
    project.write("02_more", &whole.replace("(name)", "(name, lower(name))"));
    project.ends(&address, &[], 0, "1 step of 1 change done").map(drop)
}
