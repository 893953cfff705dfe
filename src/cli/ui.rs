//! Standard output and error, with their colours and widths: nothing else prints.

use super::error::Error;
use super::exit::Exit;
use crate::report;
use crate::report::Style;
use anstream::AutoStream;
use anstream::ColorChoice;
use std::io;
use std::io::BufWriter;
use std::io::IsTerminal;
use std::io::Write;

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The width of lines where there is no terminal, and the most where there is one.
const WIDTH: usize = 100;

pub(super) struct Ui {
    out: BufWriter<io::Stdout>,
    when: When,
}

impl Ui {
    pub(super) fn new(when: When) -> Ui {
        Ui { out: BufWriter::new(io::stdout()), when }
    }

    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// How standard output is written for people.
    pub(super) fn style(&self) -> Style {
        self.style_of(&io::stdout(), io::stdout().is_terminal())
    }

    fn style_of(&self, stream: &impl anstream::stream::RawStream, terminal: bool) -> Style {
        let color = match self.when {
            When::Always => true,
            When::Never => false,
            When::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        };
        let columns = terminal.then(terminal_size::terminal_size).flatten();
        let width = columns.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(40, WIDTH));
        Style { color, width }
    }

    /// Says something beside the output.
    pub(super) fn note(text: &str) {
        // Where standard error is gone, there is nobody to tell.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Writes a line of output at once.
    pub(super) fn line(text: &str) {
        // A reader that has seen enough is no error.
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// Writes what is left. A reader that has seen enough is no error.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self.out.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Says why a command stopped.
    pub(super) fn fail(&mut self, error: &Error) -> Exit {
        if let Error::Output(cause) = error
            && cause.kind() == io::ErrorKind::BrokenPipe
        {
            return Exit::Done;
        }
        let _ = self.finish();
        let mut stderr = io::stderr();
        if let Error::Config { path, text, mistakes } = error {
            let style = self.style_of(&stderr, stderr.is_terminal());
            let name = path.display().to_string();
            let _ = report::mistakes(&name, text, mistakes, style, &mut stderr);
        }
        if let Error::Unbatchable { path, text, refused } = error {
            let style = self.style_of(&stderr, stderr.is_terminal());
            let _ = report::backfill_refused(path, text, refused, style, &mut stderr);
        }
        let _ = writeln!(stderr, "error: {error}");
        error.exit()
    }
}
