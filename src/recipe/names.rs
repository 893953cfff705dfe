//! Names of what is made: short enough for the server, and free.

use crate::sql::quote_identifier;
use sha2::Digest;
use sha2::Sha256;

/// The bytes of a name that the server keeps.
const BYTES_MAX: usize = 63;

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
    let first = fit(wanted.to_owned());
    if !taken(&first) {
        return first;
    }
    let numbered = (2_u32..).map(|number| fit(format!("{wanted}_{number}")));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or(first)
}

/// An identifier as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    quote_identifier(name)
}
