//! `change.toml`: what a person says of a change, beside its statements.

use super::backfill::Settings;
use super::error::Error;
use crate::config::Mistake;
use crate::job;
use crate::sql::Span;
use crate::workspace;
use std::io;
use std::path::Path;

/// What is said of a change.
#[derive(Default)]
pub(super) struct About {
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// How its data is to be filled in.
    pub(super) backfill: job::Options,
}

/// The file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "description")]
    _description: Option<String>,
    owner: Option<String>,
    backfill: Option<Settings>,
}

/// Reads the file in the folder of a change; where there is none, nothing is said.
pub(super) fn read(here: &Path, folder: &Path) -> Result<About, Error> {
    let file = folder.join("change.toml");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(About::default()),
        Err(cause) => return Err(Error::file(workspace::shown(here, &file))(cause)),
    };
    about(&text).map_err(|mistake| Error::Config {
        path: workspace::shown(here, &file).into(),
        text,
        mistakes: vec![mistake],
    })
}

fn about(text: &str) -> Result<About, Mistake> {
    let mistake = |span: Option<std::ops::Range<usize>>, message: &str| Mistake {
        span: span.map_or(Span::default(), |span| Span::new(span.start, span.end)),
        message: message.to_owned(),
        help: None,
    };
    let file: File =
        toml::from_str(text).map_err(|fault| mistake(fault.span(), fault.message()))?;
    let backfill = file.backfill.map(Settings::options).transpose();
    Ok(About {
        owner: file.owner.filter(|owner| !owner.trim().is_empty()),
        backfill: backfill.map_err(|(span, why)| mistake(Some(span), &why))?.unwrap_or_default(),
    })
}
