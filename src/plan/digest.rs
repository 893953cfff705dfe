//! Digests of SQL that neither line ends nor comments nor blanks change; line ends in strings and
//! bodies count as the one that git keeps.

use crate::sql;
use crate::sql::Script;
use crate::sql::Span;
use sha2::Digest;
use sha2::Sha256;

/// The digest of statements of a text: of their words, signs and literals in order.
pub fn digest_of(text: &str, statements: &[Span]) -> String {
    let mut hash = Sha256::new();
    for statement in statements {
        for word in sql::words(text, *statement) {
            hash_word(&mut hash, word.of(text));
            hash.update([0]);
        }
        hash.update([1]);
    }
    hex::encode(hash.finalize())
}

/// A word as it is in a checkout with LF: one with CRLF has the same.
fn hash_word(hash: &mut Sha256, word: &str) {
    let mut lines = word.split("\r\n");
    hash.update(lines.next().unwrap_or_default());
    for line in lines {
        hash.update("\n");
        hash.update(line);
    }
}

/// The digest of a whole file.
pub(super) fn digest_of_file(text: &str, script: &Script) -> String {
    let spans: Vec<Span> = script.statements.iter().map(|statement| statement.span).collect();
    digest_of(text, &spans)
}
