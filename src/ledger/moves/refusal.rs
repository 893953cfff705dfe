//! What comes of asking: the deed is new, it is on record already, or it is refused.

/// A deed that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It goes on record.
    New,
    /// It is on record: this event says the same.
    Replay(i64),
}

/// Why a deed may not be, as a pipeline has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It makes no sense as it is said.
    Usage,
    /// Not yet.
    Blocked,
    /// It is not allowed, now or ever.
    Policy,
    /// Something else is on record that it does not go with.
    Conflict,
}

impl Refused {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Refused::Usage => 2,
            Refused::Blocked => 4,
            Refused::Policy => 8,
            Refused::Conflict => 9,
        }
    }
}

/// A deed that may not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// What it means to a pipeline.
    pub class: Refused,
    /// Why.
    pub why: String,
    /// What goes on from here.
    pub next: String,
}

pub(super) type Admitted = Result<Admission, Refusal>;

pub(super) const NEW: Admitted = Ok(Admission::New);

impl Refusal {
    pub(in crate::ledger) fn new(
        class: Refused,
        why: impl Into<String>,
        next: impl Into<String>,
    ) -> Refusal {
        Refusal { class, why: why.into(), next: next.into() }
    }
}

pub(super) fn usage<T>(why: impl Into<String>, next: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(Refused::Usage, why, next))
}

pub(super) fn blocked<T>(why: impl Into<String>, next: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(Refused::Blocked, why, next))
}

pub(super) fn policy<T>(why: impl Into<String>, next: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(Refused::Policy, why, next))
}

pub(super) fn conflict<T>(why: impl Into<String>, next: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(Refused::Conflict, why, next))
}
