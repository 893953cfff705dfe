//! Every SQL fence of every rule page as a test with a name, and the form of the pages.

#[path = "support/changes.rs"]
mod changes;
#[path = "support/fences.rs"]
mod fences;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/table.rs"]
mod table;

use changes::ChangeCase;
use fences::Case;
use fences::Section;
use libtest_mimic::Arguments;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::lint;
use migrate::lint::Finding;
use migrate::lint::Linted;
use migrate::lint::Severities;
use migrate::report;
use migrate::report::Format;
use migrate::report::Report;
use migrate::report::Style;
use migrate::rules;
use migrate::rules::Page;
use migrate::rules::Rule;
use migrate::version::Major;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("pages::listed", || pages_are_listed().map_err(Failed::from)),
        Trial::test("pages::asked", || asked_of_all().map_err(Failed::from)),
        Trial::test("pages::table", || {
            golden::check("rules/README.md", &table::readme()).map_err(Failed::from)
        }),
    ];
    for rule in rules::all() {
        // A page that does not parse is a trial of its own, else no trial would be listed.
        trials.push(Trial::test(format!("{}::page", rule.id), move || page(rule)));
        if Page::parse(rule.text).is_err() {
            continue;
        }
        for case in fences::cases(rule).unwrap_or_default() {
            let name = case.name();
            trials.push(Trial::test(name, move || fence(&case).map_err(Failed::from)));
        }
        // A fence that says nothing is found by the test of its page.
        for case in changes::cases(rule).unwrap_or_default() {
            let name = case.name();
            trials.push(Trial::test(name, move || change(&case).map_err(Failed::from)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// No rule that is on by default is spared other pages.
fn asked_of_all() -> Result<(), String> {
    let off = |id: &str| rules::find(id).is_some_and(|rule| rule.settings().opt_in);
    match ASK_FOR_MORE.iter().find(|id| !off(id)) {
        Some(id) => Err(format!("`{id}` is on by default, and has to be silent on other pages")),
        None => Ok(()),
    }
}

/// The folder holds a page for each rule, and no other.
fn pages_are_listed() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("rules");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let name = name.to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".md").filter(|stem| *stem != "README") {
            found.insert(stem.to_owned());
        }
    }
    let listed: BTreeSet<String> = rules::all().map(|rule| rule.id.to_owned()).collect();
    let odd: Vec<&String> = found.symmetric_difference(&listed).collect();
    for entry in fs::read_dir(root.join("tests/rules")).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let name = name.to_string_lossy().into_owned();
        if !listed.contains(name.trim_end_matches(".md")) {
            return Err(format!("tests/rules/{name} is of no rule"));
        }
    }
    if odd.is_empty() { Ok(()) } else { Err(format!("not in both the list and rules/: {odd:?}")) }
}

const HEADINGS: [&str; 6] = ["Why", "Unsafe", "Safe", "Allowed", "Limits", "See"];

/// The form of a page, and the reports in it.
fn page(rule: &'static Rule) -> Result<(), Failed> {
    let page = Page::parse(rule.text).map_err(|error| error.to_string())?;
    let cases = fences::cases(rule)?;
    let changes = changes::cases(rule)?;
    let expect = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    expect(page.title == rule.id, "the title is the rule's id")?;
    expect(page.summary.ends_with('.'), "the summary is a sentence on one line")?;
    let known = page.headings.iter().map(|heading| HEADINGS.iter().position(|h| h == heading));
    let places: Option<Vec<usize>> = known.collect();
    let places = places.ok_or("a heading is not one of Why, Unsafe, Safe, Allowed, Limits, See")?;
    expect(places.is_sorted_by(|one, other| one < other), "the headings are in order")?;
    for needed in ["Why", "Unsafe", "Safe", "Limits"] {
        let there = page.headings.iter().any(|heading| heading == needed);
        expect(there, &format!("the page has a heading `{needed}`"))?;
    }
    for section in [Section::Unsafe, Section::Safe] {
        let sql = cases.iter().any(|case| case.in_page && case.section == section);
        let there = sql || changes.iter().any(|case| case.section == section);
        expect(there, &format!("there is SQL, or a change set, under {section:?}"))?;
    }
    links(rule)?;
    Ok(golden::check(
        &format!("rules/{}.md", rule.id),
        &with_reports(rule, &page, &cases, &changes),
    )?)
}

/// Links to other pages resolve.
fn links(rule: &Rule) -> Result<(), String> {
    for (at, _) in rule.text.match_indices("](") {
        let target = rule.text[at + 2..].split([')', '#']).next().unwrap_or_default();
        let external = target.starts_with("https://");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(target);
        if !external && !path.exists() {
            return Err(format!("the link to `{target}` leads nowhere"));
        }
    }
    Ok(())
}

/// The page with each `text report` fence holding what `migrate lint` says of the SQL before it.
fn with_reports(rule: &Rule, page: &Page, cases: &[Case], changes: &[ChangeCase]) -> String {
    let mut text = rule.text.to_owned();
    for fence in page.fences.iter().rev().filter(|fence| fence.info == "text report") {
        let case = cases.iter().rfind(|case| case.in_page && case.line < fence.line);
        let change = changes.iter().rfind(|case| case.line < fence.line);
        let drawn = match (case, change) {
            (Some(case), _) => {
                let mut file = only(rule, judge(case));
                "migration.sql".clone_into(&mut file.shown);
                drawn(&[file])
            }
            (None, Some(change)) => {
                let found = changes::judge(change, &severities(rule)).into_iter();
                drawn(&found.map(|file| only(rule, file)).collect::<Vec<_>>())
            }
            (None, None) => String::new(),
        };
        let start: usize = text.split_inclusive('\n').take(fence.line - 1).map(str::len).sum();
        text.replace_range(start..start + fence.code.len(), &drawn);
    }
    text
}

/// The findings of one rule.
fn only(rule: &Rule, mut file: Linted) -> Linted {
    file.findings.retain(|finding| finding.rule == rule.id);
    file
}

fn drawn(files: &[Linted]) -> String {
    let report = Report { postgres: Major::DEFAULT, files, known: 0, skipped: &[], change: None };
    let style = Style { color: false, width: 100 };
    let mut out = Vec::new();
    report::write(&report, Format::Human, style, &mut out).expect("memory takes all");
    let text = String::from_utf8(out).expect("reports are UTF-8");
    // The summary speaks of a run, not of a rule.
    let end = text.trim_end().rfind("\n\n").map_or(text.len(), |at| at + 1);
    let lines: Vec<&str> = text[..end].lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn fence(case: &Case) -> Result<(), String> {
    let found = judge(case);
    match case.section {
        Section::Unsafe => marked(case, &found),
        Section::Safe | Section::Allowed => {
            let all: Vec<String> = found.findings.iter().map(words).collect();
            if all.is_empty() { Ok(()) } else { Err(format!("not silent:\n{}", all.join("\n"))) }
        }
    }
}

/// The rule finds something on exactly the lines that say so: `-- error: [rule-id]`.
fn marked(case: &Case, found: &Linted) -> Result<(), String> {
    let mut expected = BTreeSet::new();
    for (number, line) in case.code.lines().enumerate() {
        for severity in ["error", "warning", "info"] {
            if line.contains(&format!("-- {severity}: [{}]", case.rule.id)) {
                expected.insert((number + 1, severity));
            }
        }
    }
    if expected.is_empty() {
        return Err("no line says what is found there".to_owned());
    }
    // A statement of several lines is marked where it ends, or where the place ends.
    let mine = found.findings.iter().filter(|finding| finding.rule == case.rule.id);
    let actual: BTreeSet<(usize, &str)> =
        mine.map(|finding| (finding.end.line, finding.severity.word())).collect();
    if actual == expected {
        return Ok(());
    }
    let all: Vec<String> = found.findings.iter().map(words).collect();
    Err(format!("expected {expected:?}, found {actual:?}; all findings:\n{}", all.join("\n")))
}

/// The rule finds something on exactly the lines of a change set that say so, in the comments of
/// whatever language; or nothing does.
fn change(case: &ChangeCase) -> Result<(), String> {
    let found = changes::judge(case, &severities(case.rule));
    let all = || -> Vec<String> {
        let each = |file: &Linted| {
            let shown = file.shown.clone();
            let line = move |finding| format!("{shown}:{}", words(finding));
            file.findings.iter().map(line).collect::<Vec<_>>()
        };
        found.iter().flat_map(each).collect()
    };
    if case.section != Section::Unsafe {
        let all = all();
        return if all.is_empty() {
            Ok(())
        } else {
            Err(format!("not silent:\n{}", all.join("\n")))
        };
    }
    let (mut expected, mut actual) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in case.texts() {
        for (number, line) in text.lines().enumerate() {
            for severity in ["error", "warning", "info"] {
                if line.contains(&format!("{severity}: [{}]", case.rule.id)) {
                    expected.insert((path, number + 1, severity));
                }
            }
        }
    }
    for file in &found {
        let mine = file.findings.iter().filter(|finding| finding.rule == case.rule.id);
        actual.extend(
            mine.map(|finding| (file.shown.as_str(), finding.end.line, finding.severity.word())),
        );
    }
    if !expected.is_empty() && actual == expected {
        return Ok(());
    }
    let all = all().join("\n");
    Err(format!("expected {expected:?}, found {actual:?}; all findings:\n{all}"))
}

/// Rules that are off by default because they ask for more than the safe way needs, such as a
/// timeout in each file: of other pages they are not asked.
const ASK_FOR_MORE: &[&str] = &[
    "alter-table-repeated",
    "create-matview-with-data",
    "lock-timeout-missing",
    "missing-analyze",
    "multi-table-lock",
    "schema-and-data-mixed",
    "tightens-writes",
    "unique-may-fail-on-data",
    "unnamed-constraint",
];

/// How bad rules are to the fences of one: those that are off by default are asked too.
fn severities(of: &Rule) -> Severities {
    let asked = |rule: &&Rule| rule.id == of.id || !ASK_FOR_MORE.contains(&rule.id);
    let all = rules::all().filter(asked);
    all.map(|rule| (rule.id, Some(rule.settings().severity))).collect()
}

/// What all rules find in the files of a case.
fn judge(case: &Case) -> Linted {
    let severities = severities(case.rule);
    let files = fences::examine(case).into_iter();
    let mut files = files.map(|file| lint::lint(file, &severities, None, case.setting.postgres));
    let mut all = files.next().expect("a case has a file");
    all.text.clone_from(&case.code);
    for file in files {
        all.findings.extend(file.findings);
    }
    all
}

/// A finding, for messages of tests.
fn words(finding: &Finding) -> String {
    format!(
        "{}:{} {}[{}] {}",
        finding.start.line,
        finding.start.column,
        finding.severity.word(),
        finding.rule,
        finding.message
    )
}
