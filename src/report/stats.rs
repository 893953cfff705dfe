//! How much of the files was understood, and where not.

use super::plural;
use crate::lint::Counts;
use crate::lint::Miss;
use crate::sql::Lines;
use std::io;
use std::io::Write;

/// What was read of one project.
pub struct Read {
    /// Its folder.
    pub folder: String,
    /// Its layout.
    pub layout: &'static str,
    /// How many files.
    pub files: usize,
    /// How much of them.
    pub counts: Counts,
    /// What was missed: the file, its text's lines and text, and the place.
    pub misses: Vec<(String, String, Vec<Miss>)>,
}

/// Writes a line for each project, each miss, and the sum.
pub fn stats(read: &[Read], out: &mut dyn Write) -> io::Result<()> {
    let mut sum = Counts::default();
    let mut files = 0;
    for project in read {
        sum.add(project.counts);
        files += project.files;
        writeln!(
            out,
            "{} ({}): {}",
            project.folder,
            project.layout,
            figures(project.files, project.counts)
        )?;
        for (path, text, misses) in &project.misses {
            let lines = Lines::new(text);
            for miss in misses {
                let at = lines.position(text, miss.span.offset);
                writeln!(out, "  {path}:{}:{}: {}", at.line, at.column, miss.why)?;
            }
        }
    }
    writeln!(out, "understood {:.3} %: {}", sum.percent(), figures(files, sum))
}

fn figures(files: usize, counts: Counts) -> String {
    format!(
        "{}, {}, {} not understood, {} in part, {} put together at run time",
        plural(files, "file"),
        plural(counts.statements, "statement"),
        counts.unreadable,
        counts.partial,
        counts.opaque
    )
}
