//! What a guarded command could run that `--path` leaves out: nobody judged it.

use super::put;
use super::see;
use super::state;
use crate::cli::elsewhere;
use crate::cli::error::Error;
use crate::cli::foreign;
use crate::cli::foreign::Foreign;
use crate::cli::target::Place;
use crate::cli::ui::Ui;
use crate::db::Session;
use crate::gather::Gathered;
use std::collections::HashSet;
use std::path::PathBuf;

/// The files, and their projects.
pub(super) struct Unjudged {
    projects: Vec<Gathered>,
    files: Vec<Foreign>,
}

impl Unjudged {
    pub(super) fn find(
        paths: &[PathBuf],
        place: &Place,
        eyes: &Session,
        judged: &[Foreign],
    ) -> Result<Unjudged, Error> {
        if paths.is_empty() {
            return Ok(Unjudged { projects: Vec::new(), files: Vec::new() });
        }
        let mut projects = foreign::projects(&place.here, &place.loaded, &[])?;
        projects.retain(foreign::is_foreign);
        let mut files = see(place, &projects, eyes, &state(place)?)?.open;
        files.retain(|file| judged.iter().all(|known| known.shown() != file.shown()));
        Ok(Unjudged { projects, files })
    }

    /// Puts on record what of it ran all the same, and says so; whether anything did.
    pub(super) fn settle(self, place: &Place, eyes: &Session, ui: &mut Ui) -> Result<bool, Error> {
        if self.files.is_empty() {
            return Ok(false);
        }
        let open = see(place, &self.projects, eyes, &state(place)?)?.open;
        let left: HashSet<&str> = open.iter().map(Foreign::shown).collect();
        let ran: Vec<Foreign> =
            self.files.into_iter().filter(|file| !left.contains(file.shown())).collect();
        if ran.is_empty() {
            return Ok(false);
        }
        put(place, &elsewhere::announcement(&state(place)?, &ran))?;
        put(place, &elsewhere::record(&state(place)?, &ran, &place.loaded))?;
        let names: Vec<&str> = ran.iter().map(Foreign::shown).collect();
        writeln!(
            ui.out(),
            "guard: the command ran more than --path names, and nobody judged that: {}; it is on \
             record, and next time the paths must be all that the command runs",
            names.join(", ")
        )?;
        Ok(true)
    }
}
