//! Names of what is made: short enough for the server, free, and known again later.

use crate::sql::Name;
use crate::sql::quote_identifier;
use sha2::Digest;
use sha2::Sha256;

/// The bytes of a name that the server keeps.
const BYTES_MAX: usize = 63;

/// The most columns of a table, and so the most names that can be taken there: PostgreSQL's
/// `MaxHeapAttributeNumber`.
const NUMBERS_MAX: u32 = 1_600;

/// The bytes of a name that is cut which stay before its digest.
const KEPT_BYTES: usize = 54;

/// A name that the server does not cut.
pub(super) fn fit(name: String) -> String {
    if name.len() <= BYTES_MAX {
        return name;
    }
    let end = (0..=KEPT_BYTES).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    format!("{}_{}", &name[..end], &digest[..8])
}

/// A name like another one, with what it says of a column changed.
pub(super) fn like(name: &str, from: &str, to: &str) -> String {
    if name.contains(from) { name.replacen(from, to, 1) } else { format!("{name}_{to}") }
}

/// A name that is not taken.
pub(super) fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let found = forms(wanted).find(|name| !taken(name));
    found.unwrap_or_else(|| fit(wanted.to_owned()))
}

/// Whether a name is one that was free where this one was wanted.
pub(super) fn is_form(name: &str, wanted: &str) -> bool {
    forms(wanted).any(|form| form == name)
}

/// The names that are tried, one after the other.
fn forms(wanted: &str) -> impl Iterator<Item = String> {
    let numbered = (2..=NUMBERS_MAX).map(move |number| fit(format!("{wanted}_{number}")));
    std::iter::once(fit(wanted.to_owned())).chain(numbered)
}

/// The name of a trigger that writes into a column. The server goes by the order of names: it comes
/// after the triggers of users.
pub(super) fn trigger(column: &str, what: &str) -> String {
    fit(format!("zzz_migrate_{column}_{what}"))
}

/// The name of the function of such a trigger, beside its table.
pub(super) fn function(table: &Name, what: &str, column: &str) -> Name {
    let mut name = table.clone();
    name.name = fit(format!("migrate_{what}_{}_{column}", table.name));
    name
}

/// An identifier as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    quote_identifier(name)
}
