//! The checksums that tools take of a file.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::Sha1;
use sha2::Digest;
use sha2::Sha256;
use sha2::Sha384;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// SHA-1, in hexadecimal digits.
pub(super) fn sha1(text: &str) -> String {
    hex::encode(Sha1::digest(text))
}

/// SHA-256, in hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// SHA-384, in hexadecimal digits.
pub(super) fn sha384(text: &str) -> String {
    hex::encode(Sha384::digest(text))
}

/// The CRC-32 of the lines of a text without their ends and without a mark of the byte order, as
/// Java has it: with a sign.
pub(super) fn crc32_of_lines(text: &str) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Java's lines end at `\n`, `\r` or both.
    for line in text.split(['\n', '\r']) {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed()
}

/// SHA-256 over all that came before and more, in Base64.
#[derive(Clone, Default)]
pub(super) struct Running(Sha256);

impl Running {
    pub(super) fn add(&mut self, text: &str) {
        self.0.update(text);
    }

    pub(super) fn sum(&self) -> String {
        BASE64_STANDARD.encode(self.0.clone().finalize())
    }
}

/// `SipHash` 1-3 with no key over a name, a number and a text, as Rust hashes strings.
pub(super) fn siphash(name: &str, number: &[u8], text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    hasher.write(&[0xFF]);
    hasher.write(number);
    hasher.write(text.as_bytes());
    hasher.write(&[0xFF]);
    hasher.finish()
}
