//! How the user wants files judged: how bad each rule is, and which tables are small.

use crate::examine::Examined;
use crate::lint;
use crate::lint::Linted;
use crate::lint::Severities;
use crate::lint::Small;
use crate::version::Major;

#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    pub(super) severities: &'a Severities,
    pub(super) small: Option<&'a Small>,
}

impl Judging<'_> {
    pub(super) fn lint(&self, file: Examined, postgres: Major) -> Linted {
        lint::lint(file, self.severities, self.small, postgres)
    }
}
