//! Services: addresses that have a name, in the files where libpq looks for them.

use super::DbError;
use super::Environment;
use super::environment::home;
use super::words;
use super::words::Words;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Fills in what the service says that the address names, or `PGSERVICE`.
pub(super) fn fill(words: &mut Words, environment: &dyn Environment) -> Result<(), DbError> {
    let named = words.get("service").cloned().or_else(|| environment.variable("PGSERVICE"));
    let Some(name) = named.filter(|name| !name.is_empty()) else { return Ok(()) };
    let mut asked = Vec::new();
    for path in files(environment) {
        let kept = match environment.file(&path) {
            Ok(kept) => kept,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                asked.push(format!("{} (not there)", path.display()));
                continue;
            }
            Err(cause) => return Err(DbError::Address(format!("{}: {cause}", path.display()))),
        };
        let found = section(&kept.text, &name);
        let found = found.map_err(|why| DbError::Address(format!("{}: {why}", path.display())))?;
        if let Some(found) = found {
            for (key, value) in found {
                words.entry(key).or_insert(value);
            }
            return Ok(());
        }
        asked.push(path.display().to_string());
    }
    Err(DbError::Address(format!(
        "there is no service `{name}` in {}; write a section [{name}] there, or name another file \
         in PGSERVICEFILE",
        if asked.is_empty() { "any file".to_owned() } else { asked.join(", nor in ") }
    )))
}

/// The files where services stand: the user's own, then that of the system.
fn files(environment: &dyn Environment) -> Vec<PathBuf> {
    let variable = |name: &str| environment.variable(name).filter(|value| !value.is_empty());
    let own = variable("PGSERVICEFILE").map(PathBuf::from);
    let own = own.or_else(|| Some(home(environment)?.join(".pg_service.conf")));
    let system =
        variable("PGSYSCONFDIR").map(|folder| PathBuf::from(folder).join("pg_service.conf"));
    own.into_iter().chain(system).collect()
}

/// What the first section of that name says.
fn section(text: &str, name: &str) -> Result<Option<Words>, String> {
    let mut found: Option<Words> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if title.strip_suffix(']') == Some(name) {
                found = Some(Words::new());
            }
            continue;
        }
        let Some(words) = &mut found else { continue };
        let fault = |why: &str| format!("line {}: {why}", number + 1);
        let (key, value) = line.split_once('=').ok_or_else(|| fault("a word has no `=`"))?;
        if key == "service" {
            return Err(fault("a service cannot name another"));
        }
        if !words.contains_key(key) {
            words::take(words, key, value.to_owned()).map_err(|why| fault(&why))?;
        }
    }
    Ok(found)
}
