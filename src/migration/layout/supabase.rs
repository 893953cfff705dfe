//! Supabase: `supabase/migrations/<number>_<title>.sql`, sent as one pipeline, which is one
//! transaction; what cannot run in one is sent apart.

use super::Entry;
use super::Layout;
use super::Outside;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use crate::migration::forward::Forward;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use crate::migration::survey::parent;

pub(super) struct Supabase;

impl Layout for Supabase {
    fn id(&self) -> &'static str {
        "supabase"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for root in numbered::folders(survey) {
            let Some(project) = parent(root).filter(|_| root.ends_with("supabase/migrations"))
            else {
                continue;
            };
            let config = join(project, "config.toml");
            found.push(if survey.has(&config) {
                Sighting::new(root, Strength::Hard, format!("`{config}`"))
            } else {
                Sighting::new(
                    root,
                    Strength::Content,
                    "`supabase/migrations` is where Supabase looks",
                )
            });
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let files = numbered::list(survey, root).into_iter();
        files.map(|found| Entry::new(found.digits, join(root, found.name), WRAPPED)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        // The CLI sends a file that holds one of these statement by statement.
        let lower = text.to_ascii_lowercase();
        let alone =
            ["concurrently", "vacuum", "alter system"].iter().any(|word| lower.contains(word));
        Forward::whole(text, if alone { SPLIT } else { entry.delivery })
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Seen
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, sql.to_owned()))
    }
}
