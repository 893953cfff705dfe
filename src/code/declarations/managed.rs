//! Java, Kotlin, Scala, C# and PHP: JPA, jOOQ, Exposed, Slick, Entity Framework, Eloquent.

use super::Class;
use super::Field;
use super::Model;
use crate::code::Language;
use crate::code::spelling;
use crate::code::token::File;

pub(super) fn models(file: &File, classes: &[Class]) -> Vec<Model> {
    let mut found: Vec<Model> = classes
        .iter()
        .filter(|class| !["interface", "enum", "trait"].contains(&file.at(class.keyword)))
        .filter_map(|class| table(file, class).or_else(|| entity(file, class)))
        .collect();
    if file.language == Language::CSharp {
        fluent(file, &mut found);
    }
    found
}

/// Classes whose members are columns: jOOQ's `TableImpl`, Exposed's and Slick's `Table`.
fn table(file: &File, class: &Class) -> Option<Model> {
    const EXPOSED: &[&str] = &["Table", "IntIdTable", "LongIdTable", "UUIDTable", "IdTable"];
    let head = (class.name + 1, class.body.0);
    let jooq = file.find(head, "TableImpl");
    let based = || {
        let at = EXPOSED.iter().find_map(|word| file.find((head.0, head.1 + 8), word))?;
        let open = (at..at + 8).find(|&at| file.is(at, "("))?;
        let part = (open + 1, file.partner(open));
        (part.0..part.1).find(|&at| file.is_text(at))
    };
    let told = match jooq {
        Some(_) => {
            file.find(class.body, "super").and_then(|at| (at..at + 12).find(|&at| file.is_text(at)))
        }
        None if matches!(file.language, Language::Kotlin | Language::Scala) => based(),
        None => None,
    }?;
    let mut model = class.model(file);
    model.is_table = true;
    model.table = Some(file.at(told).rsplit('.').next().unwrap_or_default().to_owned());
    model.at = file.tokens[told].span;
    for at in class.body.0..class.body.1 {
        // `val email = varchar("email", 50)`, `def email = column[String]("email")`,
        // `TableField<R, String> EMAIL = createField(DSL.name("email"), …)`.
        let member = file.is_word(at) && file.is(at + 1, "=") && class.holds_directly(file, at);
        if !member {
            continue;
        }
        let end = (at + 2..at + 14).find(|&end| file.is_text(end) || file.is(end, ";"));
        let Some(column) = end.filter(|&end| file.is_text(end)) else { continue };
        if file.line(column) == file.line(at) || jooq.is_some() {
            model.fields.push(Field::at(file, at, column));
        }
    }
    Some(model)
}

/// Whether a word is the name of an annotation or an attribute: `@Table`, `[Table]`,
/// `#[ORM\Table]`.
fn annotates(file: &File, at: usize) -> bool {
    let before = at.checked_sub(1);
    before.is_some_and(|before| ["@", "[", ":", "\\", "."].contains(&file.at(before)))
}

fn entity(file: &File, class: &Class) -> Option<Model> {
    let said = (class.start, class.keyword);
    let annotation = |word: &str| {
        let mut from = said.0;
        while let Some(at) = file.find((from, said.1), word) {
            if annotates(file, at) {
                return Some(at);
            }
            from = at + 1;
        }
        None
    };
    let table = annotation("Table").or_else(|| annotation("MappedEntity"));
    let marked = annotation("Entity").or(table);
    let head = (class.name + 1, class.body.0);
    let eloquent = file.language == Language::Php
        && ["Model", "Authenticatable", "Pivot"].iter().any(|word| file.is(head.0 + 1, word));
    if marked.is_none() && !eloquent {
        return None;
    }
    let mut model = class.model(file);
    let told = table.or(marked).and_then(|at| {
        let part = file.arguments(at);
        let first = file.is_text(part.0).then_some(part.0);
        first.or_else(|| file.argument(part, "name")).or_else(|| file.argument(part, "value"))
    });
    let told = told.or_else(|| {
        let at = file.find(class.body, "table").filter(|_| eloquent)?;
        file.text_after(at)
    });
    if let Some(text) = told {
        model.table = Some(file.at(text).rsplit('.').next().unwrap_or_default().to_owned());
        model.at = file.tokens[text].span;
    }
    for at in class.body.0..class.body.1 {
        if !(["Column", "JoinColumn"].contains(&file.at(at)) && annotates(file, at)) {
            continue;
        }
        let part = file.arguments(at);
        let first = file.is_text(part.0).then_some(part.0);
        let Some(column) = first.or_else(|| file.argument(part, "name")) else { continue };
        if let Some(name) = member(file, class, part.1 + 1) {
            model.fields.push(Field::at(file, name, column));
        }
    }
    Some(model)
}

/// The member that annotations before it are for.
fn member(file: &File, class: &Class, from: usize) -> Option<usize> {
    let mut at = from;
    while at < class.body.1 {
        if file.opens(at) && (file.is(at, "(") || file.is(at, "[")) {
            at = file.partner(at);
        } else if file.is_word(at) {
            let ends = match file.language {
                Language::Kotlin | Language::Scala => file.is(at + 1, ":"),
                _ => [";", "=", "{", ",", ")"].contains(&file.at(at + 1)),
            };
            if ends {
                return Some(at);
            }
        }
        at += 1;
    }
    None
}

/// `DbSet<User> Users`, and `Entity<User>(…)` with `ToTable("users")`, `HasColumnName("email")`.
fn fluent(file: &File, found: &mut Vec<Model>) {
    let mut current: Option<usize> = None;
    let mut property = None;
    for at in 0..file.len() {
        let generic = file.is(at + 1, "<") && file.is_word(at + 2) && file.is(at + 3, ">");
        match file.at(at) {
            "DbSet" | "Entity" | "EntityTypeBuilder" if generic && file.is_word(at) => {
                let name = file.at(at + 2).to_owned();
                let place = file.tokens[at + 2].span;
                let known = found.iter().position(|model| model.name == name);
                current = Some(known.unwrap_or(found.len()));
                if known.is_none() {
                    found.push(Model { name, at: place, whole: place, ..Model::default() });
                }
            }
            "ToTable" => {
                if let (Some(model), Some(text)) = (current, file.text_after(at)) {
                    found[model].table = Some(file.at(text).to_owned());
                    found[model].at = file.tokens[text].span;
                }
            }
            "Property" => {
                let part = file.arguments(at);
                property = (part.0..part.1).rev().find(|&at| file.is_word(at) || file.is_text(at));
            }
            "HasColumnName" => {
                if let (Some(model), Some(name), Some(text)) =
                    (current, property, file.text_after(at))
                {
                    let column = file.at(text).to_owned();
                    found[model].members.push(spelling::key(file.at(name)));
                    let at = file.tokens[text].span;
                    found[model].fields.push(Field {
                        name: file.at(name).to_owned(),
                        column,
                        at,
                        told: at,
                    });
                }
            }
            _ => {}
        }
    }
}
