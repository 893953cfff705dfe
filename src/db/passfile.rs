//! The file of passwords, as libpq reads it.

use super::Environment;
use super::environment::home;
use super::words::Words;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The entries of a file of passwords.
#[derive(Default)]
pub(super) struct Passfile {
    text: String,
    /// Why it is not used, though it is there.
    pub(super) warning: Option<String>,
}

/// What an entry is looked up by.
pub(super) struct Wanted<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Reads the file that the address names, or the user's own.
pub(super) fn read(words: &Words, environment: &dyn Environment) -> Passfile {
    let named = words.get("passfile").filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(path) = named.or_else(|| Some(home(environment)?.join(".pgpass"))) else {
        return Passfile::default();
    };
    let unused = |why: &str| {
        let warning = format!("the file of passwords {} is not used: {why}", path.display());
        Passfile { warning: Some(warning), ..Passfile::default() }
    };
    match environment.file(&path) {
        Ok(kept) if kept.open => {
            unused("others than its owner may use it; see to that with chmod 0600")
        }
        Ok(kept) => Passfile { text: kept.text, warning: None },
        Err(cause) if cause.kind() == ErrorKind::NotFound => Passfile::default(),
        Err(cause) => unused(&cause.to_string()),
    }
}

impl Passfile {
    /// The password of the first entry that fits.
    pub(super) fn password(&self, wanted: &Wanted) -> Option<String> {
        let port = wanted.port.to_string();
        let fields = [wanted.host, &port, wanted.database, wanted.user];
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        let mut found = lines.filter_map(|line| {
            let entry = fields_of(line);
            let (password, before) = (entry.get(4)?, &entry[..4]);
            let fits = before.iter().zip(fields);
            let mut fits = fits.map(|(entry, field)| entry.raw == "*" || entry.text == field);
            (fits.all(|fits| fits) && !password.text.is_empty()).then(|| password.text.clone())
        });
        found.next()
    }
}

/// A field, as it stands there and as it is meant.
#[derive(Default)]
struct Field {
    raw: String,
    text: String,
}

/// The fields of a line: a backslash takes `:` and itself their meaning.
fn fields_of(line: &str) -> Vec<Field> {
    let mut fields = vec![Field::default()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next() } else { None };
        if character == ':' {
            fields.push(Field::default());
        } else if let Some(field) = fields.last_mut() {
            field.raw.push(character);
            field.raw.extend(escaped);
            field.text.push(escaped.unwrap_or(character));
        }
    }
    fields
}
