//! What several recipes do in the same way.

use super::keep::Kept;
use super::names::quoted;
use super::sheet::Sheet;

/// Why rules are allowed that ask for what the runner does.
pub(super) const BRIEFLY: &str = "migrate waits briefly for its lock, again and again";
const RESUMES: &str = "a run goes on where one before it stopped";

/// Builds indexes and makes constraints; those that have to look at all rows do so later, and those
/// that what is written may fail come later. What takes a step back is not linted, and brings all.
pub(super) fn keep(sheet: &mut Sheet, table: &str, kept: &Kept, forward: bool) {
    for (number, build) in kept.builds.iter().enumerate() {
        let sql = build.create(table);
        if number == 0 && forward {
            sheet.allow("non-transactional-mixed-file", RESUMES, &sql);
        } else {
            sheet.say(&sql);
        }
        if let Some(sql) = build.attach(table) {
            sheet.say(&sql);
        }
    }
    for demand in kept.demands.iter().filter(|demand| !(demand.late && forward)) {
        sheet.say(&demand.add(table));
    }
}

/// Makes the constraints that come later, and looks at all rows.
pub(super) fn tighten(sheet: &mut Sheet, table: &str, kept: &Kept) {
    for demand in kept.demands.iter().filter(|demand| demand.late) {
        sheet.say(&demand.add(table));
    }
    validate(sheet, table, kept);
}

/// Looks at all rows for what was not looked at when it was made.
pub(super) fn validate(sheet: &mut Sheet, table: &str, kept: &Kept) {
    for sql in kept.demands.iter().filter_map(|demand| demand.validate(table)) {
        sheet.say(&sql);
    }
}

/// Makes of what was looked at what was not, and takes away what came later.
pub(super) fn doubt(sheet: &mut Sheet, table: &str, kept: &Kept) {
    for sql in kept.demands.iter().filter_map(|demand| demand.doubt(table)) {
        sheet.say(&sql);
    }
}

/// Sees that a column is `NOT NULL`, by a check that looks at the rows while they are written.
pub(super) fn require(sheet: &mut Sheet, table: &str, column: &str, check: &str) {
    let check = quoted(check);
    sheet.say(&format!(
        "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
    ));
    sheet.say(&format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}"));
    sheet.say(&format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"));
    sheet.say(&format!("ALTER TABLE {table} DROP CONSTRAINT {check}"));
}
