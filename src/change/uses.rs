//! The code that still uses what is taken away, looked for in all files on all cores.

use super::Change;
use super::role;
use super::taken::Found;
use super::unknown;
use crate::code;
use crate::code::Declarations;
use crate::code::Rank;
use crate::code::Search;
use crate::code::Use;
use crate::code::Wanted;
use crate::rules::CodeUse;
use crate::sql::Lines;
use crate::sql::NO_TEXT;
use crate::sql::Span;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// Fills in what uses each thing that is taken away.
pub(super) fn find(change: &Change, found: &mut [Found]) {
    let wanted: Vec<(usize, Wanted)> = found
        .iter()
        .enumerate()
        .filter_map(|(at, found)| Some((at, found.wanted.clone()?)))
        .collect();
    if wanted.is_empty() {
        return;
    }
    let (owners, wanted): (Vec<usize>, Vec<Wanted>) = wanted.into_iter().unzip();
    let paths: Vec<&str> = change
        .after
        .paths()
        .iter()
        .map(String::as_str)
        .filter(|path| change.belonging.is_searched(path))
        .collect();
    let texts: Vec<Option<String>> = in_parallel(&paths, |path| change.after.text(path));
    let files: Vec<(&str, &str)> = paths
        .iter()
        .zip(&texts)
        .filter_map(|(path, text)| Some((*path, text.as_deref()?)))
        .filter(|(path, text)| role::is_searched(path, text))
        .collect();
    let declared = in_parallel(&files, |(path, text)| code::declarations(path, text));
    let mut declarations = Declarations::default();
    for one in declared {
        declarations.merge(one);
    }
    let search = Search::new(&wanted, declarations);
    let uses = in_parallel(&files, |(path, text)| {
        let uses = search.uses(path, text);
        located((path, text), uses, change)
    });
    for (wanted, at) in uses.into_iter().flatten() {
        found[owners[wanted]].taken.uses.push(at);
    }
    for found in found.iter_mut() {
        found.taken.uses.sort_by(|one, other| {
            (one.rank, &one.path, one.line).cmp(&(other.rank, &other.path, other.line))
        });
    }
    note_declared(change, &search, &owners, found);
}

/// Notes the declarations among the changed files that had something before the change: code that
/// was made of them uses it.
fn note_declared(change: &Change, search: &Search, owners: &[usize], found: &mut [Found]) {
    for file in change.files.iter().filter(|file| role::is_schema_of_models(&file.path)) {
        let before = file.before.as_deref().unwrap_or(&file.path);
        let Some(text) = change.before.text(before) else { continue };
        for used in search.uses(before, &text) {
            let declared = &mut found[owners[used.wanted]].taken.declared;
            if used.rank == Rank::Certain && !declared.contains(&file.shown) {
                declared.push(file.shown.clone());
            }
        }
    }
}

/// Uses with the lines they stand in.
fn located((path, text): (&str, &str), uses: Vec<Use>, change: &Change) -> Vec<(usize, CodeUse)> {
    if uses.is_empty() {
        return Vec::new();
    }
    let lines = Lines::new(text);
    let shown = (change.shown)(path);
    // Where a file speaks of a database of another kind too, a table may be of that one.
    let surest = if unknown::is_of_another(path, text) { Rank::Likely } else { Rank::Certain };
    let of = |used: Use| {
        let at = place((path, &shown, text), &lines, used.span);
        (used.wanted, CodeUse { rank: used.rank.max(surest), why: used.why, ..at })
    };
    uses.into_iter().map(of).collect()
}

/// A place in a file of code.
pub(super) fn place((path, shown, text): (&str, &str, &str), lines: &Lines, span: Span) -> CodeUse {
    let position = lines.position(text, span.offset);
    let start = lines.start(position.line).unwrap_or_default();
    let line = text[start..].lines().next().unwrap_or_default();
    CodeUse {
        path: path.to_owned(),
        shown: shown.to_owned(),
        span,
        line: position.line,
        column: position.column,
        start,
        text: line.replace(char::from(NO_TEXT), "?"),
        rank: Rank::Certain,
        why: String::new(),
    }
}

/// How many items a thread takes at once.
const BATCH: usize = 32;

/// The results of `work` for each item, in order, made on all cores.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if items.len() <= BATCH || cores == 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if items.len() <= first {
                return done;
            }
            let batch = &items[first..items.len().min(first + BATCH)];
            done.extend(batch.iter().enumerate().map(|(at, item)| (first + at, work(item))));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
