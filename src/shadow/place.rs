//! The folder of one server: short enough for a socket, locked while its maker lives, swept away by
//! others after.

use super::ShadowError;
use super::account;
use super::account::Account;
use std::env;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use tempfile::TempDir;

/// How the names of these folders start.
const PREFIX: &str = "migrate-pg-";

/// The file that the maker of a folder holds a lock on: the system lets go of it when the process
/// ends, however it ends. It says more than a process's number, which is given again and means
/// nothing to another container with the same folder.
const OWNER: &str = "migrate-owner";

/// Where there is always room for it, and everybody may go.
const COMMON: &str = "/tmp";

/// The longest folder above, in bytes. The path of a socket may have 103 on macOS and 107 on Linux;
/// `/migrate-pg-123456` and `/.s.PGSQL.65535` are to follow.
const ABOVE_MAX: usize = 64;

/// The folder of one server. It is removed at the end.
#[derive(Debug)]
pub(super) struct Place {
    folder: TempDir,
    /// Who the server runs as, if not who made the folder.
    pub(super) account: Option<Account>,
    _lock: File,
}

impl Place {
    /// Makes a folder, and sweeps away those whose makers are gone.
    pub(super) fn make() -> Result<Place, ShadowError> {
        let mut above = above();
        let mut folder = make_in(&above)?;
        let account = Account::of(folder.path())?;
        if account.is_some() && above != Path::new(COMMON) {
            // The way to the folder of another user's temporary files may be barred.
            above = PathBuf::from(COMMON);
            folder = make_in(&above)?;
        }
        sweep(&above);
        let path = folder.path();
        let lock = lock(path).map_err(ShadowError::place(path))?;
        account::give(path, account.as_ref()).map_err(ShadowError::place(path))?;
        Ok(Place { folder, account, _lock: lock })
    }

    /// Where it is: the folder of the socket.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the cluster.
    pub(super) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The file of what the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.path().join("log")
    }
}

/// The folder for temporary files; the common one where its path is too long, or has what would
/// have to be quoted in settings and addresses.
fn above() -> PathBuf {
    let own = env::temp_dir();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    let fits = own.is_absolute()
        && own.to_str().is_some_and(|path| path.len() <= ABOVE_MAX && path.chars().all(plain));
    if fits { own } else { PathBuf::from(COMMON) }
}

/// Makes a folder that nobody else may look into: whoever reaches the socket may do everything.
fn make_in(above: &Path) -> Result<TempDir, ShadowError> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.prefix(PREFIX).tempdir_in(above).map_err(ShadowError::place(above))
}

/// Locks a folder. The file has its name only once it is locked, so that nobody sees it free.
fn lock(folder: &Path) -> io::Result<File> {
    let unlocked = folder.join("new");
    let file = File::create(&unlocked)?;
    file.lock()?;
    fs::rename(&unlocked, folder.join(OWNER))?;
    Ok(file)
}

/// Removes the folders whose makers are gone. A server that is still in one of them ends by itself
/// when it misses its files.
fn sweep(above: &Path) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let owner = entry.path().join(OWNER);
        // Whatever else may be called so is not waited for.
        let plain = || fs::symlink_metadata(&owner).is_ok_and(|found| found.is_file());
        if ours && folder && plain() && File::open(&owner).is_ok_and(|file| file.try_lock().is_ok())
        {
            // What cannot be removed is somebody else's, or being removed by somebody else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
