//! A sequence that counts otherwise.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Counts(sequence, what) = remark else { continue };
        let Some(harm) = harm(what) else { continue };
        let message =
            format!("`{}` counts otherwise after this ({what}): {harm}", table_name(sequence));
        sink.report(at, message).help(
            "move it only forwards, beyond the largest number in use, and while no running code \
            relies on how it counts",
        );
    }
}

/// What may come of it; wider limits harm nobody.
fn harm(what: &str) -> Option<&'static str> {
    let words: Vec<String> = what.split_whitespace().map(str::to_lowercase).collect();
    let has = |word: &str| words.iter().any(|known| known == word);
    let no = |word: &str| words.windows(2).any(|pair| pair == ["no", word]);
    if has("restart") {
        Some("numbers that rows have already may be given out again, and their INSERT fails")
    } else if has("increment") {
        Some("code that takes numbers in blocks, as ORMs do, takes those of others")
    } else if has("cycle") && !no("cycle") {
        Some("at its end it begins anew, with numbers that rows have already")
    } else if has("smallint") || has("maxvalue") && !no("maxvalue") && !has("bigint") {
        Some("it ends earlier, and then every INSERT that needs a number fails")
    } else {
        None
    }
}
