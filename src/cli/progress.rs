//! What is said while steps run: lines on standard error, or JSON lines on standard output.

use super::ui::Ui;
use crate::report;
use crate::runner::News;
use crate::runner::Watch;

/// How it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For people
    Human,
    /// A JSON object a line
    Json,
}

/// Who is told.
pub(super) struct Shown {
    form: Form,
}

impl Shown {
    pub(super) fn new(form: Form) -> Shown {
        Shown { form }
    }
}

impl Watch for Shown {
    fn tell(&mut self, news: &News) {
        match self.form {
            Form::Human => {
                if let Some(text) = report::news_human(news) {
                    Ui::note(&text);
                }
            }
            Form::Json => Ui::line(&report::news_json(news)),
        }
    }
}
