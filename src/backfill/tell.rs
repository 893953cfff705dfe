//! How a run goes, told while it goes: the work does not wait for it.

use super::crew::Crew;
use super::status::Status;
use super::status::status_by;
use crate::db::Session;
use std::time::Duration;
use std::time::Instant;

/// How often is told how it goes.
const TELL: Duration = Duration::from_millis(500);

/// How long an answer is waited for, with all work done meanwhile.
const ANSWER: Duration = Duration::from_secs(2);

/// Who tells.
pub(super) struct Teller<'a> {
    crew: &'a Crew<'a>,
    /// The session of who runs it, until that is lost.
    given: Option<&'a Session>,
    /// The one in its place.
    own: Option<Session>,
    told: Instant,
}

impl<'a> Teller<'a> {
    pub(super) fn new(crew: &'a Crew<'a>, session: &'a Session) -> Teller<'a> {
        Teller { crew, given: Some(session), own: None, told: Instant::now() }
    }

    /// Whether it is time to tell.
    pub(super) fn is_due(&self) -> bool {
        self.told.elapsed() >= TELL
    }

    /// Tells how the job goes. What cannot be told now is told once there is a connection again.
    pub(super) fn tell(&mut self, tell: &mut dyn FnMut(&Status)) {
        if let Some(session) = self.own.as_ref().or(self.given) {
            if let Ok(all) = status_by(session, Some(self.crew.change), ANSWER) {
                all.iter().filter(|one| one.id == self.crew.open.id).for_each(tell);
            } else {
                (self.given, self.own) = (None, None);
            }
        } else {
            self.own = self.crew.connect().ok().map(|line| line.session);
        }
        self.told = Instant::now();
    }
}
