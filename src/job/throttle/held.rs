//! Which signals hold: one that passed its high mark holds until it is down at the low one.

use super::marks::Marks;
use std::collections::BTreeSet;

/// The signals that hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(BTreeSet<String>);

impl Held {
    /// Whether a signal holds, now that it has this value.
    pub(super) fn judge<T: PartialOrd + Copy>(
        &mut self,
        signal: &str,
        value: T,
        marks: Marks<T>,
    ) -> bool {
        if value > marks.high {
            self.0.insert(signal.to_owned());
            return true;
        }
        if value <= marks.low {
            self.0.remove(signal);
        }
        self.0.contains(signal)
    }
}

/// A value that holds, and what is asked of it: `shown` says how values are written.
pub(super) fn over<T: PartialEq + Copy>(
    is: &str,
    marks: Marks<T>,
    shown: impl Fn(T) -> String,
) -> String {
    if marks.high == marks.low {
        return format!("{is}; {} is the limit", shown(marks.high));
    }
    format!("{is}; {} is the limit, and it goes on at {}", shown(marks.high), shown(marks.low))
}
