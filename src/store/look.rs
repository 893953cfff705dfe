//! The first look at a database: whether it has a ledger, what it is, and whether somebody else is
//! at work in it.

use super::LOCK;
use super::VERSION;
use super::append::Who;
use super::append::append_sql;
use super::error::StoreError;
use super::upgrade;
use crate::db::Row;
use crate::db::Session;
use crate::ledger::Deed;
use crate::ledger::Identity;
use crate::ledger::Moment;
use crate::ledger::State;

/// What a database says of itself.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether it has a ledger.
    pub has_ledger: bool,
    /// Its identity, but for the environment, which the configuration says.
    pub database: String,
    /// The cluster's `system_identifier`.
    pub system: String,
    /// Its clock.
    pub now: Moment,
    /// Whether the lock of who changes the schema was got.
    pub locked: bool,
    /// The server's version as a number, such as 150018.
    pub version: i64,
    /// It only follows another server.
    pub standby: bool,
}

impl Look {
    /// Its identity in an environment.
    pub fn identity(&self, environment: &str) -> Identity {
        Identity {
            environment: environment.to_owned(),
            database: self.database.clone(),
            system: self.system.clone(),
        }
    }
}

/// Looks, in one round trip, and takes the lock if that is asked and it is free. The lock is the
/// session's: it ends with it.
pub fn look(session: &Session, lock: bool) -> Result<Look, StoreError> {
    let locked = if lock { format!("pg_try_advisory_lock({LOCK})") } else { "false".to_owned() };
    let rows = session.greet(&format!(
        "SELECT to_regclass('migrate.ledger') IS NOT NULL, current_database(),
            (SELECT system_identifier FROM pg_control_system()),
            (extract(epoch FROM date_trunc('second', now.at)))::bigint * 1000000
                + (extract(microseconds FROM now.at AT TIME ZONE 'UTC'))::bigint % 1000000,
            {locked}, current_setting('server_version_num'), pg_is_in_recovery()
         FROM (SELECT clock_timestamp() AS at) AS now"
    ))?;
    rows.first().and_then(read).ok_or_else(|| StoreError::Malformed("no answer".to_owned()))
}

fn read(row: &Row) -> Option<Look> {
    Some(Look {
        has_ledger: row.get(0)? == "t",
        database: row.get(1)?.to_owned(),
        system: row.get(2)?.to_owned(),
        now: Moment(row.get(3)?.parse().ok()?),
        locked: row.get(4)? == "t",
        version: row.get(5)?.parse().ok()?,
        standby: row.get(6)? == "t",
    })
}

/// Makes the ledger, in one transaction with its first event.
pub fn install(
    session: &Session,
    look: &Look,
    environment: &str,
    who: &Who,
) -> Result<(), StoreError> {
    let made = "SELECT replace(gen_random_uuid()::text, '-', '')";
    let rows = session.rows(made)?;
    let ledger = rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned();
    let opened = Deed::Opened { ledger, identity: look.identity(environment) };
    let tables = format!("{}\n{}", include_str!("schema.sql"), upgrade::added(1));
    let first = append_sql(&opened, who, None, Some(0));
    let made = session.rows(&format!("BEGIN; {tables}\n{first}\nCOMMIT"));
    made.map(drop).map_err(|error| {
        // Where that fails too, the connection is gone, and the transaction with it.
        let _ = session.rows("ROLLBACK");
        StoreError::Db(error)
    })
}

/// Makes the three roles, and lets them in.
pub fn install_roles(session: &Session) -> Result<(), StoreError> {
    upgrade::upgrade(session)?;
    session.rows(include_str!("roles.sql")).map(drop).map_err(StoreError::Db)
}

/// Sees that a ledger is of this database and of tables that are known.
pub fn must_match(
    state: &State,
    version: u32,
    look: &Look,
    environment: &str,
) -> Result<(), StoreError> {
    if version > VERSION {
        return Err(StoreError::Newer { found: version, known: VERSION });
    }
    let ours = look.identity(environment);
    match &state.identity {
        Some(theirs) if *theirs == ours => Ok(()),
        theirs => Err(StoreError::Elsewhere {
            theirs: theirs.as_ref().map_or("no database".to_owned(), words),
            ours: words(&ours),
        }),
    }
}

fn words(identity: &Identity) -> String {
    let Identity { environment, database, system } = identity;
    format!("database `{database}` of {environment} (cluster {system})")
}
