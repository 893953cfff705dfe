//! Atlas: a folder with `atlas.sum`, files `<version>_<title>.sql`, statements sent one by one.

use super::Entry;
use super::Layout;
use super::Outside;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use crate::effect::Delivery;
use crate::migration::forward;
use crate::migration::forward::Forward;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::is_sql;
use crate::migration::survey::join;

pub(super) struct Atlas;

const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

impl Layout for Atlas {
    fn id(&self) -> &'static str {
        "atlas"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let folders = survey.folders_of("atlas.sum").into_iter();
        let sighting =
            |root| Sighting::new(root, Strength::Hard, format!("`{}`", join(root, "atlas.sum")));
        folders.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let names = survey
            .names(root)
            .iter()
            .copied()
            .filter(|name| is_sql(name) && !name.ends_with(".down.sql"));
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        let version =
            |name: &str| name.trim_end_matches(".sql").split('_').next().unwrap_or(name).to_owned();
        names
            .iter()
            .map(|name| Entry::new(version(name), join(root, name), WRAPPED_SPLIT))
            .collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().any(|line| {
            let words = forward::comment(line).and_then(|text| text.strip_prefix("atlas:txmode"));
            words.is_some_and(|mode| mode.trim() == "none")
        });
        Forward::whole(text, if alone { SPLIT } else { entry.delivery })
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        // Directives stand together at the top; an empty line ends them.
        if text.contains("atlas:") {
            return Outside::Never("it holds other directives of Atlas");
        }
        forward::first_line("-- atlas:txmode none\n")
    }

    fn afterwards(&self) -> Option<&'static str> {
        Some("`atlas migrate hash` brings `atlas.sum` up to date")
    }
}
