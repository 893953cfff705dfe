//! Many runs at once: one works, the others wait and say so.

use super::Test;
use super::crashes::CHANGES;
use super::crashes::STEPS;
use super::holds;
use super::project::Project;
use super::project::Run;
use super::project::book;
use super::project::catalog;
use super::project::comes;
use super::project::database;
use super::project::done_once;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::process::Child;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("together::eight_on_an_empty_database", eight_on_an_empty_database),
    ("together::the_one_at_work_is_killed", the_one_at_work_is_killed),
    ("together::readers_of_the_ledger_never_see_half", readers_of_the_ledger_never_see_half),
];

/// The changes of the crashes, and one that takes long enough to be waited for.
fn project() -> Project {
    let project = Project::new(CHANGES);
    project.write("09_slow", "SELECT pg_sleep(1.5);");
    project
}

fn start_eight(project: &Project, address: &str) -> Result<Vec<Child>, String> {
    (0..8).map(|_| project.expand(address, &[]).spawn().map_err(said)).collect()
}

fn ends(children: Vec<Child>) -> Result<Vec<Run>, String> {
    let run = |child: Child| {
        let output = child.wait_with_output().map_err(said)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (out, err) = (text(output.stdout), text(output.stderr));
        Ok(Run { code: output.status.code(), out, err })
    };
    children.into_iter().map(run).collect()
}

/// The catalog after a run that is alone.
fn alone(server: &Server, project: &Project, name: &str) -> Result<String, String> {
    let (address, session) = database(server, name)?;
    project.ends(&address, &[], 0, "13 steps of 9 changes done")?;
    catalog(&session)
}

fn is_whole(session: &Session, address: &str, wanted: &str) -> Result<(), String> {
    done_once(session, STEPS + 1)?;
    holds(catalog(session)? == wanted, || "the catalog is another".to_owned())?;
    book(address).map(drop)
}

fn eight_on_an_empty_database(server: &Server) -> Result<(), String> {
    let project = project();
    let wanted = alone(server, &project, "eight_alone")?;
    let (address, session) = database(server, "eight")?;
    let runs = ends(start_eight(&project, &address)?)?;
    holds(runs.iter().all(|run| run.code == Some(0)), || format!("{runs:?}"))?;
    let worked = runs.iter().filter(|run| run.out.contains("13 steps of 9 changes done")).count();
    let patient = runs.iter().filter(|run| {
        let said = run.err.contains("another run is at work (migrate/");
        said && run.err.contains(", process ") && run.out.contains("nothing is due")
    });
    holds(worked == 1 && patient.count() == 7, || format!("{worked} worked: {runs:?}"))?;
    is_whole(&session, &address, &wanted)
}

fn the_one_at_work_is_killed(server: &Server) -> Result<(), String> {
    let project = project();
    let wanted = alone(server, &project, "killed_alone")?;
    for (number, step) in ["07_mood", "09_slow"].into_iter().enumerate() {
        let (address, session) = database(server, &format!("killed_{number}"))?;
        let mut children = start_eight(&project, &address)?;
        // The ledger is there, and the run is at this step or past it.
        comes(&session, "SELECT to_regclass('migrate.ledger') IS NOT NULL", "t")?;
        comes(
            &session,
            &format!(
                "SELECT count(*) > 0 FROM pg_stat_activity
                 WHERE datname = current_database() AND state = 'active' AND query ~ 'pg_sleep'
                    AND pid <> pg_backend_pid() OR '{step}' < '09' AND EXISTS
                    (SELECT FROM migrate.ledger WHERE change ~ '04_drop')"
            ),
            "t",
        )?;
        let name = session.text(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND granted AND datname = current_database()",
        );
        let name = name.map_err(|error| reason(&error))?;
        let process = name.trim().strip_prefix("migrate/").unwrap_or_default();
        let process = u32::from_str_radix(process, 16).map_err(|_| format!("`{name}`"))?;
        let at = children.iter().position(|child| child.id() == process);
        let mut killed = children.remove(at.ok_or("nobody of ours is at work")?);
        let dead = killed.kill();
        killed.wait().and(dead).map_err(said)?;
        let runs = ends(children)?;
        holds(runs.iter().all(|run| run.code == Some(0)), || format!("{runs:?}"))?;
        is_whole(&session, &address, &wanted).map_err(|why| format!("{step}: {why}"))?;
    }
    Ok(())
}

/// Who reads a ledger while others write finds it whole.
fn readers_of_the_ledger_never_see_half(server: &Server) -> Result<(), String> {
    let project = Project::new(&[("01_base", "CREATE TABLE shop (id int);")]);
    let (address, session) = database(server, "half")?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    let writer = server.session("half").map_err(|error| reason(&error))?;
    let write = std::thread::spawn(move || {
        writer.run_each(
            &"SELECT migrate.append('freeze.lifted', '{\"reason\": \"x\"}', 'a', 'b');"
                .repeat(3000),
        )
    });
    let mut reads = 0;
    while !write.is_finished() {
        project.ends(&address, &[], 0, "nothing is due")?;
        book(&address)?;
        reads += 1;
    }
    write.join().map_err(|_| "the writer fell")??;
    holds(reads > 5, || format!("{reads} reads"))?;
    drop(session);
    Ok(())
}
