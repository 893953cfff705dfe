//! What is drawn on a terminal while something takes long: a bar where it is known how much of it
//! is done, else a spinner. It has no colours, and nothing of it stays.

use indicatif::HumanBytes;
use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;
use std::time::Duration;

/// What takes long.
#[derive(Clone, Debug, PartialEq)]
pub struct Working {
    /// What is being done.
    pub text: String,
    /// The part that is done, from 0 to 1, where that is known.
    pub fraction: Option<f64>,
    /// For how long already.
    pub waited: Duration,
}

/// A bar, or none while there is nothing to draw.
pub struct Bar {
    drawn: Option<ProgressBar>,
}

const SPINNER: &str = "{spinner} {elapsed} {wide_msg}";

const PARTS: &str = "[{bar:24}] {percent:>3} % {elapsed} {wide_msg}";

/// How often it is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// What is whole.
const WHOLE: u64 = 1000;

impl Bar {
    /// One on standard error; `None` where that is no terminal, or one that takes nothing back.
    pub fn on_terminal() -> Option<Bar> {
        (!ProgressDrawTarget::stderr().is_hidden()).then_some(Bar { drawn: None })
    }

    /// Draws it.
    pub fn show(&mut self, working: &Working) {
        let bar = self.drawn.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr());
            let bar = bar.with_elapsed(working.waited);
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_style(style(working.fraction));
        bar.set_position(thousandths(working.fraction.unwrap_or_default()));
        bar.set_message(working.text.clone());
    }

    /// Takes it away, so that lines can be written.
    pub fn clear(&mut self) {
        if let Some(bar) = self.drawn.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn style(fraction: Option<f64>) -> ProgressStyle {
    let template = if fraction.is_some() { PARTS } else { SPINNER };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.progress_chars("=> ").tick_chars("|/-\\ ")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped to what is whole"
)]
fn thousandths(fraction: f64) -> u64 {
    (fraction.clamp(0.0, 1.0) * 1000.0) as u64
}

/// A number of bytes, for people.
pub(super) fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// A number of things, for people.
pub(super) fn count(things: u64) -> String {
    HumanCount(things).to_string()
}
