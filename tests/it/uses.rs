//! Uses in application code, against labels that a person gave: `tests/data/uses/*.toml`.

use super::project::root;
use migrate::code::Declarations;
use migrate::code::Kind;
use migrate::code::Rank;
use migrate::code::Search;
use migrate::code::Wanted;
use migrate::code::classify;
use migrate::code::declarations;
use migrate::code::named_columns;
use migrate::sql::Lines;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// The cases of one file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// A file of code, what is taken away, and the lines that use it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows.
    name: String,
    /// The path of the file.
    file: String,
    /// What is taken away: a kind and a name, such as `column users.email`.
    want: String,
    /// The file.
    code: String,
    /// The lines that use it, with how sure that is.
    #[serde(default)]
    expect: BTreeMap<String, String>,
    /// Lines of `expect` that are not found, and why.
    #[serde(default)]
    missed: BTreeMap<String, String>,
    /// Lines that are found and use nothing, with how sure they are said to be and why.
    #[serde(default)]
    extra: BTreeMap<String, [String; 2]>,
    /// Other files, for what they declare.
    #[serde(default)]
    also: BTreeMap<String, String>,
}

fn cases() -> Vec<Case> {
    let folder = root().join("tests/data/uses");
    let entries = fs::read_dir(folder).expect("the folder of cases");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a file of cases");
        let read: Cases =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(read.case);
    }
    cases
}

fn wanted(words: &str) -> Wanted {
    let (kind, name) = words.split_once(' ').expect("a kind and a name");
    let kind = match kind {
        "table" => Kind::Table,
        "view" => Kind::View,
        "column" => Kind::Column,
        "function" => Kind::Function,
        "value" => Kind::EnumValue,
        "type" => Kind::Type,
        "sequence" => Kind::Sequence,
        other => panic!("no kind is called {other}"),
    };
    let mut parts: Vec<String> = name.split('.').map(str::to_owned).collect();
    let name = parts.pop().expect("a name");
    let belongs = matches!(kind, Kind::Column | Kind::EnumValue);
    let table = if belongs { parts.pop() } else { None };
    Wanted { kind, schema: parts.pop(), table, name }
}

fn rank(rank: Rank) -> &'static str {
    match rank {
        Rank::Certain => "certain",
        Rank::Likely => "likely",
        Rank::Possible => "possible",
    }
}

/// The lines that are found, with how sure each is and why.
fn found(case: &Case) -> BTreeMap<String, (String, String)> {
    let mut declared = Declarations::default();
    declared.merge(declarations(&case.file, &case.code));
    for (path, text) in &case.also {
        declared.merge(declarations(path, text));
    }
    let search = Search::new(&[wanted(&case.want)], declared);
    let lines = Lines::new(&case.code);
    let uses = search.uses(&case.file, &case.code).into_iter().map(|used| {
        let line = lines.position(&case.code, used.span.offset).line;
        (line.to_string(), (rank(used.rank).to_owned(), used.why))
    });
    uses.collect()
}

/// How many lines were found rightly, found wrongly, and not found.
#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Tally {
    fn add(&mut self, found: &BTreeSet<&String>, expected: &BTreeSet<&String>) {
        self.right += found.intersection(expected).count();
        self.wrong += found.difference(expected).count();
        self.missed += expected.difference(found).count();
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases are small")]
    fn share(&self, others: usize) -> f64 {
        self.right as f64 / (self.right + others).max(1) as f64
    }

    fn shown(&self, what: &str) -> String {
        format!(
            "{what}: {} right, {} wrong, {} missed: precision {:.3}, recall {:.3}",
            self.right,
            self.wrong,
            self.missed,
            self.share(self.wrong),
            self.share(self.missed),
        )
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "what is reached is a figure that people ask for")]
fn uses_are_found_as_labelled() {
    let cases = cases();

    let (mut all, mut sure) = (Tally::default(), Tally::default());
    let mut faults = String::new();
    for case in &cases {
        let found = found(case);
        let mut promised: BTreeMap<&String, &String> = case.expect.iter().collect();
        promised.retain(|line, _| !case.missed.contains_key(*line));
        promised.extend(case.extra.iter().map(|(line, [rank, _])| (line, rank)));
        let ranks: BTreeMap<&String, &String> =
            found.iter().map(|(line, (rank, _))| (line, rank)).collect();
        if ranks != promised {
            let _ = write!(faults, "\n{}\n  promised {promised:?}\n  found ", case.name);
            for (line, (rank, why)) in &found {
                let _ = write!(faults, "{line}: {rank} ({why}); ");
            }
        }
        let strong = |rank: &String| rank != "possible";
        all.add(&found.keys().collect(), &case.expect.keys().collect());
        sure.add(
            &found.iter().filter(|(_, (rank, _))| strong(rank)).map(|(line, _)| line).collect(),
            &case.expect.iter().filter(|(_, rank)| strong(rank)).map(|(line, _)| line).collect(),
        );
    }
    println!("{} cases", cases.len());
    println!("{}", all.shown("all"));
    println!("{}", sure.shown("certain and likely"));
    assert!(faults.is_empty(), "{faults}");
    assert!(all.share(all.wrong) >= 0.95, "{}", all.shown("all"));
    assert!(all.share(all.missed) >= 0.9, "{}", all.shown("all"));
}

#[test]
fn sql_in_strings_says_which_columns_it_needs() {
    let code = r#"
        rows = db.query("SELECT u.email, o.total FROM users u JOIN orders o ON o.user_id = u.id")
        more = db.query("SELECT name FROM users, teams")
        none = db.query("SELECT name FRO users")
    "#;
    let needed = named_columns("a.py", code);
    let told: Vec<String> = needed
        .iter()
        .map(|needed| match &needed.column {
            Some(column) => format!("{}.{column}", needed.table),
            None => needed.table.to_string(),
        })
        .collect();
    let expected = [
        "users.email",
        "orders.total",
        "users",
        "orders",
        "orders.user_id",
        "users.id",
        "users",
        "teams",
    ];
    assert_eq!(told, expected);
    assert!(needed.iter().all(|needed| needed.span.end() <= code.len()));
}

/// Every kind of file name, so that each text is read as each language.
const NAMES: &[&str] = &[
    "a.ts",
    "a.py",
    "a.rb",
    "a.go",
    "a.rs",
    "a.java",
    "a.kt",
    "a.scala",
    "a.cs",
    "a.ex",
    "a.php",
    "a.sql",
    "a.prisma",
    "a.graphql",
    "a.erb",
    "a.heex",
    "a.html",
    "a.yml",
];

#[test]
fn any_text_is_read_as_any_language() {
    for (number, case) in cases().iter().enumerate() {
        let wanted = [wanted(&case.want)];
        let boundaries = (0..case.code.len()).filter(|&at| case.code.is_char_boundary(at));
        for at in boundaries.skip(number % 23).step_by(23) {
            let (start, end) = case.code.split_at(at);
            for text in [start, end, &format!("{start}ü€\u{1F600}\"{end}")] {
                let name = NAMES[(at + number) % NAMES.len()];
                classify(name, text);
                named_columns(name, text);
                let search = Search::new(&wanted, declarations(name, text));
                for used in search.uses(name, text) {
                    assert!(text.is_char_boundary(used.span.offset), "{}: {at}", case.name);
                    assert!(text.is_char_boundary(used.span.end()), "{}: {at}", case.name);
                }
            }
        }
    }
}

/// Texts whose cost would grow faster than their length, if something were looked for again and
/// again.
const AGAIN: &[&str] = &[
    "(",
    "]",
    "([{",
    "`${",
    "<<~SQL users\n",
    "%w[users ",
    "/[",
    "{{ users",
    "\"\"\"",
    "'users",
    "class Users {",
    "class users\n",
    "table('users', ",
    "'users' + ",
    "[users, ",
    "users.",
    "users(",
    "#{\"users",
    "\\",
    "SELECT users FROM users, ",
    "<% ",
    "r#\"users",
    "/*",
    "email: users, ",
];

#[test]
fn a_long_text_costs_no_more_than_its_length() {
    let wanted = [wanted("column users.email"), wanted("table users")];
    for part in AGAIN {
        let text = part.repeat(8_000 / part.len()) + "email";
        for name in NAMES {
            let search = Search::new(&wanted, declarations(name, &text));
            search.uses(name, &text);
        }
    }
}
