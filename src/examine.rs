//! Projects to facts: every file read, parsed in parallel, and judged in its order.

use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::migration::Entry;
use crate::migration::Layout;
use crate::migration::Project;
use crate::migration::Tree;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Script;
use crate::version::Major;
use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// What is judged; the rest is history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The files to judge; `None` for all.
    pub only: Option<HashSet<String>>,
    /// They ship as one change; else each is judged as if all before it were deployed.
    pub together: bool,
}

impl Scope {
    /// Every file, each as if all before it were deployed.
    pub const ALL: Scope = Scope { only: None, together: false };

    /// Whether a file is judged.
    pub fn judges(&self, path: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(path))
    }
}

/// How files are examined.
#[derive(Debug)]
pub struct Options {
    /// The oldest server that matters.
    pub postgres: Major,
    /// What is judged.
    pub scope: Scope,
    /// Whether the runner wraps files in a transaction, where the layout does not say.
    pub wrapped: Option<bool>,
    /// What was deployed before all of it, replayed and not judged.
    pub history: Vec<Script>,
}

/// A file that was judged.
#[derive(Debug)]
pub struct Examined {
    /// The file, relative to its tree.
    pub path: String,
    /// The file as the user would name it.
    pub shown: String,
    /// The migration it is, or is part of.
    pub version: String,
    /// The phase that its name claims.
    pub phase: Option<Phase>,
    /// Its text.
    pub text: String,
    /// Its statements and comments.
    pub script: Script,
    /// How it reaches the server.
    pub delivery: Delivery,
    /// What its statements do.
    pub facts: Vec<Fact>,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be read, or is larger than 64 MiB")]
pub struct Unread {
    /// The file.
    pub path: String,
}

/// What became of a project.
#[derive(Debug, Default)]
pub struct Examination {
    /// Files that were judged, in order.
    pub files: Vec<Examined>,
    /// Files that could not be read.
    pub unread: Vec<Unread>,
}

/// A file after parsing.
struct Parsed {
    text: String,
    script: Script,
    delivery: Delivery,
}

/// Examines the files of a project.
///
/// `shown` says how the user would name a file of the tree.
pub fn examine(
    tree: &dyn Tree,
    project: &Project,
    options: &Options,
    shown: impl Fn(&str) -> String,
) -> Examination {
    let entries = &project.entries;
    let parsed =
        in_parallel(entries.len(), |at| parse(tree, project.layout, &entries[at], options));
    let mut examination = Examination::default();
    let mut replay = Replay::new(beginning(project, options), options.postgres);
    let mut group: Option<&str> = None;
    if options.scope.together {
        replay.next_unit();
    }
    for (entry, parsed) in entries.iter().zip(parsed) {
        let Some(Parsed { text, script, delivery }) = parsed else {
            examination.unread.push(Unread { path: shown(&entry.path) });
            replay.schema.mark_unseen();
            continue;
        };
        if !options.scope.judges(&entry.path) {
            replay.learn(&script);
            continue;
        }
        let same = group.is_some() && group == entry.group.as_deref();
        if !options.scope.together && !same {
            replay.next_unit();
        }
        group = entry.group.as_deref();
        let facts = replay.judge(&script, delivery);
        examination.files.push(Examined {
            path: entry.path.clone(),
            shown: shown(&entry.path),
            version: entry.version.clone(),
            phase: entry.phase,
            text,
            script,
            delivery,
            facts,
        });
    }
    examination
}

/// The schema before the first file. A tool that keeps its own list of what it ran starts on an
/// empty database; loose files may start anywhere.
fn beginning(project: &Project, options: &Options) -> Schema {
    let told = !options.history.is_empty();
    let schema =
        if told || project.layout.id() != "plain" { Schema::empty() } else { Schema::default() };
    let mut replay = Replay::new(schema, options.postgres);
    for script in &options.history {
        replay.learn(script);
    }
    replay.schema
}

fn parse(tree: &dyn Tree, layout: &dyn Layout, entry: &Entry, options: &Options) -> Option<Parsed> {
    let text = tree.text(&entry.path)?;
    let forward = layout.forward(&text, entry);
    let script = sql::read(&text, &forward.parts);
    let mut delivery = forward.delivery;
    if let Some(wrapped) = options.wrapped {
        delivery = Delivery { wrapped, one_message: wrapped && delivery.one_message };
    }
    Some(Parsed { text, script, delivery })
}

/// The stack of a thread that parses, in bytes: expressions are walked by recursion, to a depth
/// that the reader of expressions bounds.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// Fewer items than this are not worth a thread.
const PARALLEL_MIN: usize = 8;

/// Runs `work` for each number below `count`, on all cores, and gives the results in order.
fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if count < PARALLEL_MIN { 1 } else { cores.min(count) };
    if threads == 1 && count < PARALLEL_MIN {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if count <= at {
                return done;
            }
            done.push((at, work(at)));
        }
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let spawn =
            |_| std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run);
        let started: Vec<_> = (0..threads).map(spawn).collect();
        if started.iter().any(Result::is_err) {
            // Without threads the work is done here.
            let mut done = run();
            for handle in started.into_iter().flatten() {
                done.extend(handle.join().unwrap_or_default());
            }
            return done;
        }
        started
            .into_iter()
            .flatten()
            .flat_map(|handle| handle.join().expect("work does not panic"))
            .collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
