//! Go and Rust: struct tags of GORM, sqlx and bun; Diesel, sqlx and `SeaORM`.

use super::Class;
use super::Field;
use super::Model;
use crate::code::Language;
use crate::code::spelling;
use crate::code::token::File;

pub(super) fn models(file: &File, classes: &[Class]) -> Vec<Model> {
    if file.language == Language::Go {
        return classes.iter().filter_map(|class| tagged(file, class)).collect();
    }
    let mut found: Vec<Model> = classes.iter().filter_map(|class| derived(file, class)).collect();
    for at in 0..file.len() {
        if file.is(at, "table") && file.is(at + 1, "!") && file.opens(at + 2) {
            found.extend(diesel(file, (at + 3, file.partner(at + 2))));
        }
    }
    found
}

/// What a struct tag says under one of its keys: `gorm:"column:email;size:3"`.
fn tag<'t>(tags: &'t str, key: &str) -> Option<&'t str> {
    let start = tags.find(&format!("{key}:\""))? + key.len() + 2;
    let rest = &tags[start..];
    Some(&rest[..rest.find('"').unwrap_or(rest.len())])
}

/// The column that the tags of a field tell.
fn column(tags: &str) -> Option<&str> {
    let gorm = tag(tags, "gorm").and_then(|value| {
        let mut parts = value.split(';').map(str::trim);
        parts.find_map(|part| part.strip_prefix("column:"))
    });
    let other = || {
        let told = ["db", "bun", "pg"].iter().find_map(|key| tag(tags, key))?;
        let name = told.split(',').next()?;
        (!name.is_empty() && !name.contains(':') && name != "-").then_some(name)
    };
    gorm.or_else(other)
}

fn tagged(file: &File, class: &Class) -> Option<Model> {
    if !file.is(class.name + 1, "struct") {
        return None;
    }
    let mut model = class.model(file);
    let mut told = file.find(class.body, "gorm").is_some();
    for at in class.body.0..class.body.1 {
        if !file.is_text(at) {
            continue;
        }
        let tags = file.at(at);
        told |= ["gorm", "db", "bun", "pg"].iter().any(|key| tag(tags, key).is_some());
        let table =
            tag(tags, "bun").and_then(|value| value.split(',').next()?.strip_prefix("table:"));
        if let Some(table) = table {
            model.table = Some(table.to_owned());
            model.at = file.tokens[at].span;
        }
        let first = file.first_of_line(at);
        if let Some(column) = column(tags) {
            let name = file.at(first).to_owned();
            model.fields.push(Field {
                name,
                column: column.to_owned(),
                at: file.tokens[first].span,
                told: file.tokens[first].span,
            });
        }
    }
    if let Some(text) = table_name(file, &model.name) {
        model.table = Some(file.at(text).rsplit('.').next().unwrap_or_default().to_owned());
        model.at = file.tokens[text].span;
        told = true;
    }
    told.then_some(model)
}

/// `func (User) TableName() string { return "users" }`.
fn table_name(file: &File, model: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = file.find((from, file.len()), "TableName") {
        let receiver = at.checked_sub(2)?;
        if file.is(receiver, model) {
            let body = (at..at + 6).find(|&at| file.is(at, "{"))?;
            return (body..file.partner(body)).find(|&at| file.is_text(at));
        }
        from = at + 1;
    }
    None
}

fn derived(file: &File, class: &Class) -> Option<Model> {
    if file.at(class.keyword) != "struct" {
        return None;
    }
    let said = (class.start, class.keyword);
    let diesel = file.find(said, "table_name");
    let marked = ["FromRow", "Queryable", "Insertable", "AsChangeset", "Selectable", "sea_orm"]
        .iter()
        .any(|word| file.find(said, word).is_some());
    if diesel.is_none() && !marked {
        return None;
    }
    let mut model = class.model(file);
    if let Some(at) = diesel.filter(|&at| file.is(at + 1, "=")) {
        // The last part of a path.
        let mut name = at + 2;
        while file.is_dot(name + 1) {
            name += 2;
        }
        model.table = Some(file.at(name).to_owned());
        model.at = file.tokens[name].span;
    }
    for at in class.body.0..class.body.1 {
        let renames = ["rename", "column_name"].contains(&file.at(at)) && file.is(at + 1, "=");
        if !renames {
            continue;
        }
        let column = file.at(at + 2).to_owned();
        let told = file.tokens[at + 2].span;
        let name = (at + 3..class.body.1)
            .find(|&at| file.is_word(at) && file.is(at + 1, ":") && class.holds_directly(file, at));
        model.fields.extend(name.map(|name| {
            let place = file.tokens[name].span;
            Field { name: file.at(name).to_owned(), column, at: place, told }
        }));
    }
    Some(model)
}

/// `table! { [use …;] [schema.]users (id) { id -> Int8, … } }`.
fn diesel(file: &File, part: (usize, usize)) -> Option<Model> {
    let open = (part.0..part.1)
        .find(|&at| file.is(at, "{") && at > part.0 && file.is(at - 1, ")") && file.opens(at))?;
    let name = file.partner(open - 1).checked_sub(1)?;
    let told = file.find((part.0, name), "sql_name").filter(|&at| file.is_text(at + 2));
    let table = told.map_or(name, |at| at + 2);
    let body = (open + 1, file.partner(open));
    let mut model = Model {
        name: file.at(name).to_owned(),
        table: Some(file.at(table).to_owned()),
        is_table: true,
        at: file.tokens[table].span,
        whole: file.tokens[part.0].span.to(file.tokens[part.1.min(file.len() - 1)].span),
        ..Model::default()
    };
    let mut column = None;
    for at in body.0..body.1 {
        if file.is(at, "sql_name") && file.is_text(at + 2) {
            column = Some(file.at(at + 2).to_owned());
        }
        if file.is_word(at) && file.is(at + 1, "->") {
            let name = file.at(at).to_owned();
            model.members.push(spelling::key(&name));
            let column = column.take().unwrap_or_else(|| name.clone());
            let at = file.tokens[at].span;
            model.fields.push(Field { name, column, at, told: at });
        }
    }
    Some(model)
}
