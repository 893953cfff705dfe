//! A first `migrate.toml`: every key with what it says, from the table that the reader has.

use super::keys;
use super::keys::Form;
use super::keys::Key;
use crate::version::Major;
use std::fmt::Write;

/// What is known of a project before it has a configuration.
pub struct Known<'a> {
    /// The oldest server that matters.
    pub postgres: Major,
    /// How that is known.
    pub why: &'a str,
    /// The folders of migrations, one a line.
    pub folders: &'a [String],
}

/// The text of a first configuration. What it says is what holds without it, but for the server.
pub fn template(known: &Known) -> String {
    let mut text = "\
# What migrate is told of this project. What is left out, or is a comment here, is as without this
# file. `migrate config check` reads it; `migrate config schema` describes it to an editor.
"
    .to_owned();
    for key in keys::TOP {
        let _ = write!(text, "\n# {}\n", key.about);
        match &key.form {
            Form::Major => {
                let _ = write!(text, "# {}.\n{} = {}\n", line(known.why), key.name, known.postgres);
            }
            Form::FailOn => {
                let _ = writeln!(text, "{} = {}", key.name, example(&key.form));
            }
            Form::Rules => {
                let _ = write!(text, "# [{}]\n# drop-not-null = \"warning\"\n", key.name);
            }
            Form::Table(inner) => {
                let _ = writeln!(text, "# [{}]", key.name);
                keys_of(inner, &mut text);
            }
            Form::Tables(inner) => table(key, inner, known, &mut text),
            form => {
                let _ = writeln!(text, "# {} = {}", key.name, example(form));
            }
        }
    }
    text
}

fn table(key: &Key, inner: &[Key], known: &Known, text: &mut String) {
    let found = if key.name == "project" { known.folders } else { &[] };
    if !found.is_empty() {
        text.push_str("# Found without being told:\n");
    }
    for folder in found {
        let _ = writeln!(text, "#   {}", line(folder));
    }
    let _ = writeln!(text, "# [[{}]]", key.name);
    keys_of(inner, text);
}

fn keys_of(keys: &[Key], text: &mut String) {
    for key in keys {
        let _ = writeln!(text, "# {} = {}", key.name, example(&key.form));
    }
}

/// A value that a key could have.
fn example(form: &Form) -> &'static str {
    match form {
        Form::Major => "14",
        Form::FailOn => "\"warning\"",
        Form::Rows => "1000",
        Form::Text => "\"path/to/it\"",
        Form::Layout => "\"plain\"",
        Form::Flag => "true",
        Form::Texts => "[\"path/to/some/\"]",
        Form::Count => "20",
        Form::Span => "\"24h\"",
        Form::Resets => "\"all\"",
        Form::Rules | Form::Table(_) | Form::Tables(_) => "{}",
    }
}

/// What was found, as a comment holds it: a name with a line's end in it must not end the comment.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
