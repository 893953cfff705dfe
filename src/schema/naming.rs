//! The names that PostgreSQL gives to objects which the user left unnamed.

use super::Schema;
use crate::sql::Name;

/// The longest identifier the server keeps, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// `first_second_label` within the length of an identifier: the longer of the first two parts is
/// cut, byte by byte (`makeObjectName` in indexcmds.c).
pub(super) fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let available = NAME_BYTES_MAX.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.map_or(0, str::len));
    while available < one + two {
        if two < one {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let first = cut(first, one);
    match second {
        Some(second) => format!("{first}_{}_{label}", cut(second, two)),
        None => format!("{first}_{label}"),
    }
}

fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

impl Schema {
    /// A name for a relation that nobody has in this schema: the label gets a number if need be
    /// (`ChooseRelationName`).
    pub(super) fn free_relation_name(
        &self,
        schema: &str,
        first: &str,
        second: Option<&str>,
        label: &str,
    ) -> Name {
        let taken = |name: &Name| {
            self.work.find();
            self.relations.contains_key(name)
        };
        free(first, second, label, |name| taken(&Name::in_schema(schema, name)))
            .map_or_else(|| Name::in_schema(schema, label), |name| Name::in_schema(schema, name))
    }
}

/// The first name of this form that is not taken.
pub(super) fn free(
    first: &str,
    second: Option<&str>,
    label: &str,
    taken: impl Fn(&str) -> bool,
) -> Option<String> {
    /// More objects of one name in one schema do not happen.
    const NUMBER_MAX: usize = 1_000;
    (0..NUMBER_MAX).find_map(|number| {
        let label = if number == 0 { label.to_owned() } else { format!("{label}{number}") };
        let name = object_name(first, second, &label);
        (!taken(&name)).then_some(name)
    })
}
