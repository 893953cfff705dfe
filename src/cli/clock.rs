//! The time of this machine.

use crate::ledger::Moment;
use jiff::Timestamp;

/// Now.
pub(super) fn now() -> Moment {
    Moment(Timestamp::now().as_microsecond())
}
