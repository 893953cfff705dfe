//! `migrate status`: what a database has run of the migrations, whoever ran them.

use super::elsewhere;
use super::error::Error;
use super::exit::Exit;
use super::guard;
use super::life;
use super::life::Done;
use super::load;
use super::load::Loaded;
use super::target;
use super::ui::Ui;
use crate::adopt;
use crate::adopt::Files;
use crate::adopt::Kept;
use crate::adopt::Migration;
use crate::adopt::Other;
use crate::adopt::Ran;
use crate::adopt::Standing;
use crate::adopt::Status;
use crate::adopt::Tool;
use crate::db::Address;
use crate::db::Look;
use crate::db::Session;
use crate::db::Settings;
use crate::gather;
use crate::gather::Gathered;
use crate::ledger::State;
use crate::report;
use crate::report::Beside;
use crate::store;
use crate::workspace;
use crate::workspace::Git;
use std::cell::Cell;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;

/// Say what a database has run of the migrations, whichever tool ran them; reads only
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files and folders of migrations [default: all below the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The database: a URL, or env:NAME for a variable that holds it [default: `DATABASE_URL`, or
    /// what libpq's variables and files say]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The name of the environment, to which the ledger is bound [default: `MIGRATE_ENVIRONMENT`,
    /// else that of migrate.toml, else "default"]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The configuration [default: the nearest migrate.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// A stable output
    Json,
}

/// The layout of our own.
const NATIVE: &str = "native";

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let loaded = load::load(&here, arguments.config.as_deref())?;
    let gathering = gather::gather(&loaded.all(&here, arguments.paths.clone())?)?;
    for fault in &gathering.faults {
        Ui::note(&format!("warning: not looked into: {fault}"));
    }
    for (folder, why) in &gathering.skipped {
        Ui::note(&format!("left out: {folder}: {why}"));
    }
    let address = target::resolve(target::OPTION, arguments.database_url.as_deref())?;
    let session = Session::open(&address, &Settings::default())?;
    let mut compared = compared(&here, &loaded, &gathering.projects, &session)?;
    // Without a repository there is nothing to be told from.
    let base = Git::discover(&here).ok().and_then(|git| git.trunk());
    for project in &mut compared.projects {
        project.base.clone_from(&base);
    }
    let Compared { place, projects, others, .. } = &compared;
    let beside = Beside { place, projects, others };
    let style = ui.style();
    match arguments.format {
        Format::Human => report::status_human(&beside, style, ui.out())?,
        Format::Json => report::status_json(&beside, ui.out())?,
    }
    let environment = target::environment(arguments.environment.as_deref(), &loaded);
    // What stands there is shown in any case.
    ui.finish()?;
    if let Some(state) = ours(&session, &environment)? {
        let seen = elsewhere::see(&here, &loaded, &gathering.projects, &compared, &state)?;
        guard::tell_owed(&seen.ran);
    }
    Ok(if beside.needs_somebody() { Exit::Findings } else { Exit::Done })
}

/// The ledger of a database, if there is one that may be read: it must be this one's.
fn ours(session: &Session, environment: &str) -> Result<Option<State>, Error> {
    let looked = store::look(session, false).and_then(|look| {
        if !look.has_ledger {
            return Ok(None);
        }
        let book = store::read(session)?;
        store::must_match(&book.state, book.version, &look, environment)?;
        Ok(Some(book.state))
    });
    match looked {
        Err(why) if why.is_forbidden() => Ok(None),
        looked => Ok(looked?),
    }
}

/// Projects beside a database.
pub(super) struct Compared {
    place: String,
    /// The projects.
    pub(super) projects: Vec<Status>,
    others: Vec<Other>,
    /// Of each file of our own layout that was begun, the statements that ran.
    pub(super) done: Done,
}

/// Compares projects with what a database says of them. A session that is there already may ask
/// after a signal, too.
pub(super) fn compared(
    here: &Path,
    loaded: &Loaded,
    projects: &[Gathered],
    session: &Session,
) -> Result<Compared, Error> {
    let (look, answers) = Look::begin(session, &[&adopt::look()])?;
    let mut kept = adopt::kept(&adopt::tables(&answers));
    kept.answer(look.ask(&kept.questions())?);
    let place = look.place().to_owned();
    look.end()?;
    let address = session.address();
    let mut scene = Scene { here, kept: &kept, address, loaded, done: Done::new() };
    let (projects, used) = scene.projects(projects)?;
    let done = scene.done;
    let others = others(&kept, &used);
    Ok(Compared { place, projects, others, done })
}

/// What projects are compared with.
struct Scene<'a> {
    here: &'a Path,
    kept: &'a Kept,
    address: &'a Address,
    loaded: &'a Loaded,
    done: Done,
}

impl Scene<'_> {
    /// Each project beside the database, and the tables that speak of them.
    fn projects(&mut self, projects: &[Gathered]) -> Result<(Vec<Status>, HashSet<usize>), Error> {
        let files: Vec<Files> = projects.iter().map(files).collect();
        let chosen = self.kept.choose(&files);
        let used = chosen.iter().flatten().map(|(at, _)| *at).collect();
        let mut found = Vec::new();
        for ((project, files), chosen) in projects.iter().zip(&files).zip(chosen) {
            found.push(match chosen {
                _ if files.layout.id() == NATIVE => self.native(project)?,
                Some((at, ran)) => self.adopted(project, files, at, &ran),
                None => self.untold(project, files)?,
            });
        }
        Ok((found, used))
    }

    /// A project in our own layout, by its ledger.
    fn native(&mut self, project: &Gathered) -> Result<Status, Error> {
        let dir = project.root.join(&project.project.root);
        if let Some(life) = life::of(self.address, self.here, self.loaded, &dir)? {
            self.done.extend(life.done);
            return Ok(Status {
                table: Some("the ledger".to_owned()),
                note: life.note,
                migrations: life.rows,
                up: Some(life.next),
                ..self.blank(project)
            });
        }
        let note = "no ledger in this database yet: `migrate expand` makes it";
        Ok(Status {
            note: Some(note.to_owned()),
            migrations: self.pending(project),
            up: Some("migrate expand".to_owned()),
            ..self.blank(project)
        })
    }

    /// A project of another tool, whose table speaks of it.
    fn adopted(&self, project: &Gathered, files: &Files, at: usize, ran: &Ran) -> Status {
        let (tool, table) = (self.kept.candidates[at].tool, &self.kept.candidates[at].table);
        let past = Past { root: &project.root, git: OnceCell::new(), asked: Cell::new(0) };
        let mut migrations = adopt::compare(tool, files, ran, &|path| past.texts(path));
        for migration in &mut migrations {
            migration.path = migration.path.take().map(|path| self.shown(project, &path));
        }
        Status {
            tool: Some(tool),
            table: Some(table.shown()),
            migrations,
            note: ran.note.map(str::to_owned),
            troubles: ran.troubles.clone(),
            up: Some(tool.up().to_owned()),
            ..self.blank(project)
        }
    }

    /// A project of which no table speaks.
    fn untold(&self, project: &Gathered, files: &Files) -> Result<Status, Error> {
        let layout = files.layout.id();
        let closed = self.kept.closed.iter().find(|(tool, _)| tool.layouts().contains(&layout));
        if let Some((tool, table)) = closed {
            let schema = &table.schema;
            let grant = format!(
                "GRANT USAGE ON SCHEMA \"{schema}\" and GRANT SELECT ON {} to it",
                table.sql()
            );
            return Err(Error::Closed { tool: tool.name(), table: table.shown(), grant });
        }
        let own = adopt::tools_of(layout);
        let names: Vec<String> = own.iter().map(|tool| named(*tool)).collect();
        let note = match (layout, names.is_empty()) {
            ("plain", _) => {
                "no tool's table in this database speaks of these files; `layout` of a \
                 [[project]] in migrate.toml says whose they are"
                    .to_owned()
            }
            (_, true) => "nothing is known of how its tool keeps a list".to_owned(),
            (_, false) => {
                format!("there is no table of {} here that speaks of it", names.join(" or "))
            }
        };
        Ok(Status {
            note: Some(note),
            migrations: self.pending(project),
            up: own.first().filter(|_| layout != "plain").map(|tool| tool.up().to_owned()),
            ..self.blank(project)
        })
    }

    fn blank(&self, project: &Gathered) -> Status {
        Status {
            folder: workspace::shown(self.here, &project.root.join(&project.project.root)),
            layout: project.project.layout.id(),
            tool: None,
            table: None,
            migrations: Vec::new(),
            note: None,
            troubles: Vec::new(),
            up: None,
            base: None,
        }
    }

    /// All of a project's files, none of which ran.
    fn pending(&self, project: &Gathered) -> Vec<Migration> {
        let entries = project.project.entries.iter();
        let pending = entries.map(|entry| Migration {
            version: entry.version.clone(),
            path: Some(self.shown(project, &entry.path)),
            standing: Standing::Pending,
            at: None,
            note: None,
        });
        pending.collect()
    }

    fn shown(&self, project: &Gathered, path: &str) -> String {
        workspace::shown(self.here, &project.root.join(path))
    }
}

fn named(tool: &dyn Tool) -> String {
    let names: Vec<String> = tool.tables().iter().map(|name| format!("`{name}`")).collect();
    format!("{} ({})", tool.name(), names.first().map(String::as_str).unwrap_or_default())
}

fn files(project: &Gathered) -> Files<'_> {
    let found = &project.project;
    Files::read(found.layout, &found.root, &*project.tree, &found.entries)
}

/// Tables that speak of no project, each once.
fn others(kept: &Kept, used: &HashSet<usize>) -> Vec<Other> {
    let mut seen: HashSet<String> =
        used.iter().map(|at| kept.candidates[*at].table.sql()).collect();
    let none = crate::migration::plain();
    let tree = workspace::MemoryTree::new(Vec::new());
    let nothing = Files::read(none, "", &tree, &[]);
    let mut others = Vec::new();
    for one in &kept.candidates {
        if seen.insert(one.table.sql()) {
            let ran = one.tool.read(&one.table, &nothing, &one.answers);
            others.push(Other::new(one.tool, one.table.shown(), ran));
        }
    }
    others
}

/// The earlier texts of a project's files, if git keeps them.
struct Past<'a> {
    root: &'a Path,
    git: OnceCell<Option<Git>>,
    /// How many files it was asked for.
    asked: Cell<usize>,
}

/// How many files are looked for among the commits: each may cost a walk over all of them.
const ASKED_MAX: usize = 20;

impl Past<'_> {
    fn texts(&self, path: &str) -> Vec<String> {
        if self.asked.replace(self.asked.get() + 1) >= ASKED_MAX {
            return Vec::new();
        }
        // Without a repository, or with one that cannot be read, it is not known how a file was.
        let git = self.git.get_or_init(|| Git::discover(self.root).ok());
        let found = git.as_ref().and_then(|git| {
            let whole = self.root.join(path);
            let inside = whole.strip_prefix(git.root().ok()?).ok()?;
            git.past(inside.to_str()?).ok()
        });
        found.unwrap_or_default()
    }
}
