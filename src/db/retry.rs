//! What may be tried again, how often and after how long: nothing else tries again by itself.
//! Locks that are not to be had (55P03) are not listed: whoever runs a statement decides on them.

use super::DbError;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::io::ErrorKind;
use std::time::Duration;

/// Refusals of a connection that pass: too many connections, and a server that starts or stops.
const AT_CONNECT: &[&str] = &["53300", "57P03"];

/// Ends of a connection that is not made yet, as of a server or a proxy that is stopped meanwhile.
const CUT_OFF: &[ErrorKind] = &[
    ErrorKind::BrokenPipe,
    ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionReset,
    ErrorKind::UnexpectedEof,
];

/// Refusals that roll back all of a transaction, which another run may not meet: a serialization
/// failure, a deadlock.
const IN_TRANSACTION: &[&str] = &["40001", "40P01"];

/// How often something is tried.
const TRIES: u32 = 6;

/// What the first pause is at most, and any.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3);

/// Whether a server that refuses a connection so may take it later.
pub(super) fn at_connect(sqlstate: &str) -> bool {
    AT_CONNECT.contains(&sqlstate)
}

/// Whether a connection that was cut off so while it was made may be had after all.
pub(super) fn cut_off(kind: ErrorKind) -> bool {
    CUT_OFF.contains(&kind)
}

/// Whether a transaction that ended so may be run again.
pub(super) fn in_transaction(error: &DbError) -> bool {
    let server = matches!(error, DbError::Server { .. });
    server && error.sqlstate().is_some_and(|state| IN_TRANSACTION.contains(&state))
}

/// The pauses between tries: each is anything up to twice the last one's bound, so that many who
/// failed together do not come back together.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    (0..TRIES - 1).map(|tried| any_up_to((FIRST * 2_u32.pow(tried)).min(LONGEST)))
}

/// A span of any length up to this one: so pauses of many that wait do not end together.
pub fn any_up_to(longest: Duration) -> Duration {
    longest
        .mul_f64(f64::from(u32::try_from(random() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX))
}

/// A number that nobody foretells; not for secrets.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}
