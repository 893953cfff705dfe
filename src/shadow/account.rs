//! Who a server runs as: never root, which PostgreSQL refuses.

use super::ShadowError;
use std::io;
use std::path::Path;
use std::process::Command;

/// Another user than the one who runs this, for the processes and files of a server.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    uid: u32,
    gid: u32,
}

/// Users whom nobody misses, in the order of liking. PostgreSQL asks for the name of its user, so
/// that a number alone is not enough.
const NAMES: &[&str] = &["postgres", "_postgres", "nobody"];

impl Account {
    /// The account for the server of a folder that was just made; `None` for that of its maker.
    #[cfg(unix)]
    pub(super) fn of(folder: &Path) -> Result<Option<Account>, ShadowError> {
        use std::fs;
        use std::os::unix::fs::MetadataExt;
        let maker = fs::metadata(folder).map_err(ShadowError::place(folder))?.uid();
        if maker != 0 {
            return Ok(None);
        }
        let file = Path::new("/etc/passwd");
        let users = fs::read_to_string(file).map_err(ShadowError::place(file))?;
        let found = NAMES.iter().find_map(|name| entry(&users, name));
        found.map(Some).ok_or(ShadowError::OnlyRoot)
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Path) -> Result<Option<Account>, ShadowError> {
        Err(ShadowError::Platform)
    }
}

/// The line of a user in a file of users.
#[cfg(unix)]
fn entry(users: &str, name: &str) -> Option<Account> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Account { name: name.to_owned(), uid, gid }).filter(|found| found.uid != 0)
}

/// Gives a file or folder to the account.
pub(super) fn give(path: &Path, account: Option<&Account>) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(account) = account {
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid))?;
    }
    Ok(())
}

/// A program to be run as the account, with nothing of the user's own settings of PostgreSQL, and
/// away from the user's terminal: what ends a program there is not meant for it.
pub(super) fn command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
    }
    command
}
