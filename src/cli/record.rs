//! Deeds on their way into the ledger: judged by what is on record, and again if somebody else was
//! first.

use super::error::Error;
use super::target::Place;
use crate::ledger::Admission;
use crate::ledger::Deed;
use crate::ledger::Moment;
use crate::ledger::State;
use crate::ledger::admit;
use crate::ledger::fold;
use crate::runner;
use crate::runner::Ignore;
use crate::runner::Pace;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::store::Look;
use crate::store::StoreError;

/// How often a deed is judged anew because somebody else was first.
const TRIES: u32 = 8;

/// What became of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    /// Its event.
    pub(super) seq: i64,
    /// It was on record already.
    pub(super) replayed: bool,
}

/// Reads the ledger of a database, which must be this one's.
pub(super) fn open(place: &Place) -> Result<Book, Error> {
    let look = store::look(&place.session, false)?;
    if !look.has_ledger {
        return Err(Error::Store(StoreError::Absent));
    }
    read(place, &look)
}

/// The same; where there is none, it is made.
pub(super) fn open_or_install(place: &Place) -> Result<Book, Error> {
    let look = store::look(&place.session, false)?;
    if !look.has_ledger {
        install(place)?;
    }
    let book = read(place, &look)?;
    if book.version < store::VERSION {
        match store::upgrade(&place.session) {
            // Who may not goes on with the tables as they are.
            Err(error) if error.is_forbidden() => {}
            done => done?,
        }
    }
    sync_consumers(place, book)
}

/// Makes the ledger; whoever is at work is waited for.
pub(super) fn install(place: &Place) -> Result<(), Error> {
    let mut nobody = Ignore;
    let patience = Pace::default();
    let mut runner = Runner::new(&place.session, &place.who, patience, &mut nobody);
    let look = runner::take_turn(&mut runner, patience.turn)?.look;
    if !look.has_ledger {
        store::install(&place.session, &look, &place.environment, &place.who)?;
    }
    Ok(runner::give_turn(&place.session)?)
}

fn read(place: &Place, look: &Look) -> Result<Book, Error> {
    let book = store::read(&place.session)?;
    store::must_match(&book.state, book.version, look, &place.environment)?;
    Ok(book)
}

/// What the configuration says of the consumers goes on record, if it says anything.
pub(super) fn sync_consumers(place: &Place, book: Book) -> Result<Book, Error> {
    let Some(deed) = book.state.told_consumers(&place.loaded.config.consumers) else {
        return Ok(book);
    };
    record(place, &deed, None)?;
    Ok(store::read(&place.session)?)
}

/// Records a deed, if it may be.
pub(super) fn record(place: &Place, deed: &Deed, key: Option<&str>) -> Result<Recorded, Error> {
    decide(place, key, |_, _| Ok(deed.clone()))
}

/// Records what is decided on the state as it is.
pub(super) fn decide(
    place: &Place,
    key: Option<&str>,
    decide: impl Fn(&State, Moment) -> Result<Deed, Error>,
) -> Result<Recorded, Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let book = store::read(&place.session)?;
        // What comes again with the same key is what it was when it was new, and was judged then;
        // whether it says the same is judged by the ledger itself.
        let known = key
            .and_then(|key| book.events.iter().position(|event| event.key.as_deref() == Some(key)));
        let deed = match known {
            Some(at) => decide(&fold(&book.events[..at]), book.events[at].at)?,
            None => decide(&book.state, book.now)?,
        };
        if known.is_none()
            && let Admission::Replay(seq) = admit(&book.state, &deed, book.now)?
        {
            return Ok(Recorded { seq, replayed: true });
        }
        match store::append(&place.session, &deed, &place.who, key, Some(book.head.0)) {
            Ok(done) => return Ok(Recorded { seq: done.seq, replayed: done.replayed }),
            Err(StoreError::Moved) if tries < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}
