//! Python, Ruby and Elixir: `SQLAlchemy`, Django, Active Record, Sequel, Ecto.

use super::Class;
use super::Field;
use super::Model;
use crate::code::Language;
use crate::code::token::File;
use crate::code::token::Kind;

pub(super) fn models(path: &str, file: &File, classes: &[Class]) -> Vec<Model> {
    let model = |class: &Class| match file.language {
        Language::Ruby => record(file, class),
        Language::Elixir => ecto(file, class),
        _ => python(path, file, class),
    };
    let mut found: Vec<Model> = classes.iter().filter_map(model).collect();
    if file.language == Language::Python {
        found.extend((0..file.len()).filter_map(|at| core_table(file, at)));
    }
    found
}

/// How many tokens after one are looked at in its line.
const LINE_MAX: usize = 400;

/// The tokens of the line of a token.
fn line(file: &File, at: usize) -> (usize, usize) {
    let end = (at + 1..file.len()).take(LINE_MAX).find(|&end| file.starts_line(end));
    (file.first_of_line(at), end.unwrap_or(file.len().min(at + LINE_MAX)))
}

fn python(path: &str, file: &File, class: &Class) -> Option<Model> {
    let head = (class.name + 1, class.body.0);
    let told = file.find(class.body, "__tablename__");
    let fields = (class.body.0..class.body.1).any(|at| {
        file.is(at, "models") && file.is(at + 1, ".") && file.at(at + 2).ends_with("Field")
    });
    let django =
        fields || (file.find(head, "models").is_some() && file.find(head, "Model").is_some());
    let alchemy = told.is_some()
        || file.find(head, "SQLModel").is_some()
        || (file.find(head, "db").is_some() && file.find(head, "Model").is_some());
    if !(django || alchemy) {
        return None;
    }
    let mut model = class.model(file);
    model.is_table = alchemy;
    let meta = file.find(class.body, "db_table").filter(|_| django);
    if let Some(text) = told.or(meta).and_then(|at| file.text_after(at)) {
        model.table = Some(file.at(text).to_owned());
        model.at = file.tokens[text].span;
    } else if django {
        model.prefix = app(path).map(|app| format!("{app}_"));
    }
    for at in class.body.0..class.body.1 {
        let named = file.is_word(at) && file.starts_line(at) && class.holds_directly(file, at);
        if !named {
            continue;
        }
        let call = (at + 1..at + 16).find(|&open| file.is(open, "(") && file.opens(open));
        let Some(open) = call else { continue };
        let part = (open + 1, file.partner(open));
        let column = ["db_column", "name"].iter().find_map(|name| file.argument(part, name));
        let kind = file.at(open - 1);
        let first = matches!(kind, "Column" | "mapped_column" | "column") && file.is_text(part.0);
        let column = column.or_else(|| first.then_some(part.0));
        let name = file.at(at).to_owned();
        let place = file.tokens[at].span;
        match column {
            Some(column) => {
                let told = file.tokens[column].span;
                let column = file.at(column).to_owned();
                model.fields.push(Field { name, column, at: place, told });
            }
            None if matches!(kind, "ForeignKey" | "OneToOneField") && django => {
                let column = format!("{name}_id");
                model.fields.push(Field { name, column, at: place, told: place });
            }
            None => {}
        }
    }
    Some(model)
}

/// The application of Django that a file belongs to.
fn app(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if parts.last() == Some(&"models") {
        parts.pop();
    }
    parts.pop().map(str::to_lowercase)
}

/// `users = Table("users", metadata, Column("email", String))`.
fn core_table(file: &File, at: usize) -> Option<Model> {
    if !(file.is(at, "Table") && file.is(at + 1, "(") && file.is_text(at + 2)) {
        return None;
    }
    let equals = at.checked_sub(1).filter(|&at| file.is(at, "="));
    let name = equals?.checked_sub(1).filter(|&at| file.is_word(at))?;
    let part = file.arguments(at);
    let mut model = Model {
        name: file.at(name).to_owned(),
        table: Some(file.at(part.0).to_owned()),
        is_table: true,
        at: file.tokens[part.0].span,
        whole: file.tokens[name].span.to(file.tokens[part.1.min(file.len() - 1)].span),
        ..Model::default()
    };
    for at in part.0..part.1 {
        if file.is(at, "Column") && file.is_text(at + 2) {
            let name = file.at(at + 2).to_owned();
            let place = file.tokens[at + 2].span;
            model.fields.push(Field { column: name.clone(), name, at: place, told: place });
        }
    }
    Some(model)
}

fn record(file: &File, class: &Class) -> Option<Model> {
    if file.at(class.keyword) != "class" || !file.is(class.name + 1, "<") {
        return None;
    }
    let parent = line(file, class.name);
    let sequel = file.find(parent, "Sequel");
    let active = (class.name..parent.1).any(|at| {
        file.is_word(at) && (file.at(at).ends_with("Record") || file.at(at) == "ActiveRecord")
    });
    if sequel.is_none() && !active {
        return None;
    }
    let mut model = class.model(file);
    let given = sequel.and_then(|at| {
        (at..parent.1).find(|&at| matches!(file.kind(at), Some(Kind::Symbol | Kind::Text)))
    });
    let told = file.find(class.body, "table_name").and_then(|at| file.text_after(at));
    if let Some(text) = told.or(given) {
        let name = file.at(text);
        model.table = Some(name.rsplit('.').next().unwrap_or(name).to_owned());
        model.at = file.tokens[text].span;
    }
    for at in class.body.0..class.body.1 {
        if file.is(at, "ignored_columns") {
            let mut part = line(file, at);
            if let Some(open) = (at..part.1).find(|&at| file.is(at, "[") && file.opens(at)) {
                part.1 = part.1.max(file.partner(open));
            }
            let names =
                (at..part.1).filter(|&at| matches!(file.kind(at), Some(Kind::Symbol | Kind::Text)));
            model.ignored.extend(names.map(|at| file.at(at).to_owned()));
        }
        if file.is(at, "alias_attribute") {
            let named = (at + 1..line(file, at).1)
                .filter(|&at| matches!(file.kind(at), Some(Kind::Symbol | Kind::Text)));
            if let [name, column] = named.collect::<Vec<_>>().as_slice() {
                let place = file.tokens[*column].span;
                let (name, column) = (file.at(*name).to_owned(), file.at(*column).to_owned());
                model.fields.push(Field { name, column, at: place, told: place });
            }
        }
        if file.is(at, "belongs_to") && file.kind(at + 1) == Some(Kind::Symbol) {
            let name = file.at(at + 1).to_owned();
            let place = file.tokens[at + 1].span;
            let told = file.find(line(file, at), "foreign_key").map(|at| at + 2);
            let told = told.filter(|&at| matches!(file.kind(at), Some(Kind::Symbol | Kind::Text)));
            let column = told.map_or_else(|| format!("{name}_id"), |at| file.at(at).to_owned());
            model.fields.push(Field { name, column, at: place, told: place });
        }
    }
    Some(model)
}

fn ecto(file: &File, class: &Class) -> Option<Model> {
    let schema = file.find(class.body, "schema").filter(|&at| file.is_text(at + 1))?;
    let mut model = class.model(file);
    model.table = Some(file.at(schema + 1).to_owned());
    model.at = file.tokens[schema + 1].span;
    for at in class.body.0..class.body.1 {
        let belongs = file.is(at, "belongs_to");
        if !(belongs || file.is(at, "field")) || file.kind(at + 1) != Some(Kind::Symbol) {
            continue;
        }
        let name = file.at(at + 1).to_owned();
        model.members.push(name.to_lowercase());
        let source = file.find(line(file, at), if belongs { "foreign_key" } else { "source" });
        let source = source.filter(|&at| file.kind(at + 2) == Some(Kind::Symbol));
        let column = match source {
            Some(at) => file.at(at + 2).to_owned(),
            None if belongs => format!("{name}_id"),
            None => name.clone(),
        };
        let at = file.tokens[at + 1].span;
        model.fields.push(Field { name, column, at, told: at });
    }
    Some(model)
}
