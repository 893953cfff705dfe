//! `migrate completions` and `migrate man`: what shells and readers of manuals take.

use super::project::Project;
use std::collections::BTreeSet;
use std::process::Command;

/// The commands, as `--help` lists them.
fn commands() -> Vec<String> {
    let help = Project::new().run("--help").out;
    let (_, list) = help.split_once("Commands:\n").expect("there is a list");
    let words = list.lines().take_while(|line| !line.is_empty());
    let words = words.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    words.filter(|word| word != "help").collect()
}

/// Runs a program on a file, where it is installed: whether it has nothing to say against it.
#[expect(clippy::print_stderr, reason = "a check that cannot be made says so")]
fn checked(program: &str, words: &[&str], project: &Project) {
    let output = Command::new(program).args(words).current_dir(project.path()).output();
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{program}: {said}");
        }
        Err(_) => eprintln!("{program} is not here: what it would read is only looked at as text"),
    }
}

#[test]
fn every_shell_learns_every_command() {
    let commands = commands();
    assert!(commands.len() > 6, "{commands:?}");
    for (shell, mark) in [
        ("bash", "complete -F _migrate"),
        ("elvish", "set edit:completion:arg-completer[migrate]"),
        ("fish", "complete -c migrate"),
        ("nushell", "export extern migrate"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'migrate'"),
        ("zsh", "#compdef migrate"),
    ] {
        let run = Project::new().run(&format!("completions {shell}"));
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains(mark), "{shell}: {}", run.out);
        for command in &commands {
            assert!(run.out.contains(command.as_str()), "{shell} does not learn {command}");
        }
        assert!(run.out.contains("fail-on"), "{shell} does not learn the options");
        let project = Project::new().file("script", &run.out);
        match shell {
            "bash" | "zsh" | "fish" => checked(shell, &["-n", "script"], &project),
            _ => {}
        }
    }
    assert_eq!(Project::new().run("completions tcsh").code, 2);
}

#[test]
fn bash_completes() {
    let run = Project::new().run("completions bash");
    let script = format!(
        "{}\nCOMP_WORDS=(migrate lint --form)\nCOMP_CWORD=2\n_migrate migrate --form lint\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        run.out
    );
    let project = Project::new().file("script", script);
    let output = Command::new("bash").arg("script").current_dir(project.path()).output();
    let output = output.expect("bash is installed");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--format\n", "{output:?}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let project = Project::new();
    let run = project.run("man");
    assert_eq!(run.code, 0, "{}", run.err);
    for section in [".TH migrate 1", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH SUBCOMMANDS"] {
        assert!(run.out.contains(section), "no {section} in {}", run.out);
    }
    let run = project.run("man --out pages/man1");
    assert_eq!(run.code, 0, "{}", run.err);
    let pages: BTreeSet<&str> = run.out.lines().collect();
    assert!(pages.contains("pages/man1/migrate.1"), "{pages:?}");
    for command in commands() {
        let page = format!("pages/man1/migrate-{command}.1");
        assert!(pages.contains(page.as_str()), "no {page} in {pages:?}");
        let text = project.read(&page);
        assert!(text.contains(&format!(".TH migrate-{command} 1")), "{text}");
        let summary = format!("migrate\\-{} \\- ", command.replace('-', "\\-"));
        assert!(text.contains(&summary), "the index of manuals finds it: {text}");
    }
    assert!(project.read("pages/man1/migrate-lint.1").contains("\\-\\-baseline"));
    for page in &pages {
        let output = Command::new("mandoc")
            .args(["-T", "lint", "-W", "error", page])
            .current_dir(project.path())
            .output();
        match output {
            Ok(output) => assert!(output.status.success(), "{page}: {output:?}"),
            Err(_) => well_formed(&project.read(page)),
        }
    }
}

/// What can be said of a page without a program that sets it.
fn well_formed(page: &str) {
    let count = |word: &str| page.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!(count(".RS"), count(".RE"), "indents end: {page}");
    for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
        let known = [".ie", ".el", ".TH", ".SH", ".TP", ".br", ".RS", ".RE", ".IP", ".sp"];
        let word = line.split(' ').next().unwrap_or_default();
        assert!(known.contains(&word), "a text is taken for a request: {line}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let run = Project::new().file("here", "a file").run("man --out here/below");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("here/below"), "{}", run.err);
}
