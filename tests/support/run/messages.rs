//! How often a run waits for the server.

use super::Test;
use super::holds;
use super::project::AT_WORK;
use super::project::Project;
use super::project::comes;
use super::project::database;
use super::project::done_once;
use super::proxy::Proxy;
use crate::server::Server;
use crate::server::Session;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("messages::nothing_is_due", nothing_is_due),
    ("messages::steps_in_transactions", steps_in_transactions),
];

/// So many changes with a step each that is a transaction.
fn project(count: usize) -> Project {
    let project = Project::new(&[]);
    for number in 1..=count {
        let sql = format!("CREATE TABLE t{number} (id int);\n");
        project.write(&format!("{number:02}_t"), &sql);
    }
    project
}

/// How many messages of a run wait for an answer once it is connected.
fn messages(
    project: &Project,
    address: &str,
    session: &Session,
    says: &str,
) -> Result<usize, String> {
    // The last run's session ends a moment after its program: nobody is to wait for that.
    comes(session, AT_WORK, "0")?;
    let proxy = Proxy::start(address, None)?;
    project.ends(&proxy.address(address), &[], 0, says)?;
    holds(proxy.messages() <= proxy.all_messages(), || "it counts wrong".to_owned())?;
    Ok(proxy.messages())
}

fn nothing_is_due(server: &Server) -> Result<(), String> {
    let (address, session) = database(server, "messages_none")?;
    let project = project(30);
    messages(&project, &address, &session, "30 steps of 30 changes done")?;
    let count = messages(&project, &address, &session, "nothing is due")?;
    holds(count <= 3, || format!("{count} messages"))
}

fn steps_in_transactions(server: &Server) -> Result<(), String> {
    let (address, session) = database(server, "messages_steps")?;
    let first = messages(&project(10), &address, &session, "10 steps of 10 changes done")?;
    holds(first <= 5 + 2 * 10, || format!("{first} messages for a ledger and 10 steps"))?;
    let count = messages(&project(40), &address, &session, "30 steps of 30 changes done")?;
    holds(count <= 2 + 2 * 30, || format!("{count} messages for 30 steps"))?;
    done_once(&session, 40)
}
