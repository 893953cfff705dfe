//! What holds a worker, and how that is kept for others to see.

/// What holds a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What says so: a signal as its limit is called in the settings, `window`, `locks` or
    /// `resources`; `other` where it is not known.
    pub signal: String,
    /// What it says.
    pub why: String,
}

impl Held {
    pub(super) fn new(signal: &str, why: impl Into<String>) -> Held {
        Held { signal: signal.to_owned(), why: why.into() }
    }

    /// It as one text.
    pub(super) fn kept(&self) -> String {
        format!("{}: {}", self.signal, self.why)
    }

    /// What a text tells. Workers of an earlier release say only why.
    pub(super) fn read(text: &str) -> Held {
        let is_signal = |word: &str| word.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
        match text.split_once(": ").filter(|(signal, _)| is_signal(signal)) {
            Some((signal, why)) => Held::new(signal, why),
            None => Held::new("other", text),
        }
    }
}
