//! What would change in a file, as a unified diff that `git apply` and `patch` take.

use super::Style;
use anstyle::AnsiColor;
use similar::TextDiff;
use std::io;
use std::io::Write;

/// Writes how a file changes; without a text before, it is a new one.
pub fn diff(
    path: &str,
    before: Option<&str>,
    after: &str,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    // A path from the root of the disk stands as it is.
    let named = |side: &str| {
        if path.starts_with('/') { path.to_owned() } else { format!("{side}/{path}") }
    };
    let old = before.map_or("/dev/null".to_owned(), |_| named("a"));
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after);
    let text = diff.unified_diff().context_radius(3).header(&old, &named("b")).to_string();
    colored(&text, style, out)
}

/// Writes how a schema changes, told as statements. Each place says which statement it stands in,
/// as git says it of functions.
pub fn schema_diff(
    before: &[String],
    after: &[String],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (old, new) = (before.concat(), after.concat());
    let diff = TextDiff::from_lines(&old, &new);
    let mut unified = diff.unified_diff();
    unified.context_radius(3);
    let mut text = String::new();
    for hunk in unified.iter_hunks() {
        if text.is_empty() {
            text.push_str("--- a/schema.sql\n+++ b/schema.sql\n");
        }
        let first = hunk.ops().first().map_or(0, |op| op.old_range().start);
        let within = heading(before, first).map(|line| format!(" {line}")).unwrap_or_default();
        let hunk = hunk.to_string();
        let (header, rest) = hunk.split_once('\n').unwrap_or((&hunk, ""));
        text.extend([header, &within, "\n", rest]);
    }
    colored(&text, style, out)
}

/// The first line of the statement in whose midst a line stands.
fn heading(statements: &[String], line: usize) -> Option<&str> {
    let mut begun = 0;
    for statement in statements {
        let end = begun + statement.matches('\n').count();
        if line < end {
            return statement.lines().next().filter(|_| line > begun);
        }
        begun = end;
    }
    None
}

fn colored(text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for line in text.split_inclusive('\n') {
        let color = match line.as_bytes().first() {
            Some(b'+') => Some(AnsiColor::Green),
            Some(b'-') => Some(AnsiColor::Red),
            Some(b'@') => Some(AnsiColor::Cyan),
            _ => None,
        };
        let color = anstyle::Style::new().fg_color(color.filter(|_| style.color).map(Into::into));
        let (line, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
        write!(out, "{color}{line}{color:#}{end}")?;
    }
    Ok(())
}
