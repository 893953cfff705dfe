//! The shape of the house: layers, names that stop at a module, files that open with a sentence.

use super::project::root;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// All Rust files below a folder of the repository, with their texts.
fn sources(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("it is below").display().to_string();
                found.insert(name, fs::read_to_string(&path).expect("it can be read"));
            }
        }
    }
    assert!(!found.is_empty(), "there are sources in {folder}");
    found
}

/// The top-level module that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn module_of(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/")?;
    let module = inner.split('/').next()?.trim_end_matches(".rs");
    (!["lib", "main"].contains(&module)).then_some(module)
}

/// The modules, lowest layer first, as `lib.rs` lists them.
fn layers() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs is there");
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod "));
    modules.map(|module| module.trim_end_matches(';').to_owned()).collect()
}

/// The words of a text, with what stands behind each.
fn mentions<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.match_indices(word).map(|(at, _)| &text[at + word.len()..]).collect()
}

/// The lines of a file that are code.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_module_names_only_modules_above_it_in_the_list() {
    let layers = layers();
    let rank = |module: &str| layers.iter().position(|known| known == module);
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let Some(module) = module_of(&path) else { continue };
        let own = rank(module).unwrap_or_else(|| panic!("lib.rs does not list {module}"));
        for rest in mentions(&code(&text), "crate::") {
            let named: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            match rank(&named) {
                Some(rank) if rank <= own => {}
                Some(_) => faults.push(format!("{path}: {module} names {named}, a layer above it")),
                None => faults.push(format!("{path}: `crate::{named}` is no module of the list")),
            }
        }
        for climb in ["super::super", "crate::{"] {
            if text.contains(climb) {
                faults.push(format!("{path}: `{climb}` hides which layer is meant"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What only some files may name.
const STOPS: &[(&str, &[&str])] = &[
    ("sqlparser", &["src/sql/lower.rs"]),
    ("gix", &["src/workspace/git", "src/workspace/hook.rs"]),
    ("ignore::", &["src/workspace"]),
    ("tokio", &["src/db"]),
    ("rustls", &["src/db", "src/probe.rs"]),
    ("ureq", &["src/probe.rs"]),
    ("miette", &["src/report"]),
    ("quick_xml", &["src/report"]),
    ("serde_sarif", &["src/report"]),
    ("anstyle", &["src/report"]),
    ("similar::", &["src/report"]),
    ("indicatif", &["src/report/bar.rs"]),
    ("clap", &["src/cli", "src/report.rs"]),
    ("std::fs", &["src/workspace", "src/shadow", "src/cli"]),
    ("std::env", &["src/shadow", "src/cli", "src/main.rs"]),
    ("std::process", &["src/shadow", "src/cli", "src/main.rs"]),
    (
        "Instant",
        &[
            "src/shadow",
            "src/db",
            "src/runner",
            "src/backfill",
            "src/demo",
            "src/rehearse",
            "src/cli",
        ],
    ),
    ("SystemTime", &["src/cli"]),
    ("Timestamp::now", &["src/cli"]),
    ("jiff", &["src/cli", "src/ledger/moment.rs"]),
    (
        "std::thread",
        &[
            "src/shadow",
            "src/backfill",
            "src/examine.rs",
            "src/change",
            "src/demo",
            "src/cli/backfill/metrics.rs",
        ],
    ),
    ("tiny_http", &["src/cli/backfill/metrics.rs"]),
    ("tempfile", &["src/shadow"]),
];

#[test]
fn names_stop_where_they_should() {
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let text = code(&text);
        for (name, places) in STOPS {
            let allowed = places.iter().any(|place| path.starts_with(place));
            if text.contains(name) && !allowed {
                faults.push(format!("{path} names `{name}`, which stops at {places:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_opens_with_a_sentence() {
    let mut faults = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let opening = text.lines().take_while(|line| line.starts_with("//!"));
        let opening = opening.take_while(|line| *line != "//!").collect::<Vec<_>>();
        if !opening.last().is_some_and(|line| line.trim_end().ends_with(['.', ':'])) {
            faults.push(path);
        }
    }
    assert!(faults.is_empty(), "no sentence at the start of {faults:?}");
}

#[test]
fn no_line_is_wider_than_a_hundred_characters() {
    let mut faults = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > 100 {
                faults.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The files that a file declares as modules.
fn declared(path: &str, text: &str) -> Vec<String> {
    let path = Path::new(path);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a file has a name");
    let parent = path.parent().expect("a file stands in a folder");
    let folder: PathBuf =
        if ["lib", "main"].contains(&stem) { parent.to_owned() } else { parent.join(stem) };
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let line = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        if let Some(module) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            found.push(folder.join(format!("{module}.rs")).display().to_string());
        }
    }
    found
}

#[test]
fn no_file_is_forgotten() {
    let sources = sources("src");
    let mut known: Vec<String> = vec!["src/lib.rs".to_owned(), "src/main.rs".to_owned()];
    for (path, text) in &sources {
        known.extend(declared(path, text));
    }
    let forgotten: Vec<&String> = sources.keys().filter(|path| !known.contains(path)).collect();
    assert!(forgotten.is_empty(), "nobody declares {forgotten:?}");
}

#[test]
fn architecture_names_every_module() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    for module in layers() {
        assert!(page.contains(&format!("`{module}`")), "ARCHITECTURE.md is silent on {module}");
    }
}
