//! What holds of every text: of any characters, and of real SQL that was cut, doubled and mixed.

use super::invariants;
use migrate::rules;
use migrate::rules::Rule;
use migrate::version::Major;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::proptest;
use proptest::sample::Index;
use proptest::sample::select;

/// What is put into real SQL: what opens or closes something, or means something somewhere.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "$$",
    "$a$",
    "/*",
    "*/",
    "--",
    ";",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "::",
    "\\",
    "\n",
    "\0",
    "é",
    "\u{feff}",
    "${x}",
    "{{ y }}",
    ":v",
    "\\gexec",
    "COPY t FROM stdin;\n",
    "\\.\n",
    " DO $$ BEGIN ",
    " END $$; ",
    " BEGIN ATOMIC ",
    " NOT VALID ",
    " CONCURRENTLY ",
    " CASCADE ",
    " IF NOT EXISTS ",
    " DEFAULT ",
    " USING ",
    " E'\\'",
    " U&'!0041' UESCAPE '!' ",
    "99999999999",
];

/// A change of a text.
#[derive(Clone, Debug)]
enum Change {
    Cut(Index, Index),
    Double(Index, Index),
    Insert(Index, &'static str),
}

/// The character border at or before a place that was chosen blindly.
fn border(text: &str, at: Index) -> usize {
    (0..=at.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl Change {
    fn apply(&self, text: &mut String) {
        match self {
            Change::Insert(at, piece) => text.insert_str(border(text, *at), piece),
            Change::Cut(one, other) | Change::Double(one, other) => {
                let (one, other) = (border(text, *one), border(text, *other));
                let range = one.min(other)..one.max(other);
                let part = text[range.clone()].to_owned();
                match self {
                    Change::Cut(..) => text.replace_range(range, ""),
                    _ => text.insert_str(range.end, &part),
                }
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let places = || (any::<Index>(), any::<Index>());
    proptest::prop_oneof![
        places().prop_map(|(one, other)| Change::Cut(one, other)),
        places().prop_map(|(one, other)| Change::Double(one, other)),
        (any::<Index>(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece)),
    ]
}

/// The SQL of a rule's page: what was deployed before, and one of the fences.
fn fences(rule: &'static Rule) -> Vec<(String, String)> {
    let fences = &rule.page().fences;
    let sql = fences.iter().filter(|fence| fence.info.starts_with("sql"));
    let (given, judged): (Vec<_>, Vec<_>) = sql.partition(|fence| fence.info == "sql given");
    let given: String = given.iter().map(|fence| fence.code.as_str()).collect();
    judged.iter().map(|fence| (given.clone(), fence.code.clone())).collect()
}

/// Real SQL, changed a few times, with what was deployed before it.
fn mutated() -> impl Strategy<Value = (String, String)> {
    let all: Vec<(String, String)> = rules::all().flat_map(fences).collect();
    let changes = proptest::collection::vec(change(), 0..6);
    (select(all), changes).prop_map(|((given, mut text), changes)| {
        for change in &changes {
            change.apply(&mut text);
        }
        (given, text)
    })
}

fn major() -> impl Strategy<Value = Major> {
    let numbers = i64::from(Major::OLDEST.number())..=i64::from(Major::NEWEST.number());
    numbers.prop_map(|number| Major::new(number).expect("it is one of those known"))
}

/// A failure prints the text, smaller; it becomes a test of its own, not a file of seeds.
fn often(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(often(256))]

    #[test]
    fn any_text_is_split_and_joined_again(text in any::<String>()) {
        invariants::splits_and_joins(&text);
    }

    #[test]
    fn any_text_is_judged_alike(text in any::<String>(), postgres in major()) {
        invariants::is_judged_alike("", &text, postgres, false);
    }

    #[test]
    fn any_text_is_a_configuration_or_says_why_not(text in any::<String>()) {
        invariants::is_configured(&text);
    }

    #[test]
    fn real_sql_is_split_and_joined_again((_, text) in mutated()) {
        invariants::splits_and_joins(&text);
    }

    #[test]
    fn real_sql_is_judged_alike(
        (given, text) in mutated(),
        postgres in major(),
        wrapped in any::<bool>(),
    ) {
        invariants::is_judged_alike(&given, &text, postgres, wrapped);
    }
}

/// What is whole in a page is split as it is when each of its statements stands alone.
#[test]
fn statements_of_the_pages_are_the_same_alone() {
    for (given, text) in rules::all().flat_map(fences) {
        for text in [given, text] {
            let statements = invariants::statements(&text);
            let again = invariants::statements(&(statements.join("\n;\n")));
            assert_eq!(statements, again);
        }
    }
}
