//! What is known of the database that a recipe is for: its catalog, or the migrations replayed.

use crate::cli::error::Error;
use crate::cli::load::Loaded;
use crate::cli::target;
use crate::db;
use crate::effect::Replay;
use crate::examine;
use crate::examine::Options;
use crate::examine::Scope;
use crate::gather;
use crate::gather::GatherError;
use crate::gather::Gathered;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Name;
use crate::version::Major;
use std::collections::HashSet;
use std::path::Path;

/// Asks the database that is named, else replays the migrations.
pub(super) fn schema(
    here: &Path,
    loaded: &Loaded,
    database: Option<&str>,
    table: &Name,
) -> Result<Schema, Error> {
    if database.is_some() {
        return catalog(database);
    }
    let gathering = gather::gather(&loaded.all(here, Vec::new())?)?;
    let mut projects = gathering.projects;
    // What our own layout knows goes before what another tool's does.
    projects.sort_by_key(|project| project.project.layout.id() != "native");
    let postgres = loaded.config.postgres.unwrap_or(Major::DEFAULT);
    let mut schemas = projects.iter().map(|project| replayed(project, postgres));
    let knows = |schema: &Schema| schema.table(table).is_some();
    let first = schemas.next().unwrap_or_default();
    if knows(&first) {
        return Ok(first);
    }
    Ok(schemas.find(knows).unwrap_or(first))
}

fn catalog(database: Option<&str>) -> Result<Schema, Error> {
    let address = target::resolve(target::OPTION, database)?;
    let catalog = db::read_catalog(&address).map_err(GatherError::from)?;
    let text = &catalog.statements;
    let script = sql::read(text, std::slice::from_ref(&(0..text.len())));
    let mut replay = Replay::new(Schema::empty(), catalog.postgres);
    replay.learn(&script);
    replay.schema.mark_complete(&catalog.invalid_indexes);
    Ok(replay.schema)
}

fn replayed(project: &Gathered, postgres: Major) -> Schema {
    let options = Options {
        postgres,
        scope: Scope { only: Some(HashSet::new()), ..Scope::all() },
        wrapped: project.wrapped,
        history: &[],
        adopted: true,
        alone: false,
        catalog: None,
    };
    let shown = |path: &str| path.to_owned();
    examine::examine_to_end(&*project.tree, &project.project, &options, shown, |_| {}).1
}
