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
