//! What is said while steps run: lines on standard error, where a terminal gets a bar for what
//! takes long, or JSON lines on standard output.

use super::ui::Ui;
use crate::report;
use crate::report::Bar;
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
    /// What is drawn, where something can be.
    bar: Option<Bar>,
}

impl Shown {
    pub(super) fn new(form: Form) -> Shown {
        let bar = (form == Form::Human).then(Bar::on_terminal).flatten();
        Shown { form, bar }
    }
}

impl Watch for Shown {
    fn tell(&mut self, news: &News) {
        match self.form {
            Form::Human => {
                if let Some(bar) = &mut self.bar {
                    if let Some(working) = report::news_drawn(news) {
                        return bar.show(&working);
                    }
                    bar.clear();
                }
                if let Some(text) = report::news_human(news) {
                    Ui::note(&text);
                }
            }
            Form::Json => Ui::line(&report::news_json(news)),
        }
    }

    fn is_lively(&self) -> bool {
        self.bar.is_some()
    }
}
