//! The cluster of a server: made once for each version and kept in the user's cache, then copied.

use super::Install;
use super::ShadowError;
use super::account;
use super::account::Account;
use super::place::Place;
use std::env;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// The arguments of `initdb`. Nothing is synced, and the first file of the log, which every copy
/// carries, is small.
const ARGUMENTS: &[&str] =
    &["-N", "--wal-segsize=1", "-A", "trust", "-U", "postgres", "-E", "UTF8"];

/// The locales that are tried: the first is not everywhere, and sorts as the second one does.
const LOCALES: &[&str] = &["--locale=C.UTF-8", "--locale=C"];

/// The number of these arguments: a cluster that was made with others is not taken.
const EDITION: u32 = 1;

/// Where a cluster came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The cache.
    Cache,
    /// `initdb`.
    New,
}

/// Copies the cluster of the cache, or makes one and keeps a copy of it there.
pub(super) fn lay_out(install: &Install, place: &Place) -> Result<Origin, ShadowError> {
    let kept = kept(install);
    let data = place.data();
    if let Some(kept) = kept.as_deref().filter(|kept| kept.is_dir()) {
        // What cannot be copied is made again.
        if copy_kept(kept, &data, place.account.as_ref()).is_ok() {
            return Ok(Origin::Cache);
        }
        match fs::remove_dir_all(&data) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                return Err(ShadowError::Place { path: data, why });
            }
            _ => {}
        }
    }
    make(install, place)?;
    if let Some(kept) = kept {
        // Without a cache the next server takes a second more, and that is all.
        let _ = keep(&data, &kept);
    }
    Ok(Origin::New)
}

/// Takes the cluster of a version out of the cache, which is made and kept anew by the next.
pub(super) fn forget(install: &Install) {
    if let Some(kept) = kept(install) {
        // What cannot be taken out costs the next server a second, as it did this one.
        let _ = lock(&kept).and_then(|_lock| fs::remove_dir_all(&kept));
    }
}

/// Makes a cluster.
pub(super) fn make(install: &Install, place: &Place) -> Result<(), ShadowError> {
    let data = place.data();
    let account = place.account.as_ref();
    let program = install.folder.join("initdb");
    let mut said = String::new();
    for locale in LOCALES {
        let output = account::command(&program, account)
            .arg("-D")
            .arg(&data)
            .args(ARGUMENTS)
            .arg(locale)
            .current_dir(place.path())
            .output();
        let user = account.map(|account| account.name.clone());
        let output = output.map_err(|why| {
            let program = program.clone();
            ShadowError::Program { program, user, why }
        })?;
        if output.status.success() {
            return Ok(());
        }
        String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut said);
    }
    Err(ShadowError::Cluster { major: install.major, said })
}

/// Where the cluster of a version is kept; `None` where the user has no cache.
fn kept(install: &Install) -> Option<PathBuf> {
    let own = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = own("XDG_CACHE_HOME").or_else(|| Some(own("HOME")?.join(".cache")))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".+-".contains(c) { c } else { '_' };
    let version: String = install.version.chars().map(plain).collect();
    let name = format!("{version}-{}-{EDITION}", env::consts::ARCH);
    Some(cache.join("migrate").join("clusters").join(name))
}

/// The file beside what is kept that is locked by who takes it away, and shared by who copies it: a
/// folder that loses its files is read without an error, and the copy would not be whole.
fn lock_file(kept: &Path) -> PathBuf {
    kept.with_file_name("lock")
}

fn lock(kept: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(lock_file(kept))?;
    file.lock()?;
    Ok(file)
}

/// Copies what is kept.
fn copy_kept(kept: &Path, data: &Path, account: Option<&Account>) -> io::Result<()> {
    let lock = File::open(lock_file(kept))?;
    lock.lock_shared()?;
    copy(kept, data, account)
}

/// Keeps a copy of a cluster. It gets its name in one step when it is whole; who comes second finds
/// that name taken, and theirs is not needed.
fn keep(data: &Path, kept: &Path) -> io::Result<()> {
    let above = kept.parent().ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(above)?;
    let aside = tempfile::Builder::new().prefix("part-").tempdir_in(above)?;
    let whole = aside.path().join("data");
    copy(data, &whole, None)?;
    let _lock = lock(kept)?;
    fs::rename(whole, kept)
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path, account: Option<&Account>) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, account)?;
        } else {
            fs::copy(entry.path(), &target)?;
            account::give(&target, account)?;
        }
    }
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    account::give(to, account)
}
