//! Settings that a session starts with: they ride in the startup message, and cost no round trip.

use super::Settings;
use super::quote::literal;

/// The setting by which a session knows that nobody stands between it and its server.
pub(super) const MARK: &str = "migrate.run";

/// All settings of a session in the startup message: what is a default of ours first, what the
/// address says next, what must hold last.
pub(super) fn startup(told: Option<&str>, settings: &Settings, mark: &str) -> String {
    let mut options = option("client_min_messages", "warning");
    if let Some(told) = told {
        options.push(' ');
        options.push_str(told);
    }
    // `role` is checked by what the session may before it, and so comes last.
    let role = settings.role.iter().map(|role| ("role", role.as_str()));
    for (name, value) in ours(settings).chain([(MARK, mark)]).chain(role) {
        options.push(' ');
        options.push_str(&option(name, value));
    }
    options
}

/// The same as statements, for where a startup message takes no settings; `None` if what the
/// address says is more than settings.
pub(super) fn statements(told: Option<&str>, settings: &Settings) -> Option<String> {
    let told = read(told.unwrap_or_default())?;
    let told = told.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all = [("client_min_messages", "warning")].into_iter().chain(told).chain(ours(settings));
    let role = settings.role.iter().map(|role| ("role", role.as_str()));
    let each = all
        .chain(role)
        .map(|(name, value)| format!("set_config({}, {}, false)", literal(name), literal(value)));
    Some(format!("SELECT {}", each.collect::<Vec<_>>().join(", ")))
}

fn ours(settings: &Settings) -> impl Iterator<Item = (&str, &str)> {
    let more = settings.more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    more.chain([("standard_conforming_strings", "on")])
}

/// A setting as the server reads it from a startup message: blanks and backslashes are escaped.
fn option(name: &str, value: &str) -> String {
    let mut option = format!("-c {name}=");
    for character in value.chars() {
        if character.is_ascii_whitespace() || character == '\\' {
            option.push('\\');
        }
        option.push(character);
    }
    option
}

/// The settings in the options of an address: `-c name=value`, `-cname=value` or `--name=value`.
fn read(told: &str) -> Option<Vec<(String, String)>> {
    let mut settings = Vec::new();
    let mut words = words(told).into_iter();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next()?,
            Some(rest) => rest.to_owned(),
            None => return None,
        };
        let (name, value) = setting.split_once('=')?;
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Some(settings)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character.is_ascii_whitespace() {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(if character == '\\' {
                characters.next().unwrap_or('\\')
            } else {
                character
            });
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
