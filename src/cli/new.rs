//! `migrate new`: the folder of a new migration, with a file for each phase.

mod judged;
mod known;
mod tried;

use super::error::Error;
use super::exit::Exit;
use super::load;
use super::load::Loaded;
use super::ui::Ui;
use crate::effect::Phase;
use crate::migration;
use crate::recipe;
use crate::recipe::Conversion;
use crate::recipe::Place;
use crate::recipe::Recipe;
use crate::recipe::Unfit;
use crate::schema::Schema;
use crate::workspace;
use crate::workspace::DiskTree;
use jiff::Timestamp;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Make the folder of a new migration, with a file for each phase
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What the migration does, in a few words [default: what a recipe makes of its columns]
    #[arg(required_unless_present = "recipe")]
    name: Option<String>,
    /// The folder of the migrations [default: the one that is there, else migrations]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Make undo scripts too
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    wanted: Wanted,
    /// With --change-type: the new value, as an expression over the old columns [default: a cast]
    #[arg(long, value_name = "EXPR")]
    using: Option<String>,
    /// With --change-type: the old value, as an expression over the new column, under the name that
    /// it has after the cut-over: the column's own [default: a cast]
    #[arg(long, value_name = "EXPR")]
    back: Option<String>,
    /// With --set-not-null: what is put in the place of NULL
    #[arg(long, value_name = "EXPR")]
    fill: Option<String>,
    /// The database whose catalog tells what a recipe has to know: a URL, or env:NAME for a
    /// variable that holds it [default: the migrations, replayed]
    #[arg(long, value_name = "URL", requires = "recipe")]
    database_url: Option<String>,
    /// The configuration [default: the nearest migrate.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The recipe that writes the files, if one does.
#[derive(clap::Args)]
#[group(id = "recipe", multiple = false)]
struct Wanted {
    /// Write the change that gives a column another name while old and new code run
    #[arg(long, num_args = 2, value_names = ["TABLE.COLUMN", "NAME"])]
    rename_column: Option<Vec<String>>,
    /// Write the change that gives a column another type under the same name
    #[arg(long, num_args = 2, value_names = ["TABLE.COLUMN", "TYPE"])]
    change_type: Option<Vec<String>>,
    /// Write the change that drops the old column after the cut-over of --change-type
    #[arg(long, value_name = "TABLE.COLUMN")]
    drop_old: Option<String>,
    /// Write the change after which a column takes no NULL
    #[arg(long, value_name = "TABLE.COLUMN")]
    set_not_null: Option<String>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let loaded = load::load(&here, arguments.config.as_deref())?;
    let told = arguments.name.as_ref().filter(|name| slug(name).is_empty());
    if told.is_some() {
        return Err(Error::Usage("the name has no letter or digit in it".to_owned()));
    }
    let folder = match &arguments.dir {
        Some(folder) => workspace::absolute(&here, folder),
        None => home(&here)?,
    };
    let recipe = written(arguments, &here, &loaded)?;
    let named = arguments.name.clone().or_else(|| recipe.as_ref().map(|known| known.name.clone()));
    let description = named.unwrap_or_default();
    let stamp = Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
    let change = folder.join(format!("{stamp}_{}", slug(&description)));
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    // It fails if the folder is there: nothing is overwritten.
    fs::create_dir(&change).map_err(Error::file(&change))?;
    let files = match &recipe {
        Some(recipe) => cooked(&description, recipe),
        None => files(&description, arguments.undo),
    };
    for (file, text) in files {
        let path = change.join(file);
        fs::write(&path, text).map_err(Error::file(&path))?;
        writeln!(ui.out(), "{}", workspace::shown(&here, &path))?;
    }
    for warning in recipe.iter().flat_map(|recipe| &recipe.warnings) {
        Ui::note(&format!("warning: {warning}"));
    }
    Ok(Exit::Done)
}

/// What the recipe writes, if one is wanted.
fn written(arguments: &Arguments, here: &Path, loaded: &Loaded) -> Result<Option<Recipe>, Error> {
    let wanted = &arguments.wanted;
    // Of options that exclude one another clap requires none.
    let turns = arguments.using.is_some() || arguments.back.is_some();
    if turns && wanted.change_type.is_none() {
        return Err(Error::Usage("--using and --back go with --change-type".to_owned()));
    }
    if arguments.fill.is_some() && wanted.set_not_null.is_none() {
        return Err(Error::Usage("--fill goes with --set-not-null".to_owned()));
    }
    let Some(place) = wanted.place() else { return Ok(None) };
    let place = Place::read(place)?;
    let known = known::read(here, loaded, arguments.database_url.as_deref(), &place.table)?;
    let mut made = made(arguments, &known.schema, &place)?;
    if let Some(address) = &known.address {
        let unknown = tried::try_out(&made, address)?;
        made.warnings.extend(unknown);
    }
    let warnings = judged::judge(&made, &known, &loaded.config.severities)?;
    made.warnings.extend(warnings);
    Ok(Some(made))
}

impl Wanted {
    /// The column that a recipe is for, as it was named.
    fn place(&self) -> Option<&str> {
        let pair = self.rename_column.as_ref().or(self.change_type.as_ref());
        let first = pair.and_then(|pair| pair.first());
        first.or(self.drop_old.as_ref()).or(self.set_not_null.as_ref()).map(String::as_str)
    }
}

/// What the recipe that is wanted makes of a column.
fn made(arguments: &Arguments, schema: &Schema, place: &Place) -> Result<Recipe, Unfit> {
    let wanted = &arguments.wanted;
    if let Some([_, to]) = wanted.rename_column.as_deref() {
        return recipe::rename(schema, place, &recipe::identifier(to)?);
    }
    if let Some([_, to]) = wanted.change_type.as_deref() {
        let (using, back) = (arguments.using.as_deref(), arguments.back.as_deref());
        return recipe::change_type(schema, place, Conversion { to, using, back });
    }
    if wanted.drop_old.is_some() {
        return recipe::drop_old(schema, place);
    }
    recipe::set_not_null(schema, place, arguments.fill.as_deref())
}

/// The files that a recipe writes, with what the runner has to know.
fn cooked(description: &str, recipe: &Recipe) -> Vec<(String, String)> {
    let own = recipe.files.iter().map(|(name, text)| ((*name).to_owned(), text.clone()));
    let mut settings = settings(description);
    if let Some(verify) = &recipe.verify {
        let verify = toml::Value::String(verify.clone());
        settings = format!("{settings}\n[backfill]\nverify = {verify}\n");
    }
    own.chain([("change.toml".to_owned(), settings)]).collect()
}

/// Where migrations of the native layout are, or would be.
fn home(here: &Path) -> Result<PathBuf, Error> {
    let tree = DiskTree::around(here, std::slice::from_ref(&here.to_owned()));
    let found = migration::detect(&tree, &[]).projects;
    let (native, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|project| project.layout.id() == "native");
    match (native.as_slice(), others.as_slice()) {
        ([only], _) => Ok(here.join(&only.root)),
        ([], []) => Ok(here.join("migrations")),
        ([], [other, ..]) => Err(Error::Usage(format!(
            "the migrations in `{}` are {}'s; make new ones with that tool, or name a folder of \
             their own with --dir",
            other.root,
            other.layout.id()
        ))),
        (several, _) => {
            let roots: Vec<&str> = several.iter().map(|project| project.root.as_str()).collect();
            let roots = roots.join("`, `");
            Err(Error::Usage(format!("there are migrations in `{roots}`: say which with --dir")))
        }
    }
}

/// A name that suits files: lower case, words joined by underscores.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The files of a new migration, with what stands in them.
fn files(description: &str, undo: bool) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for phase in Phase::ALL {
        files.push((format!("{phase}.sql"), format!("-- {}\n", about(phase))));
        if undo {
            let text = format!("-- Takes back what {phase}.sql does.\n");
            files.push((format!("{phase}.undo.sql"), text));
        }
    }
    files.push(("change.toml".to_owned(), settings(description)));
    files
}

fn settings(description: &str) -> String {
    let description = toml::Value::String(description.to_owned());
    format!("description = {description}\nowner = \"\"\n")
}

fn about(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "Adds what new code needs; code that runs now does not notice.",
        Phase::Migrate => "Fills it and checks it, in steps that can be taken again.",
        Phase::Contract => "Takes away what no running code uses any more.",
    }
}
