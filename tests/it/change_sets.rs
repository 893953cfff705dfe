//! Change sets of real repositories: what is new, edited, gone or renamed, and both sides' texts.

use crate::project::Project;
use migrate::migration::Tree;
use migrate::workspace::ChangeKind;
use migrate::workspace::ChangeSet;
use migrate::workspace::Git;
use migrate::workspace::GitError;
use migrate::workspace::Node;
use migrate::workspace::Range;
use std::fs;
use std::path::Path;

/// Lines enough for a file to be known again after an edit.
const LONG: &str = "CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE TABLE lines (id bigint);\n\
    CREATE TABLE parts (id bigint);\nCREATE TABLE people (id bigint);\n";

fn repository() -> Project {
    let project = Project::new()
        .file("a.sql", "SELECT 1;\n")
        .file("b.sql", LONG)
        .file("folder/c.sql", "SELECT 3;\n")
        .file(".gitignore", "ignored/\n");
    project.git(&["init", "-q"]);
    project.commit("one");
    project
}

fn change_set(folder: &Path, range: &Range) -> Result<ChangeSet, GitError> {
    Git::discover(folder)?.change_set(range)
}

fn set(folder: &Path, range: &Range) -> ChangeSet {
    change_set(folder, range).expect("git has an answer")
}

fn fault(folder: &Path, range: &Range) -> String {
    change_set(folder, range).err().expect("git has no answer").to_string()
}

fn base(name: &str) -> Range {
    Range::Base(name.to_owned())
}

fn between(range: &str) -> Range {
    Range::Between(range.to_owned())
}

/// The changes, as `git diff --name-status` would write them.
fn told(set: &ChangeSet) -> Vec<String> {
    let changes = set.changes.iter().map(|change| match (change.kind, &change.before_path) {
        (ChangeKind::Added, None) => format!("A {}", change.path),
        (ChangeKind::Edited, None) => format!("M {}", change.path),
        (ChangeKind::Deleted, None) => format!("D {}", change.path),
        (ChangeKind::Renamed, Some(before)) => format!("R {before} {}", change.path),
        other => panic!("{other:?} at {}", change.path),
    });
    changes.collect()
}

#[test]
fn base_sees_what_is_committed_staged_edited_and_untracked() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("committed.sql", "SELECT 10;\n");
    project.commit("two");
    project.write("staged.sql", "SELECT 11;\n");
    project.git(&["add", "staged.sql"]);
    project.write("a.sql", "SELECT 12;\n");
    project.write("new/untracked.sql", "SELECT 13;\n");
    project.write("ignored/no.sql", "SELECT 14;\n");
    project.git(&["rm", "-q", "folder/c.sql"]);
    // What the base does meanwhile is no change of ours.
    project.git(&["branch", "-f", "theirs", "main"]);
    for folder in [project.path().to_owned(), project.path().join("new")] {
        let set = set(&folder, &base("main"));
        assert_eq!(
            told(&set),
            ["M a.sql", "A committed.sql", "D folder/c.sql", "A new/untracked.sql", "A staged.sql"]
        );
        assert_eq!(set.to, "the working tree");
        assert_eq!(set.before.text("a.sql").as_deref(), Some("SELECT 1;\n"));
        assert_eq!(set.after.text("a.sql").as_deref(), Some("SELECT 12;\n"));
        assert_eq!(set.before.paths(), [".gitignore", "a.sql", "b.sql", "folder/c.sql"]);
        let after = set.after.paths();
        assert!(after.iter().any(|path| path == "new/untracked.sql"), "{after:?}");
        assert!(!after.iter().any(|path| path.contains("c.sql") || path.contains("ignored")));
        assert_eq!(set.after.text("folder/c.sql"), None);
    }
}

#[test]
fn base_goes_from_where_the_branch_left() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("ours.sql", "SELECT 1;\n");
    project.commit("ours");
    project.git(&["switch", "-q", "main"]);
    project.write("theirs.sql", "SELECT 2;\n");
    project.commit("theirs");
    project.git(&["switch", "-q", "feature"]);
    assert_eq!(told(&set(project.path(), &base("main"))), ["A ours.sql"]);
    assert_eq!(told(&set(project.path(), &between("main...feature"))), ["A ours.sql"]);
    assert_eq!(
        told(&set(project.path(), &between("main..feature"))),
        ["A ours.sql", "D theirs.sql"],
        "two dots compare the two as they are, and neither file is like the other"
    );
}

#[test]
fn an_edit_that_is_taken_back_is_no_change() {
    let project = repository();
    project.write("a.sql", "SELECT 2;\n");
    project.git(&["add", "a.sql"]);
    project.write("a.sql", "SELECT 1;\n");
    assert_eq!(told(&set(project.path(), &base("HEAD"))), [""; 0]);
    assert_eq!(told(&set(project.path(), &Range::Staged)), ["M a.sql"]);
}

#[test]
fn staged_is_the_index_whatever_the_disk_says() {
    let project = repository();
    project.write("a.sql", "SELECT 2;\n");
    project.git(&["add", "a.sql"]);
    project.write("a.sql", "SELECT 3;\n");
    project.write("intended.sql", "SELECT 4;\n");
    project.git(&["add", "-N", "intended.sql"]);
    let staged = set(project.path(), &Range::Staged);
    assert_eq!(told(&staged), ["M a.sql"]);
    assert_eq!(staged.after.text("a.sql").as_deref(), Some("SELECT 2;\n"));
    assert_eq!(staged.to, "the index");
    assert_eq!(told(&set(project.path(), &base("HEAD"))), ["M a.sql", "A intended.sql"]);
}

#[test]
fn staged_before_the_first_commit_is_all_new() {
    let project = Project::new().file("a.sql", "SELECT 1;\n");
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    let staged = set(project.path(), &Range::Staged);
    assert_eq!(told(&staged), ["A a.sql"]);
    assert_eq!(staged.before.paths(), [""; 0]);
    assert_eq!(staged.from, "no commit");
    let said = fault(project.path(), &base("HEAD"));
    assert!(said.contains("HEAD has no commit yet"), "{said}");
}

#[test]
fn a_range_reads_commits_and_not_the_disk() {
    let project = repository();
    project.write("a.sql", "SELECT 2;\n");
    project.commit("two");
    project.write("a.sql", "SELECT 3;\n");
    project.write("untracked.sql", "SELECT 4;\n");
    let two = set(project.path(), &between("HEAD~1..HEAD"));
    assert_eq!(told(&two), ["M a.sql"]);
    assert_eq!(two.after.text("a.sql").as_deref(), Some("SELECT 2;\n"));
    assert!(two.from != two.to && 4 <= two.from.len() && two.from.len() < 40, "{}", two.from);
    assert_eq!(told(&set(project.path(), &between("HEAD~1.."))), ["M a.sql"]);
    for wrong in ["HEAD", "..", "...", "HEAD..HEAD..HEAD", "HEAD....HEAD"] {
        let said = fault(project.path(), &between(wrong));
        assert!(said.contains("no range of commits"), "{wrong}: {said}");
    }
    let bare = Project::new();
    let from = project.path().display().to_string();
    bare.git(&["clone", "-q", "--bare", &from, "."]);
    assert_eq!(told(&set(bare.path(), &between("main~1..main"))), ["M a.sql"]);
    assert!(fault(bare.path(), &base("main~1")).contains("has no working tree"));
}

#[test]
fn renames_are_found_in_every_range() {
    let project = repository();
    project.git(&["mv", "a.sql", "moved.sql"]);
    project.git(&["mv", "b.sql", "edited.sql"]);
    project.write("edited.sql", format!("{LONG}SELECT 'one more';\n"));
    project.write("unlike.sql", "TRUNCATE users;\n");
    let all = ["R b.sql edited.sql", "R a.sql moved.sql", "A unlike.sql"];
    assert_eq!(told(&set(project.path(), &base("HEAD"))), all);
    project.git(&["add", "-A"]);
    assert_eq!(told(&set(project.path(), &Range::Staged)), all);
    project.commit("two");
    assert_eq!(told(&set(project.path(), &between("HEAD~1..HEAD"))), all);
}

#[test]
fn the_most_alike_file_is_the_one_that_was_renamed() {
    let project = repository();
    project.git(&["rm", "-q", "b.sql"]);
    // Both are like what is gone; the later one is more so.
    project.write("first.sql", format!("{LONG}SELECT 'a line that makes it less alike';\n"));
    project.write("second.sql", format!("{LONG}-- x\n"));
    let expected = ["A first.sql", "R b.sql second.sql"];
    assert_eq!(told(&set(project.path(), &base("HEAD"))), expected);
}

#[test]
fn half_of_the_text_makes_a_rename() {
    let lines = |from: u32, to: u32| -> String {
        let lines = (from..to).map(|line| format!("SELECT 'line {line:>4}';\n"));
        lines.collect::<Vec<String>>().concat()
    };
    for (kept, is_rename) in [(20, false), (60, true)] {
        let project = repository();
        project.write("old.sql", lines(0, 100));
        project.commit("two");
        project.git(&["rm", "-q", "old.sql"]);
        project.write("new.sql", lines(0, kept) + &lines(1000, 1100 - kept));
        project.commit("three");
        let told = told(&set(project.path(), &between("HEAD~1..HEAD")));
        let diff = project.git_says(&["diff", "-M", "--name-status", "HEAD~1", "HEAD"]);
        assert_eq!(told == ["R old.sql new.sql"], is_rename, "{kept}: {told:?}");
        assert_eq!(diff.starts_with('R'), is_rename, "git says the same: {diff}");
    }
}

#[test]
fn line_ends_that_a_checkout_turned_are_no_change() {
    let project = repository();
    project.write("a.sql", "SELECT 1;\r\n");
    project.write("b.sql", format!("{LONG}SELECT 1;\n").replace('\n', "\r\n"));
    assert_eq!(told(&set(project.path(), &base("HEAD"))), ["M b.sql"], "whatever git is told");
    project.git(&["config", "core.autocrlf", "true"]);
    let set = set(project.path(), &base("HEAD"));
    assert_eq!(told(&set), ["M b.sql"]);
    assert_eq!(set.after.text("a.sql").as_deref(), Some("SELECT 1;\r\n"), "offsets are the disk's");
    project.git(&["config", "core.autocrlf", "false"]);
    project.commit("two");
    let committed = told(&self::set(project.path(), &between("HEAD~1..HEAD")));
    assert_eq!(committed, ["M a.sql", "M b.sql"], "what is committed is what tools hash");
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let project = repository();
    project.write("latin.sql", b"SELECT '\xe4';\n");
    project.write("nul.sql", b"\0\0\xff");
    project.commit("two");
    project.write("latin.sql", b"SELECT '\xf6';\n");
    let set = set(project.path(), &base("HEAD~1"));
    assert_eq!(told(&set), ["A latin.sql", "A nul.sql"]);
    assert_eq!(set.after.text("latin.sql").as_deref(), Some("SELECT '\0';\n"));
    let staged = self::set(project.path(), &between("HEAD~1..HEAD"));
    assert_eq!(staged.after.text("latin.sql").as_deref(), Some("SELECT '\0';\n"));
    assert_eq!(told(&self::set(project.path(), &base("HEAD"))), ["M latin.sql"]);
}

#[test]
fn what_is_too_large_is_listed_and_not_read() {
    let project = repository();
    let file = fs::File::create(project.path().join("large.sql")).expect("made");
    file.set_len(64 * 1024 * 1024 + 1).expect("grown");
    let untracked = set(project.path(), &base("HEAD"));
    assert_eq!(told(&untracked), ["A large.sql"]);
    assert_eq!(untracked.after.text("large.sql"), None);
    project.git(&["add", "large.sql"]);
    let staged = set(project.path(), &Range::Staged);
    assert_eq!(told(&staged), ["A large.sql"]);
    assert_eq!(staged.after.text("large.sql"), None);
}

#[cfg(unix)]
#[test]
fn links_submodules_and_executable_bits_are_what_they_are() {
    use std::os::unix::fs::PermissionsExt;
    let project = repository();
    let inner = project.path().join("inner");
    fs::create_dir(&inner).expect("made");
    let from = repository();
    project.git(&["-C", "inner", "init", "-q"]);
    project.git(&["-C", "inner", "pull", "-q", &from.path().display().to_string(), "main"]);
    std::os::unix::fs::symlink("a.sql", project.path().join("link.sql")).expect("linked");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path().join("b.sql"), mode).expect("set");
    let on_disk = set(project.path(), &base("HEAD"));
    assert_eq!(told(&on_disk), ["A link.sql"], "another repository is not ours");
    assert_eq!(on_disk.changes[0].node, Node::Link);
    assert_eq!(on_disk.after.text("link.sql"), None, "its text is that of another file");
    project.git(&["add", "-A"]);
    let staged = set(project.path(), &Range::Staged);
    assert_eq!(told(&staged), ["A inner", "A link.sql"]);
    assert_eq!(staged.changes[0].node, Node::Submodule);
    assert_eq!(staged.after.text("inner"), None);
    project.commit("two");
    assert_eq!(told(&set(project.path(), &base("HEAD"))), [""; 0]);
    // A file takes the place of a link, and a link that of a file.
    fs::remove_file(project.path().join("link.sql")).expect("removed");
    project.write("link.sql", "SELECT 1;\n");
    fs::remove_file(project.path().join("a.sql")).expect("removed");
    std::os::unix::fs::symlink("b.sql", project.path().join("a.sql")).expect("linked");
    let swapped = set(project.path(), &base("HEAD"));
    assert_eq!(told(&swapped), ["M a.sql", "M link.sql"]);
    assert_eq!(swapped.after.text("a.sql"), None);
    assert_eq!(swapped.after.text("link.sql").as_deref(), Some("SELECT 1;\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_utf8_is_listed_and_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let project = repository();
    let name = project.path().join(OsStr::from_bytes(b"odd\xff.sql"));
    fs::write(name, "SELECT 9;\n").expect("written");
    let on_disk = set(project.path(), &base("HEAD"));
    assert_eq!(told(&on_disk), ["A odd\u{fffd}.sql"]);
    assert_eq!(on_disk.after.text("odd\u{fffd}.sql").as_deref(), Some("SELECT 9;\n"));
    project.git(&["add", "-A"]);
    let staged = set(project.path(), &Range::Staged);
    assert_eq!(staged.after.text("odd\u{fffd}.sql").as_deref(), Some("SELECT 9;\n"));
}

#[test]
fn a_file_in_conflict_is_not_staged() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("a.sql", "SELECT 2;\n");
    project.commit("ours");
    project.git(&["switch", "-q", "main"]);
    project.write("a.sql", "SELECT 3;\n");
    project.commit("theirs");
    assert!(!project.git_tries(&["merge", "feature"]));
    let said = fault(project.path(), &Range::Staged);
    assert!(said.contains("`a.sql` is in conflict"), "{said}");
    let on_disk = set(project.path(), &base("HEAD"));
    assert_eq!(told(&on_disk), ["M a.sql"]);
    assert!(on_disk.after.text("a.sql").is_some_and(|text| text.contains("<<<<<<<")));
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_not_deleted() {
    for cone in ["--no-cone", "--sparse-index"] {
        let project = repository();
        project.write("kept/d.sql", "SELECT 4;\n");
        project.commit("two");
        let keep = if cone == "--no-cone" { "/kept/" } else { "kept" };
        project.git(&["sparse-checkout", "set", cone, keep]);
        assert!(!project.path().join("folder/c.sql").exists());
        project.write("kept/d.sql", "SELECT 5;\n");
        let on_disk = set(project.path(), &base("HEAD"));
        assert_eq!(told(&on_disk), ["M kept/d.sql"], "{cone}");
        assert_eq!(on_disk.after.text("folder/c.sql").as_deref(), Some("SELECT 3;\n"), "{cone}");
        project.git(&["add", "kept/d.sql"]);
        assert_eq!(told(&set(project.path(), &Range::Staged)), ["M kept/d.sql"], "{cone}");
    }
}

#[test]
fn other_forms_of_repositories_are_read() {
    let sha256 = Project::new().file("a.sql", "SELECT 1;\n");
    sha256.git(&["init", "-q", "--object-format=sha256"]);
    sha256.commit("one");
    sha256.write("a.sql", "SELECT 2;\n");
    assert_eq!(told(&set(sha256.path(), &base("HEAD"))), ["M a.sql"]);
    sha256.commit("two");
    assert_eq!(told(&set(sha256.path(), &between("HEAD~1..HEAD"))), ["M a.sql"]);

    let split = repository();
    split.git(&["update-index", "--split-index"]);
    split.write("a.sql", "SELECT 2;\n");
    split.git(&["add", "a.sql"]);
    assert_eq!(told(&set(split.path(), &Range::Staged)), ["M a.sql"]);

    let packed = repository();
    packed.git(&["gc", "-q"]);
    packed.write("folder/c.sql", "SELECT 4;\n");
    assert_eq!(told(&set(packed.path(), &base("main"))), ["M folder/c.sql"]);
}

#[test]
fn a_linked_worktree_has_an_index_and_a_head_of_its_own() {
    let project = repository();
    let linked = Project::new();
    let place = linked.path().join("linked");
    let place = place.display().to_string();
    project.git(&["worktree", "add", "-q", "-b", "feature", &place]);
    linked.write("linked/a.sql", "SELECT 2;\n");
    linked.git(&["-C", "linked", "add", "a.sql"]);
    linked.write("linked/new.sql", "SELECT 3;\n");
    let folder = linked.path().join("linked/folder");
    assert_eq!(told(&set(&folder, &Range::Staged)), ["M a.sql"]);
    assert_eq!(told(&set(&folder, &base("main"))), ["M a.sql", "A new.sql"]);
    assert_eq!(told(&set(project.path(), &base("main"))), [""; 0]);
}

#[test]
fn threads_read_texts_of_both_sides() {
    let project = repository();
    for number in 0..40 {
        project.write(&format!("many/{number}.sql"), format!("SELECT {number};\n"));
    }
    project.commit("two");
    let set = set(project.path(), &between("HEAD~1..HEAD"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..40 {
                    let text = set.after.text(&format!("many/{number}.sql"));
                    assert_eq!(text, Some(format!("SELECT {number};\n")));
                    assert_eq!(set.before.text("b.sql").as_deref(), Some(LONG));
                }
            });
        }
    });
}

#[test]
fn a_name_that_git_does_not_know_is_told_with_the_one_that_is_near() {
    let project = repository();
    let said = fault(project.path(), &base("origin/main"));
    assert!(said.contains("does not know `origin/main`, but `main`"), "{said}");
    assert!(said.contains("git fetch origin") && said.contains("fetch-depth: 0"), "{said}");
    let said = fault(project.path(), &between("mian..HEAD"));
    assert!(said.contains("but `main`"), "{said}");
    let missing = "0123456789012345678901234567890123456789";
    let said = fault(project.path(), &base(missing));
    assert!(said.contains("does not know") && said.contains(missing), "{said}");

    let clone = Project::new();
    let from = format!("file://{}", project.path().display());
    clone.git(&["clone", "-q", &from, "."]);
    clone.git(&["switch", "-q", "-c", "feature"]);
    clone.git(&["branch", "-q", "-D", "main"]);
    let said = fault(clone.path(), &base("main"));
    assert!(said.contains("does not know `main`, but `origin/main`"), "{said}");
    let said = fault(clone.path(), &base("origin/release"));
    assert!(
        said.contains("git fetch origin release:refs/remotes/origin/release"),
        "the command that brings it: {said}"
    );
}

#[test]
fn a_clone_that_is_cut_off_says_what_to_fetch() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("ours.sql", "SELECT 1;\n");
    project.commit("two");
    project.git(&["switch", "-q", "main"]);
    project.write("theirs.sql", "SELECT 2;\n");
    project.commit("three");
    project.git(&["switch", "-q", "feature"]);
    let from = format!("file://{}", project.path().display());
    let cut = Project::new();
    cut.git(&["clone", "-q", "--depth", "1", "--no-single-branch", &from, "."]);
    for range in [base("origin/main"), between("origin/main...HEAD")] {
        let said = fault(cut.path(), &range);
        assert!(said.contains("which is shallow"), "{said}");
        assert!(said.contains("git fetch --deepen=1000 origin main"), "{said}");
    }
    let two = told(&set(cut.path(), &between("origin/main..HEAD")));
    assert_eq!(two, ["A ours.sql", "D theirs.sql"], "two dots need no history");
    // The way out that the message names.
    cut.git(&["fetch", "-q", "--deepen=1000", "origin", "main"]);
    cut.git(&["fetch", "-q", "--deepen=1000", "origin", "feature"]);
    assert_eq!(told(&set(cut.path(), &base("origin/main"))), ["A ours.sql"]);

    let single = Project::new();
    single.git(&["clone", "-q", "--depth", "1", &from, "."]);
    let said = fault(single.path(), &base("origin/main"));
    assert!(said.contains("this clone is shallow"), "{said}");
    assert!(said.contains("git fetch --depth=1000 origin main:refs/remotes/origin/main"), "{said}");
}

#[test]
fn histories_that_never_met_are_told() {
    let project = repository();
    project.git(&["switch", "-q", "--orphan", "other"]);
    project.write("x.sql", "SELECT 1;\n");
    project.commit("another beginning");
    let said = fault(project.path(), &base("main"));
    assert!(said.contains("no common ancestor") && !said.contains("shallow"), "{said}");
}

#[test]
fn what_a_partial_clone_did_not_fetch_is_told() {
    let project = repository();
    project.git(&["config", "uploadpack.allowFilter", "true"]);
    project.write("b.sql", format!("{LONG}SELECT 1;\n"));
    project.commit("two");
    let clone = Project::new();
    let from = format!("file://{}", project.path().display());
    clone.git(&["clone", "-q", "--filter=blob:none", &from, "."]);
    let said = fault(clone.path(), &base("HEAD~1"));
    assert!(said.contains("no text of `b.sql`") && said.contains("git fetch"), "{said}");
    clone.git(&["fetch", "-q", "--refetch", "--no-filter", "origin"]);
    assert_eq!(told(&set(clone.path(), &base("HEAD~1"))), ["M b.sql"]);
}

/// Makes `git commit` tell what the program finds staged, in the environment of a hook.
#[cfg(unix)]
fn commit_with_hook(project: &Project, folder: &str, words: &[&str]) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let hooks = tempfile::tempdir().expect("a temporary folder can be made");
    let hook = hooks.path().join("pre-commit");
    let out = hooks.path().join("out.json");
    let program = env!("CARGO_BIN_EXE_migrate");
    let script =
        format!("#!/bin/sh\n{program} lint --staged --format json > {}\nexit 0\n", out.display());
    fs::write(&hook, script).expect("written");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("set");
    let place = format!("core.hooksPath={}", hooks.path().display());
    let all = [["-C", folder, "-c", &place, "commit", "-q", "-m", "x"].as_slice(), words].concat();
    project.git(&all);
    let json = fs::read_to_string(out).expect("the hook ran");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let findings = json["findings"].as_array().expect("a list").iter();
    let mut paths: Vec<String> =
        findings.filter_map(|found| found["path"].as_str().map(str::to_owned)).collect();
    paths.dedup();
    paths
}

#[cfg(unix)]
#[test]
fn a_hook_sees_what_is_about_to_be_committed() {
    let project = Project::new()
        .file("migrations/001_a.sql", "CREATE TABLE a (i int);\n")
        .file("migrations/002_b.sql", "CREATE TABLE b (i int);\n");
    project.git(&["init", "-q"]);
    project.commit("one");
    project.write("migrations/001_a.sql", "DROP TABLE a;\n");
    let found = commit_with_hook(&project, ".", &["-a"]);
    assert_eq!(found, ["migrations/001_a.sql"], "commit -a has an index of its own");

    project.write("migrations/001_a.sql", "DROP TABLE a; -- again\n");
    project.write("migrations/002_b.sql", "DROP TABLE b;\n");
    project.git(&["add", "migrations/001_a.sql"]);
    let found = commit_with_hook(&project, "migrations", &["002_b.sql"]);
    assert_eq!(found, ["migrations/002_b.sql"], "commit <file> leaves out what else is staged");
}

#[cfg(unix)]
#[test]
fn a_hook_in_a_linked_worktree_sees_that_worktree() {
    let project = Project::new().file("migrations/001_a.sql", "CREATE TABLE a (i int);\n");
    project.git(&["init", "-q"]);
    project.commit("one");
    let linked = Project::new();
    let place = linked.path().join("linked").display().to_string();
    project.git(&["worktree", "add", "-q", "-b", "feature", &place]);
    linked.write("linked/migrations/002_b.sql", "DROP TABLE a;\n");
    linked.git(&["-C", "linked", "add", "-A"]);
    let found = commit_with_hook(&linked, "linked", &[]);
    assert_eq!(found, ["migrations/002_b.sql"]);
}

#[test]
fn a_repository_that_cannot_be_opened_is_told() {
    let project = repository();
    let run = project.run_where(&[("GIT_DIR", "nowhere")], "lint --staged");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("GIT_DIR names") && run.err.contains("nowhere"), "{}", run.err);
}

#[test]
fn what_the_index_knows_by_its_stat_is_not_read() {
    let project = repository();
    project.git(&["config", "core.trustctime", "false"]);
    let place = project.path().join("a.sql");
    let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let age = || {
        let file = fs::File::options().write(true).open(&place).expect("opened");
        file.set_modified(then).expect("aged");
    };
    age();
    project.git(&["update-index", "--refresh"]);
    project.write("a.sql", "SELECT 7;\n");
    age();
    let none = told(&set(project.path(), &base("HEAD")));
    assert_eq!(none, [""; 0], "the same size and age: only who reads it knows better");
}
