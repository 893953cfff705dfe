//! Enumerations of code that stand for types of the database.

use super::Class;
use super::Enumeration;
use crate::code::Language;
use crate::code::token::File;

pub(super) fn enums(file: &File, classes: &[Class]) -> Vec<Enumeration> {
    let mut found: Vec<Enumeration> =
        classes.iter().filter_map(|class| enumeration(file, class)).collect();
    if file.language == Language::JavaScript {
        found.extend((0..file.len()).filter_map(|at| drizzle(file, at)));
    }
    found
}

fn enumeration(file: &File, class: &Class) -> Option<Enumeration> {
    let keyword = file.at(class.keyword);
    let head = (class.name, class.body.0);
    let based = file.language == Language::Python
        && ["Enum", "StrEnum", "TextChoices"].iter().any(|word| file.find(head, word).is_some());
    let kotlin = class.keyword > 0 && file.at(class.keyword - 1) == "enum";
    if keyword != "enum" && !based && !kotlin {
        return None;
    }
    let said = (class.start, class.keyword);
    let mut found = Enumeration {
        name: file.at(class.name).to_owned(),
        at: file.tokens[class.name].span,
        whole: class.whole(file),
        ..Enumeration::default()
    };
    let told = match file.language {
        Language::Prisma => {
            found.told = true;
            found.of = Some(found.name.clone());
            let mut maps = (class.body.0..class.body.1)
                .filter(|&at| file.is(at, "map") && at > 1 && file.is(at - 2, "@"));
            maps.next().and_then(|at| file.text_after(at))
        }
        _ => ["type_name", "ExistingTypePath", "PgName", "db_type"]
            .iter()
            .find_map(|word| file.find(said, word))
            .and_then(|at| file.text_after(at)),
    };
    if let Some(text) = told {
        let name = file.at(text);
        found.of = Some(name.rsplit(['.', ':']).next().unwrap_or(name).to_lowercase());
        if file.language == Language::Prisma {
            found.of = Some(name.to_owned());
        }
        found.told = true;
        found.at = file.tokens[text].span;
    }
    Some(found)
}

/// `export const role = pgEnum('role', ['admin', 'member'])`.
fn drizzle(file: &File, at: usize) -> Option<Enumeration> {
    if !["pgEnum", "enum"].contains(&file.at(at)) || !file.is_text(at + 2) {
        return None;
    }
    let part = file.arguments(at);
    let equals = at.checked_sub(1).filter(|&at| file.is(at, "="))?;
    let name = equals.checked_sub(1)?;
    Some(Enumeration {
        name: file.at(name).to_owned(),
        of: Some(file.at(part.0).to_owned()),
        told: true,
        at: file.tokens[part.0].span,
        whole: file.tokens[name].span.to(file.tokens[part.1.min(file.len() - 1)].span),
    })
}
