//! The PostgreSQL that a project names in its files for containers and for its pipelines.

use crate::migration::Tree;
use crate::version::Major;

/// What stands before the major in the name of an image, be it from a registry or not.
const IMAGES: &[&str] =
    &["postgres:", "postgis/postgis:", "pgvector/pgvector:pg", "supabase/postgres:"];

/// The oldest server that a file of the project names as an image, with the file.
pub fn server_of_images(tree: &dyn Tree) -> Option<(Major, String)> {
    let files = tree.paths().iter().filter(|path| names_images(path));
    let majors = files.flat_map(|path| {
        let majors = majors(&tree.text(path).unwrap_or_default());
        majors.into_iter().map(move |major| (major, path.clone()))
    });
    majors.min()
}

/// Whether a file is one of those where images stand.
fn names_images(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let compose = name.starts_with("compose") || name.starts_with("docker-compose");
    let pipeline = path.starts_with(".github/workflows/") || name.starts_with(".gitlab-ci");
    yaml && (compose || pipeline)
}

/// The majors of the images in a text. What a comment says runs nowhere.
fn majors(text: &str) -> Vec<Major> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let found = lines.flat_map(|line| IMAGES.iter().filter_map(|image| major(line, image)));
    found.collect()
}

fn major(line: &str, image: &str) -> Option<Major> {
    let at = line.find(image)?;
    let before = line[..at].chars().next_back();
    if before.is_some_and(|c| !c.is_whitespace() && !"\"'/".contains(c)) {
        return None;
    }
    let rest = &line[at + image.len()..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok().and_then(Major::new)
}
