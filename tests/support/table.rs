//! `rules/README.md`: how a page is written, and the table of all rules.

use migrate::rules;
use std::fmt::Write;

const HEAD: &str = include_str!("../data/rules-readme.md");

/// The text that the file should hold.
pub(crate) fn readme() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| rule | severity | harm | what happens |\n|---|---|---|---|\n");
    for rule in rules::all() {
        let page = rule.page();
        let settings = &page.settings;
        let severity = if settings.opt_in { "off" } else { settings.severity.word() };
        let harm = settings.category.word();
        writeln!(text, "| [`{0}`]({0}.md) | {severity} | {harm} | {1} |", rule.id, page.summary)
            .expect("a string takes all");
    }
    text
}
