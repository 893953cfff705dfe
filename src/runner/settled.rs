//! What somebody found out of a step of which neither the ledger nor the catalog says whether it
//! ran.

use std::str::FromStr;

/// What was found out of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its change.
    pub change: String,
    /// Its place in its file.
    pub step: u32,
    /// Whether it is done; else it runs again.
    pub done: bool,
}

impl FromStr for Settled {
    type Err = String;

    fn from_str(text: &str) -> Result<Settled, String> {
        let read = || {
            let (at, what) = text.split_once('=')?;
            let (change, step) = at.rsplit_once(':')?;
            let done = match what {
                "done" => true,
                "again" => false,
                _ => return None,
            };
            Some(Settled { change: change.to_owned(), step: step.parse().ok()?, done })
        };
        read().ok_or_else(|| "it is like CHANGE:STEP=done, or CHANGE:STEP=again".to_owned())
    }
}
