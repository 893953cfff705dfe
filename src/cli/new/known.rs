//! What is known of the database that a recipe is for: its catalog, or the migrations replayed.

use crate::cli::error::Error;
use crate::cli::load::Loaded;
use crate::cli::target;
use crate::db;
use crate::db::Address;
use crate::db::Catalog;
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

/// What is known.
pub(super) struct Known {
    /// The database as it is.
    pub(super) schema: Schema,
    /// Its server.
    pub(super) postgres: Major,
    /// Where it was asked.
    pub(super) address: Option<Address>,
    /// What the migrations alone tell, where it was.
    pub(super) replayed: Option<Schema>,
}

/// Asks the database that is named, else replays the migrations.
pub(super) fn read(
    here: &Path,
    loaded: &Loaded,
    database: Option<&str>,
    table: &Name,
) -> Result<Known, Error> {
    let postgres = loaded.config.postgres.unwrap_or(Major::DEFAULT);
    if database.is_none() {
        let schema = of_migrations(here, loaded, postgres, table)?;
        return Ok(Known { schema, postgres, address: None, replayed: None });
    }
    let address = target::resolve(target::OPTION, database)?;
    let catalog = db::read_catalog(&address).map_err(GatherError::from)?;
    let replayed = match of_migrations(here, loaded, postgres, table) {
        Ok(schema) => Some(schema),
        // Nothing was migrated so far.
        Err(Error::Gather(GatherError::Nothing { .. })) => Some(Schema::default()),
        Err(error) => return Err(error),
    };
    let postgres = catalog.postgres;
    Ok(Known { schema: told(&catalog), postgres, address: Some(address), replayed })
}

/// What the migrations tell.
fn of_migrations(
    here: &Path,
    loaded: &Loaded,
    postgres: Major,
    table: &Name,
) -> Result<Schema, Error> {
    let gathering = gather::gather(&loaded.all(here, Vec::new())?)?;
    let mut projects = gathering.projects;
    // What our own layout knows goes before what another tool's does.
    projects.sort_by_key(|project| project.project.layout.id() != "native");
    let mut schemas = projects.iter().map(|project| replayed(project, postgres));
    let knows = |schema: &Schema| schema.table(table).is_some();
    let first = schemas.next().unwrap_or_default();
    if knows(&first) {
        return Ok(first);
    }
    Ok(schemas.find(knows).unwrap_or(first))
}

/// What a catalog tells.
fn told(catalog: &Catalog) -> Schema {
    let text = &catalog.statements;
    let script = sql::read(text, std::slice::from_ref(&(0..text.len())));
    let mut replay = Replay::new(Schema::empty(), catalog.postgres);
    replay.learn(&script);
    replay.schema.mark_complete(&catalog.invalid_indexes);
    replay.schema
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
