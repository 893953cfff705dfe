//! Where the migrations of a project stand in a database, and what comes next.

use super::compare::Counts;
use super::compare::Migration;
use super::compare::Standing;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;

/// A project beside a database.
pub struct Status {
    /// The folder, as the user would name it.
    pub folder: String,
    /// Its layout.
    pub layout: &'static str,
    /// Whose table speaks of it, if one does.
    pub tool: Option<&'static dyn Tool>,
    /// The table, if there is one.
    pub table: Option<String>,
    /// Each migration.
    pub migrations: Vec<Migration>,
    /// What should be known of the whole.
    pub note: Option<String>,
    /// What is wrong with no migration in particular.
    pub troubles: Vec<Trouble>,
    /// The command that runs what is pending.
    pub up: Option<String>,
    /// The revision that the next change is told from, where git has one.
    pub base: Option<String>,
}

/// A table that a tool keeps and that speaks of no project.
pub struct Other {
    /// The tool.
    pub tool: &'static str,
    /// The table.
    pub table: String,
    /// How many migrations ran.
    pub applied: usize,
    /// What is wrong.
    pub troubles: Vec<Trouble>,
}

impl Other {
    /// What a table says, that speaks of no project.
    pub fn new(tool: &dyn Tool, table: String, ran: Ran) -> Other {
        let applied = ran.applied.iter().filter(|row| row.state == State::Done).count();
        let dirty = ran.applied.into_iter().filter_map(|row| match row.state {
            State::Dirty(trouble) => Some(trouble),
            State::Done | State::Undone(_) => None,
        });
        let troubles = dirty.chain(ran.troubles).collect();
        Other { tool: tool.name(), table, applied, troubles }
    }
}

impl Status {
    /// How many migrations stand where.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.migrations)
    }

    /// Whether a person has to look at something.
    pub fn needs_somebody(&self) -> bool {
        !self.troubles.is_empty()
            || self.migrations.iter().any(|migration| migration.standing.needs_somebody())
    }

    /// What somebody has to put right before anything runs.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        let of_migrations = self.migrations.iter().filter_map(|one| match &one.standing {
            Standing::Dirty(trouble) => Some(trouble),
            _ => None,
        });
        of_migrations.chain(&self.troubles)
    }

    /// What comes next, and how urgent it is: what is smaller goes first.
    pub fn next(&self) -> (u8, String) {
        if let Some(trouble) = self.troubles().next() {
            return (0, trouble.repair.clone());
        }
        let first =
            |word: &str| self.migrations.iter().find(|migration| migration.standing.word() == word);
        if let Some(gone) = first("missing") {
            let git = format!("`git log --diff-filter=D --summary -- {}`", self.folder);
            let what = format!("shows which commit took the file of {} away", gone.version);
            return (1, format!("{git} {what}: put it back"));
        }
        if let Some(edited) = first("edited") {
            return (2, self.put_back(edited));
        }
        if let Some(late) = first("out-of-order") {
            return (3, self.run_late(late));
        }
        if first("pending").is_some() {
            return (4, self.run_pending());
        }
        let judge = match &self.base {
            Some(base) => format!("migrate check --base {base}"),
            None => "migrate lint".to_owned(),
        };
        (5, format!("nothing is pending; `{judge}` judges the next change"))
    }

    fn put_back(&self, edited: &Migration) -> String {
        let path = edited.path.as_deref().unwrap_or_default();
        let what = "shows how it was: put it back, and change more in a new migration";
        let accept = self.tool.and_then(Tool::accept);
        let accept = accept.map(|command| format!("; if it is right as it is, `{command}`"));
        format!("`git log -p -- {path}` {what}{}", accept.unwrap_or_default())
    }

    fn run_late(&self, late: &Migration) -> String {
        let path = late.path.as_deref().unwrap_or_default();
        if self.layout == "native" {
            let newer = format!("give {} a name newer than all that ran", late.version);
            return format!("{newer}, or run it as it is: `migrate expand --out-of-order`");
        }
        let newer = format!("give `{path}` a version newer than all that ran");
        match self.tool.and_then(|tool| tool.late().command) {
            Some(command) => format!("{newer}, or run it as it is: {}", self.named(command)),
            None => newer,
        }
    }

    /// A command of the tool, with the tool's name where that does not begin it.
    fn named(&self, command: &str) -> String {
        let command = command.replace("DIR", &self.folder);
        let name = self.tool.map_or(self.layout, Tool::name);
        if command.starts_with(&name.to_lowercase()) || self.layout == "native" {
            return format!("`{command}`");
        }
        format!("`{command}` ({name})")
    }

    fn run_pending(&self) -> String {
        // A ledger knows what comes next; a list of files does not.
        if let (None, Some(_), Some(up)) = (self.tool, &self.table, &self.up) {
            return format!("`{up}`");
        }
        let ran = |migration: &&Migration| {
            migration.standing == Standing::Applied && migration.path.is_some()
        };
        let since = self.migrations.iter().rev().find(ran);
        let since = since.map(|last| format!("--since {} ", last.version)).unwrap_or_default();
        let judge = format!("`migrate lint {since}{}` judges what is pending", self.folder);
        match &self.up {
            Some(up) => format!("{judge}, {} runs it", self.named(up)),
            None => judge,
        }
    }
}
