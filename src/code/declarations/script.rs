//! JavaScript, TypeScript and Prisma: `model`, `pgTable`, `@Entity`, `define`, `init`.

use super::Class;
use super::Field;
use super::Model;
use crate::code::Language;
use crate::code::spelling;
use crate::code::token::File;
use crate::code::token::Kind;

pub(super) fn models(file: &File, classes: &[Class]) -> Vec<Model> {
    if file.language == Language::Prisma {
        let models =
            classes.iter().filter(|class| ["model", "view"].contains(&file.at(class.keyword)));
        return models.map(|class| prisma(file, class)).collect();
    }
    let mut found: Vec<Model> = classes.iter().filter_map(|class| entity(file, class)).collect();
    for at in 0..file.len() {
        if file.is_word(at) && file.is(at + 1, "(") {
            found.extend(called(file, at));
        }
    }
    found
}

fn prisma(file: &File, class: &Class) -> Model {
    let mut model = class.model(file);
    model.table = Some(model.name.clone());
    for at in class.body.0..class.body.1 {
        if !(file.is(at, "map") && file.is(at.wrapping_sub(1), "@")) {
            continue;
        }
        let Some(text) = file.text_after(at) else { continue };
        if file.is(at.wrapping_sub(2), "@") {
            model.table = Some(file.at(text).to_owned());
            model.at = file.tokens[text].span;
            continue;
        }
        let first = file.first_of_line(at);
        model.fields.push(Field::at(file, first, text));
    }
    model
}

/// `@Entity('users') class User { @Column({ name: 'email' }) mail: string }`, and classes that say
/// `tableName`.
fn entity(file: &File, class: &Class) -> Option<Model> {
    if file.at(class.keyword) != "class" {
        return None;
    }
    let said = (class.start, class.keyword);
    let marked = ["Entity", "Table", "ViewEntity"].iter().find_map(|word| file.find(said, word));
    let marked = marked.filter(|&at| at > 0 && file.is(at - 1, "@"));
    let head = (class.name, class.body.0);
    let told = file.find(class.body, "tableName").filter(|&at| class.holds_directly(file, at));
    let extends = file.find(head, "extends").is_some()
        && ["Model", "BaseEntity", "BaseModel"].iter().any(|word| file.find(head, word).is_some());
    if marked.is_none() && told.is_none() && !extends {
        return None;
    }
    let mut model = class.model(file);
    let text = marked.and_then(|at| {
        let part = file.arguments(at);
        let first = file.is_text(part.0).then_some(part.0);
        let named = ["tableName", "name"].iter().find_map(|name| file.argument(part, name));
        first.or(named)
    });
    if let Some(text) = text.or_else(|| told.and_then(|at| file.text_after(at))) {
        model.table = Some(file.at(text).to_owned());
        model.at = file.tokens[text].span;
    }
    for at in class.body.0..class.body.1 {
        if !(file.is(at, "@") && file.is_word(at + 1) && file.is(at + 2, "(")) {
            continue;
        }
        let part = file.arguments(at + 1);
        let named =
            ["name", "fieldName", "field"].iter().find_map(|name| file.argument(part, name));
        let first = (file.at(at + 1) == "Field" && file.is_text(part.0)).then_some(part.0);
        let Some(column) = named.or(first) else { continue };
        let name = (part.1..class.body.1)
            .find(|&at| file.is_word(at) && matches!(file.at(at + 1), ":" | "!" | "?" | "=" | ";"));
        model.fields.extend(name.map(|name| Field::at(file, name, column)));
    }
    Some(model)
}

/// Models that are made by a call.
fn called(file: &File, at: usize) -> Option<Model> {
    const TABLES: &[&str] = &[
        "pgTable",
        "pgView",
        "pgMaterializedView",
        "table",
        "view",
        "materializedView",
        "sqliteTable",
        "mysqlTable",
    ];
    let part = file.arguments(at);
    let word = file.at(at);
    if TABLES.contains(&word) && file.is_text(part.0) {
        let name = variable(file, at)?;
        let mut model = of_object(file, part, name);
        file.at(name).clone_into(&mut model.name);
        model.table = Some(file.at(part.0).to_owned());
        model.at = file.tokens[part.0].span;
        model.is_table = true;
        return Some(model);
    }
    let defines = word == "define" && file.is_text(part.0);
    let starts = word == "init" && file.is(part.0, "{") && at > 1 && file.is_dot(at - 1);
    let schema = word == "EntitySchema";
    if !(defines || starts || schema) {
        return None;
    }
    let name = match word {
        "define" => part.0,
        "init" => at - 2,
        _ => file.argument(part, "name")?,
    };
    let mut model = of_object(file, part, name);
    file.at(name).clone_into(&mut model.name);
    model.at = file.tokens[name].span;
    if let Some(table) = file.argument(part, "tableName") {
        model.table = Some(file.at(table).to_owned());
        model.at = file.tokens[table].span;
    } else if starts && file.find(part, "sequelize").is_none() {
        return None;
    }
    Some(model)
}

/// The variable that a call is assigned to.
fn variable(file: &File, at: usize) -> Option<usize> {
    let mut before = at.checked_sub(1)?;
    while file.is_dot(before) && before > 1 {
        before -= 2;
    }
    let name = before.checked_sub(1)?;
    (file.is(before, "=") && file.is_word(name)).then_some(name)
}

/// What the objects among the arguments of a call say of columns: `mail: text('email')`, and
/// `mail: { field: 'email' }`.
fn of_object(file: &File, part: (usize, usize), name: usize) -> Model {
    let whole = file.tokens[name].span.to(file.tokens[part.1.min(file.len() - 1)].span);
    let mut model = Model { whole, ..Model::default() };
    for at in part.0..part.1 {
        let key = matches!(file.kind(at), Some(Kind::Word | Kind::Text)) && file.is(at + 1, ":");
        if !key || !file.around(at).is_some_and(|open| file.is(open, "{")) {
            continue;
        }
        let depth = brackets_between(file, at, part.0);
        if depth > 1 {
            continue;
        }
        model.members.push(spelling::key(file.at(at)));
        let value = at + 2;
        if file.is_word(value) && file.is(value + 1, "(") && file.is_text(value + 2) {
            model.fields.push(Field::at(file, at, value + 2));
        } else if file.is(value, "{") && file.opens(value) {
            let object = (value + 1, file.partner(value));
            let column = ["field", "name"].iter().find_map(|name| file.argument(object, name));
            model.fields.extend(column.map(|column| Field::at(file, at, column)));
        }
    }
    model
}

/// How many brackets stand around a token, from the one that opens before `from`.
fn brackets_between(file: &File, at: usize, from: usize) -> usize {
    std::iter::successors(file.around(at), |&open| file.around(open))
        .take_while(|&open| from <= open)
        .take(2)
        .count()
}
