//! Projects to facts: every file read, parsed in parallel, and judged in its order.

use crate::db::Catalog;
use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::migration::Arrival;
use crate::migration::Entry;
use crate::migration::Layout;
use crate::migration::Project;
use crate::migration::Tree;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Script;
use crate::version::Major;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::SyncSender;

/// What is judged; the rest is history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The files to judge; `None` for all.
    pub only: Option<HashSet<String>>,
    /// They ship as one change; else each is judged as if all before it were deployed.
    pub together: bool,
    /// How the files that do not come in order came.
    pub arrivals: HashMap<String, Arrival>,
}

impl Scope {
    /// Every file, each as if all before it were deployed.
    pub fn all() -> Scope {
        Scope { only: None, together: false, arrivals: HashMap::new() }
    }

    /// Whether a file is judged.
    pub fn judges(&self, path: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(path))
    }
}

/// How files are examined.
#[derive(Debug)]
pub struct Options<'a> {
    /// The oldest server that matters.
    pub postgres: Major,
    /// What is judged.
    pub scope: Scope,
    /// Whether the runner wraps files in a transaction, where the layout does not say.
    pub wrapped: Option<bool>,
    /// What was deployed before all of it, replayed and not judged.
    pub history: &'a [Script],
    /// The database may hold more than the files make, though their tool starts on an empty one.
    pub adopted: bool,
    /// Nothing but what is replayed ever wrote rows: a table that it leaves empty has none.
    pub alone: bool,
    /// The database that the history is all of, where it was asked.
    pub catalog: Option<&'a Catalog>,
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
    /// Its place among the files of its project.
    pub place: usize,
    /// How it came among the files that are deployed.
    pub arrival: Arrival,
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

/// A file after parsing.
struct Parsed {
    text: String,
    script: Script,
    delivery: Delivery,
}

/// Examines the files of a project, and hands each that is judged to `each`: in order, but those
/// that leave something to later files at the end. Gives those that could not be read.
///
/// `shown` says how the user would name a file of the tree.
pub fn examine(
    tree: &dyn Tree,
    project: &Project,
    options: &Options,
    shown: impl Fn(&str) -> String,
    each: impl FnMut(Examined),
) -> Vec<Unread> {
    examine_to_end(tree, project, options, shown, each).0
}

/// The same, with the database as it is after the last file.
pub fn examine_to_end(
    tree: &dyn Tree,
    project: &Project,
    options: &Options,
    shown: impl Fn(&str) -> String,
    mut each: impl FnMut(Examined),
) -> (Vec<Unread>, Schema) {
    let entries = &project.entries;
    let mut unread = Vec::new();
    let mut replay = Replay::new(beginning(project, options), options.postgres);
    let mut group: Option<&str> = None;
    let mut open: Vec<Examined> = Vec::new();
    if options.scope.together {
        replay.next_unit();
    }
    let work = |at: usize| parse(tree, project.layout, &entries[at], options);
    in_order(entries.len(), work, |at, parsed| {
        let entry = &entries[at];
        let Some(Parsed { text, script, delivery }) = parsed else {
            unread.push(Unread { path: shown(&entry.path) });
            return replay.schema.mark_unseen();
        };
        if !options.scope.judges(&entry.path) {
            return replay.learn(&script);
        }
        let same = group.is_some() && group == entry.group.as_deref();
        if !options.scope.together && !same {
            replay.next_unit();
        }
        group = entry.group.as_deref();
        let facts = if entry.phase == Some(Phase::Migrate) {
            replay.judge_backfill(&script, delivery)
        } else {
            replay.judge(&script, delivery)
        };
        let is_open = Replay::leaves_open(&facts);
        let examined = Examined {
            path: entry.path.clone(),
            shown: shown(&entry.path),
            version: entry.version.clone(),
            phase: entry.phase,
            place: at,
            arrival: options.scope.arrivals.get(&entry.path).cloned().unwrap_or_default(),
            text,
            script,
            delivery,
            facts,
        };
        if is_open {
            let mut examined = examined;
            examined.script.forget();
            open.push(examined);
        } else {
            each(examined);
        }
    });
    for mut examined in open {
        // What the last migration leaves, the next one may do.
        if is_followed(entries, examined.place) {
            replay.note_open(&mut examined.facts);
        }
        each(examined);
    }
    (unread, replay.schema)
}

/// Whether another migration comes after the one that a file is, or is part of.
fn is_followed(entries: &[Entry], place: usize) -> bool {
    let group = entries[place].group.as_deref();
    let mut later = entries[place + 1..].iter().filter(|later| !later.repeatable);
    later.any(|later| group.is_none() || later.group.as_deref() != group)
}

/// The schema before the first file. A tool that keeps its own list of what it ran starts on an
/// empty database; loose files may start anywhere.
fn beginning(project: &Project, options: &Options) -> Schema {
    let told = !options.history.is_empty();
    let from_nothing = project.layout.id() != "plain" && !options.adopted;
    let schema = if told || from_nothing { Schema::empty() } else { Schema::default() };
    let mut replay = Replay::new(schema, options.postgres);
    if options.alone {
        replay.schema.trust_rows();
    }
    for script in options.history {
        replay.learn(script);
    }
    if let Some(catalog) = options.catalog {
        replay.schema.mark_complete(&catalog.invalid_indexes);
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

/// How many items a thread takes at once.
const BATCH: usize = 8;

/// How many batches may wait for their turn.
const AHEAD_MAX: usize = 16;

/// Runs `work` for each number below `count`, on all cores, and hands the results to `take` in
/// order while more are made.
fn in_order<T: Send>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T),
) {
    if count < PARALLEL_MIN {
        return (0..count).for_each(|at| take(at, work(at)));
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let run = |send: SyncSender<(usize, Vec<T>)>| {
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            let batch: Vec<T> = (first..count.min(first + BATCH)).map(&work).collect();
            if batch.is_empty() || send.send((first, batch)).is_err() {
                return;
            }
        }
    };
    let run = &run;
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(AHEAD_MAX);
        let started = (0..cores).map(|_| {
            let send = send.clone();
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, move || run(send))
        });
        if started.flatten().count() == 0 {
            // Without threads the work is done here.
            return (0..count).for_each(|at| take(at, work(at)));
        }
        drop(send);
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (first, batch) in receive {
            early.insert(first, batch);
            while let Some(batch) = early.remove(&due) {
                for result in batch {
                    take(due, result);
                    due += 1;
                }
            }
        }
    });
}
