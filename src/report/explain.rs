//! A rule's page, and the list of all rules.

use crate::rules;
use crate::rules::Rule;
use std::io;
use std::io::Write;

/// Writes a rule's page as it stands.
pub fn page(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(rule.text.as_bytes())
}

/// Writes a line for each rule.
pub fn rules(out: &mut dyn Write) -> io::Result<()> {
    let width = rules::all().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in rules::all() {
        let page = rule.page();
        let severity = if page.settings.opt_in { "off" } else { page.settings.severity.word() };
        writeln!(out, "{:width$}  {severity:7}  {}", rule.id, page.summary)?;
    }
    Ok(())
}
