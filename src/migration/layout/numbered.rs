//! File names that start with a number, which most tools have in common.

use super::Entry;
use crate::migration::dialect;
use crate::migration::survey;
use crate::migration::survey::Survey;
use crate::migration::survey::is_sql;

/// A file name taken apart: `0012_add_users.up.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbered<'a> {
    /// The leading digits.
    pub(super) digits: &'a str,
    /// What stands between the number and the first dot, without the separator.
    pub(super) title: &'a str,
    /// What stands between the first dot and the extension: `up`, `mysql.up`.
    pub(super) infix: &'a str,
    /// The whole name.
    pub(super) name: &'a str,
}

/// Takes a name apart; `None` if it does not start with a digit or is no SQL.
pub(super) fn parse(name: &str) -> Option<Numbered<'_>> {
    let stem = name.strip_suffix(".sql")?;
    let end = stem.find(|c: char| !c.is_ascii_digit()).unwrap_or(stem.len());
    if end == 0 {
        return None;
    }
    let (digits, rest) = stem.split_at(end);
    let rest = rest.trim_start_matches(['_', '-']);
    // The direction and the dialect stand last: a title may hold dots (`0002_1.7.0_schema.up`).
    let mut title = rest;
    while let Some((before, word)) = title.rsplit_once('.') {
        let steers =
            matches!(word, "up" | "down" | "autocommit" | "postgres" | "postgresql" | "pg")
                || dialect::other_server(word).is_some();
        if !steers {
            break;
        }
        title = before;
    }
    let infix = rest[title.len()..].trim_start_matches('.');
    Some(Numbered { digits, title, infix, name })
}

impl Numbered<'_> {
    /// A key that sorts by the number, then by the name.
    pub(super) fn key(&self) -> (usize, String, String) {
        let digits = self.digits.trim_start_matches('0');
        (digits.len(), digits.to_owned(), self.name.to_owned())
    }

    /// Whether the file runs backward.
    pub(super) fn is_down(&self) -> bool {
        self.infix.split('.').any(|word| word == "down")
    }

    /// Whether the file says that it runs forward.
    pub(super) fn is_up(&self) -> bool {
        self.infix.split('.').any(|word| word == "up")
    }
}

/// A file name right after that of the last of all: the next number, and a word behind the title.
pub(super) fn following(last: &Entry, word: &str) -> Option<String> {
    let (folder, name) = survey::split(&last.path);
    let stem = name.strip_suffix(".sql")?;
    let (before, rest) = stem.split_at(stem.find(|c: char| c.is_ascii_digit())?);
    let (digits, title) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
    // A pair of files takes a second one for the way back.
    let plain = ["", "V", "v"].contains(&before) && !title.contains('.');
    let titled = !title.trim_matches(['_', '-']).is_empty();
    // A time with a sixtieth second is none.
    let minute = digits.len() == 14 && digits.ends_with("59");
    let width = digits.len();
    let next = format!("{:0width$}", digits.parse::<u64>().ok()?.checked_add(1)?);
    let fits = plain && titled && !minute && next.len() == width;
    fits.then(|| survey::join(folder, &format!("{before}{next}{title}_{word}.sql")))
}

/// The numbered SQL files of a folder that run forward, in order.
pub(super) fn list<'a>(survey: &Survey<'a>, root: &str) -> Vec<Numbered<'a>> {
    let names = survey.names(root).iter().filter_map(|name| parse(name));
    let mut found: Vec<Numbered> = names.filter(|found| !found.is_down()).collect();
    found.retain(|found| dialect::of_name(found.name).is_none());
    found.sort_by_cached_key(Numbered::key);
    found
}

/// Folders in which numbered files come in pairs or say `.up.sql`.
pub(super) fn folders_with_up<'a>(survey: &Survey<'a>) -> Vec<&'a str> {
    let has_up =
        |names: &[&str]| names.iter().filter_map(|name| parse(name)).any(|found| found.is_up());
    survey.folders().filter(|(_, names)| has_up(names)).map(|(folder, _)| folder).collect()
}

/// Folders whose SQL files are numbered.
pub(super) fn folders<'a>(survey: &Survey<'a>) -> Vec<&'a str> {
    let numbered = |names: &[&str]| names.iter().any(|name| parse(name).is_some());
    survey.folders().filter(|(_, names)| numbered(names)).map(|(folder, _)| folder).collect()
}

/// Folders with SQL files of which one starts with a mark that `test` knows, and the file.
pub(super) fn sniffed<'a>(
    survey: &Survey<'a>,
    test: impl Fn(&str) -> bool,
) -> Vec<(&'a str, String)> {
    let folders = survey.folders().filter(|(_, names)| names.iter().any(|name| is_sql(name)));
    folders.filter_map(|(folder, _)| Some((folder, survey.sniff(folder, &test)?))).collect()
}

/// Folders of folders with one migration each, that hold `file`; each with the names of these.
pub(super) fn nested<'a>(survey: &Survey<'a>, file: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for folder in survey.folders_of(file) {
        let (root, name) = crate::migration::survey::split(folder);
        if folder.is_empty() {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == root) {
            Some((_, names)) => names.push(name),
            None => found.push((root, vec![name])),
        }
    }
    found
}
