//! The search: what is wanted, how code spells it, and the files that can be passed over.

mod bound;
mod column;
mod object;
mod scene;
mod sql;
mod target;

use super::Declarations;
use super::Kind;
use super::Language;
use super::Rank;
use super::Use;
use super::Wanted;
use super::declarations::classes;
use super::declarations::of_file;
use super::literal;
use super::literal::Literal;
use super::literal::Told;
use super::spelling;
use super::token::File;
use aho_corasick::AhoCorasick;
use scene::Scene;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use target::Target;

/// A search for the uses of objects, made once and asked for each file.
pub struct Search {
    targets: Vec<Target>,
    declarations: Declarations,
    /// The names of all models, and their keys.
    models: (BTreeSet<String>, BTreeSet<String>),
    /// Of these a file that uses anything wanted has one.
    needed: Option<AhoCorasick>,
    /// All spellings of what is wanted.
    names: Option<AhoCorasick>,
}

/// A string with SQL, and what its statements say; nothing where that is of no interest.
struct Read {
    literal: Literal,
    told: Vec<Told>,
}

/// Words that statements start with that may use a column without its name.
static NAMELESS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| spellings(["select", "insert", "copy"].map(str::to_owned).to_vec()));

fn spellings(mut spellings: Vec<String>) -> Option<AhoCorasick> {
    spellings.sort_unstable();
    spellings.dedup();
    AhoCorasick::builder().ascii_case_insensitive(true).build(spellings).ok()
}

impl Search {
    /// Gets ready to look for these, given what all files declare.
    pub fn new(wanted: &[Wanted], declarations: Declarations) -> Search {
        let targets: Vec<Target> =
            wanted.iter().map(|wanted| Target::new(wanted, &declarations)).collect();
        let needed = spellings(targets.iter().flat_map(Target::needed).collect());
        let names = spellings(targets.iter().flat_map(Target::names).collect());
        let called: BTreeSet<String> =
            declarations.models.iter().map(|model| model.name.clone()).collect();
        let keys = called.iter().map(|name| spelling::key(name)).collect();
        let models = (called, keys);
        Search { targets, declarations, models, needed, names }
    }

    /// Whether a file can use anything wanted at all; cheap.
    pub fn may_use(&self, text: &str) -> bool {
        has(self.needed.as_ref(), text)
            && (has(self.names.as_ref(), text) || has(NAMELESS.as_ref(), text))
    }

    /// The uses in a file, in order; of several on one line the surest.
    pub fn uses(&self, path: &str, text: &str) -> Vec<Use> {
        let Some(language) = Language::of(path) else { return Vec::new() };
        if !self.may_use(text) {
            return Vec::new();
        }
        let file = File::read(text, language);
        let literals: Vec<Read> = literal::literals(&file)
            .into_iter()
            .map(|literal| {
                let told =
                    if self.may_use(&literal.sql) { literal.statements() } else { Vec::new() };
                Read { literal, told }
            })
            .collect();
        let mut found = Vec::new();
        for read in &literals {
            self.in_sql(&file, read, &mut found);
        }
        if language != Language::Sql {
            self.in_code(path, &file, &literals, &mut found);
        }
        best(&file, found)
    }

    /// The uses outside of statements in SQL.
    fn in_code(&self, path: &str, file: &File, literals: &[Read], found: &mut Vec<Use>) {
        let named = self.named_tokens(file, literals);
        if named.is_empty() {
            return;
        }
        let classes = classes(file);
        let declared = of_file(path, file);
        for (wanted, target) in self.targets.iter().enumerate() {
            let mut scene = Scene {
                search: self,
                target,
                file,
                classes: &classes,
                declared: &declared,
                bound: BTreeSet::new(),
                queries: self.queries(target, literals, file.language),
            };
            scene.bind();
            let mut alone = false;
            for &at in &named {
                let used = match target.wanted.kind {
                    Kind::Column => scene.column(at),
                    _ => scene.object(at),
                };
                // A variable that only has the name is told once.
                let variable = is_variable(file, at);
                let again = variable && alone;
                let used = used.filter(|(rank, _)| *rank != Rank::Possible || !again);
                alone |= variable && used.is_some();
                let span = file.tokens[at].span;
                // Data only looks like code.
                let weak = file.language == Language::Data;
                found.extend(used.map(|(rank, why)| {
                    let rank = if weak { Rank::Possible } else { rank };
                    Use { wanted, span, rank, why }
                }));
            }
        }
    }

    /// The tokens in which anything wanted is spelled, those of statements left out.
    fn named_tokens(&self, file: &File, literals: &[Read]) -> Vec<usize> {
        let Some(names) = &self.names else { return (0..file.len()).collect() };
        let places: Vec<usize> = names.find_iter(file.text).map(|found| found.start()).collect();
        let is_spelled = |at: usize| {
            let span = file.tokens[at].span;
            let next = places.partition_point(|&place| place < span.offset);
            places.get(next).is_some_and(|&place| place < span.end())
        };
        let in_sql = |at: usize| {
            let next = literals.partition_point(|read| read.literal.tokens.0 <= at);
            let before = next.checked_sub(1).map(|before| literals[before].literal.tokens.1);
            before.is_some_and(|last| at <= last) && file.is_text(at)
        };
        (0..file.len()).filter(|&at| is_spelled(at) && !in_sql(at)).collect()
    }
}

/// Whether a word is no member of anything, and no key.
fn is_variable(file: &File, at: usize) -> bool {
    let member = at > 0 && file.is_dot(at - 1);
    file.is_word(at) && !member && !file.is(at + 1, ":")
}

fn has(words: Option<&AhoCorasick>, text: &str) -> bool {
    words.is_none_or(|words| words.is_match(text))
}

/// The surest use of each object on each line.
fn best(file: &File, found: Vec<Use>) -> Vec<Use> {
    let mut kept: BTreeMap<(usize, usize), Use> = BTreeMap::new();
    for used in found {
        let place = (file.line_of(used.span.offset), used.wanted);
        match kept.get(&place) {
            Some(known) if known.rank <= used.rank => {}
            _ => {
                kept.insert(place, used);
            }
        }
    }
    let mut uses: Vec<Use> = kept.into_values().collect();
    uses.sort_by_key(|used| (used.span, used.wanted));
    uses
}
