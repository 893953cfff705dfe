//! The word that somebody meant: what stands behind every "did you mean".

/// How alike two words must be, from 0 to 1, for one to be taken for a slip of the other.
const ALIKE_MIN: f64 = 0.8;

/// Of these words the one most like `word`, if any is like it at all.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = words.into_iter().map(|known| (strsim::jaro_winkler(word, known), known));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (ALIKE_MIN < best.0).then_some(best.1)
}

/// "did you mean `near`?" where a word is like another, else what `otherwise` says.
pub fn did_you_mean<'a>(
    word: &str,
    words: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(word, words).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}
