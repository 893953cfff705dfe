//! What only a real server can show: the stories run side by side with old and new code, the SQL of
//! the pages is PostgreSQL's, what findings advise does what it should, fixed files lead to the
//! same schema, sessions do what a runner needs, and what other tools ran is told. Without a
//! server these tests are ignored, loudly.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

#[path = "support/adopted.rs"]
mod adopted;
#[path = "support/advice.rs"]
mod advice;
#[path = "support/ahead.rs"]
mod ahead;
#[path = "support/asked.rs"]
mod asked;
#[path = "support/backfills.rs"]
mod backfills;
#[path = "support/catalogs.rs"]
mod catalogs;
#[path = "support/db.rs"]
mod db;
#[path = "support/demo.rs"]
mod demo;
#[path = "support/fences.rs"]
mod fences;
#[path = "support/fill.rs"]
mod fill;
#[path = "support/fixes.rs"]
mod fixes;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/jobs.rs"]
mod jobs;
#[path = "support/left_out.rs"]
mod left_out;
#[path = "support/life.rs"]
mod life;
#[path = "support/line.rs"]
mod line;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/observe.rs"]
mod observe;
#[path = "support/process.rs"]
mod process;
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[path = "support/run.rs"]
mod run;
#[path = "support/server.rs"]
mod server;
#[path = "support/stories.rs"]
mod stories;
#[path = "support/syntax.rs"]
mod syntax;
#[path = "support/throttled.rs"]
mod throttled;

use libtest_mimic::Arguments;
use server::Server;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::Mutex;

fn main() -> ExitCode {
    if let Some(code) = db::child() {
        return code;
    }
    let arguments = Arguments::from_args();
    let installs = server::installs();
    let mut trials = vec![left_out::trial()];
    trials.extend(db::own_trials(installs.first()));
    trials.extend(run::own_trials(installs.first()));
    trials.extend(life::own_trials(installs.first()));
    trials.extend(throttled::own_trials(installs.first()));
    if db::pgbouncer().is_none() {
        eprintln!(
            "\n*** PgBouncer was not found: tests with a pooler are IGNORED. Install it (Debian: \
             apt-get install pgbouncer), or name it in MIGRATE_PGBOUNCER.\n"
        );
    }
    let mut servers = Vec::new();
    if installs.is_empty() {
        eprintln!(
            "\n*** No PostgreSQL server was found: tests on a server are IGNORED. Install one \
             (Debian: apt-get install postgresql), or name its folder in MIGRATE_POSTGRES_BIN.\n"
        );
        let never = || -> Arc<Server> { unreachable!("an ignored test does not run") };
        let all = stories::trials(0, &never).into_iter().chain(syntax::trials(0, &never));
        let all = all.chain(advice::trials(0, &never)).chain(fixes::trials(0, &never));
        let all = all.chain(catalogs::trials(0, None, &never)).chain(db::trials(0, &never));
        let all = all.chain(adopted::trials(0, &never));
        let all = all.chain(run::trials(0, &never)).chain(jobs::trials(0, &never));
        let all = all.chain(demo::trials(None)).chain(rehearsal::trials(None));
        let all = all.chain(ahead::trials(None));
        let all = all.chain(life::trials(0, &never)).chain(throttled::trials(0, &never));
        let all = all.chain(fill::trials(0, &never)).chain(fill::own_trials(None));
        trials.extend(all.map(|trial| trial.with_ignored_flag(true)));
    }
    for install in installs {
        // Each server is started when its first test runs, and shared.
        let server: Shared = Arc::new(Mutex::new(None));
        servers.push(server.clone());
        let major = install.major;
        if install.program("pg_dump").is_none() {
            eprintln!(
                "*** PostgreSQL {major} came without pg_dump: tests of its dumps are IGNORED."
            );
        }
        let own = install.clone();
        let started = move || start(&server, &own);
        trials.extend(stories::trials(major, &started));
        trials.extend(syntax::trials(major, &started));
        trials.extend(advice::trials(major, &started));
        trials.extend(fixes::trials(major, &started));
        trials.extend(catalogs::trials(major, Some(&install), &started));
        trials.extend(db::trials(major, &started));
        trials.extend(adopted::trials(major, &started));
        trials.extend(run::trials(major, &started));
        trials.extend(jobs::trials(major, &started));
        trials.extend(demo::trials(Some(&install)));
        trials.extend(rehearsal::trials(Some(&install)));
        trials.extend(ahead::trials(Some(&install)));
        trials.extend(life::trials(major, &started));
        trials.extend(throttled::trials(major, &started));
        trials.extend(fill::trials(major, &started));
        trials.extend(fill::own_trials(Some(&install)));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for server in servers {
        // A test that failed may have left the lock behind; the server ends all the same.
        let mut held = server.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(held.take());
    }
    conclusion.exit_code()
}

/// A server that is started once.
type Shared = Arc<Mutex<Option<Arc<Server>>>>;

fn start(shared: &Shared, install: &server::Install) -> Arc<Server> {
    let mut held = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let server =
        held.get_or_insert_with(|| Arc::new(Server::start(install).expect("the server starts")));
    server.clone()
}
