//! A change set judged as a whole: what ships together, and who still uses what is taken away.

mod beside;
mod role;
mod taken;
mod unknown;
mod uses;

pub use role::Belonging;
pub use role::roles;

use crate::examine::Examined;
use crate::ledger::Moment;
use crate::migration::Tree;
use crate::rules;
use crate::rules::ChangeHit;
use crate::rules::ChangeScene;
use crate::rules::ChangedFile;
use crate::rules::Demands;
use crate::rules::Rule;
use crate::rules::Shipped;
use crate::rules::Taken;
use crate::schema::Schema;

/// A project of a change set, after its migrations were examined.
pub struct Part<'a> {
    /// The migrations that the change adds or edits, in the order in which they run.
    pub files: &'a [Examined],
    /// The database after them, where it is known.
    pub schema: Option<&'a Schema>,
    /// What its tool calls itself.
    pub layout: &'static str,
}

/// A change set with its projects.
pub struct Change<'a> {
    /// Its files.
    pub files: Vec<ChangedFile>,
    /// Its projects.
    pub parts: &'a [Part<'a>],
    /// All files before it.
    pub before: &'a (dyn Tree + Sync),
    /// All files after it.
    pub after: &'a (dyn Tree + Sync),
    /// What a path of a tree is called to the user.
    pub shown: &'a (dyn Fn(&str) -> String + Sync),
    /// What files are to a release.
    pub belonging: &'a Belonging,
    /// What the team asks of a change.
    pub demands: Demands,
    /// The time, by which rehearsals count or do not.
    pub now: Moment,
}

/// What was found of a change set.
pub struct Judged {
    /// Its files, each with what it is to a release.
    pub files: Vec<ChangedFile>,
    /// Its migrations.
    pub migrations: Vec<Shipped>,
    /// What the rules find.
    pub hits: Vec<ChangeHit>,
}

/// Judges a change set. Rules for which `asked` is false are not asked.
pub fn judge(change: Change, asked: impl Fn(&Rule) -> bool) -> Judged {
    let is_asked = |id: &str| rules::find(id).is_some_and(&asked);
    let mut migrations = Vec::new();
    let mut sources = Vec::new();
    for (project, part) in change.parts.iter().enumerate() {
        for file in part.files {
            migrations.push(beside::shipped(project, part.layout, file, &change));
            sources.push(file);
        }
    }
    let before = |path: &str| {
        let file = change.files.iter().find(|file| file.path == path);
        let before = file.and_then(|file| file.before.as_deref()).unwrap_or(path);
        change.before.text(before)
    };
    let mut found = taken::find(&migrations, &sources, before);
    if is_asked("still-referenced") {
        uses::find(&change, &mut found);
    }
    let unknown = if is_asked("uses-unknown-column") { unknown::find(&change) } else { Vec::new() };
    let taken: Vec<Taken> = found.into_iter().map(|found| found.taken).collect();
    let scene = ChangeScene {
        files: &change.files,
        migrations: &migrations,
        taken: &taken,
        unknown: &unknown,
        demands: &change.demands,
    };
    let hits = rules::check_change(&scene, asked);
    Judged { files: change.files, migrations, hits }
}
