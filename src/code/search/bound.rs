//! Variables that hold a row of the table: by their types, by what is assigned to them, by loops.

use super::scene::INSIDE;
use super::scene::Scene;
use super::scene::is_getter;
use crate::code::Language;
use crate::code::spelling;
use crate::code::token::File;
use std::collections::BTreeSet;

/// Words that are no variables.
const NEVER: &[&str] = &[
    "as",
    "await",
    "case",
    "class",
    "const",
    "def",
    "else",
    "export",
    "extends",
    "final",
    "fn",
    "for",
    "from",
    "fun",
    "func",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "interface",
    "is",
    "let",
    "mut",
    "new",
    "not",
    "of",
    "private",
    "protected",
    "public",
    "range",
    "return",
    "static",
    "struct",
    "throws",
    "type",
    "use",
    "val",
    "var",
    "where",
    "when",
    "and",
    "or",
    "do",
    "end",
    "with",
    "impl",
    "enum",
    "instanceof",
    "typeof",
    "package",
    "module",
    "using",
];

impl Scene<'_> {
    /// Finds them.
    pub(super) fn bind(&mut self) {
        let file = self.file;
        let mut bound = BTreeSet::new();
        let forms = file.language == Language::Ruby && file.text.contains("form");
        for at in 0..file.len() {
            if !file.is_word(at) {
                continue;
            }
            if forms && self.is_thing(file.at(at)) {
                bound.extend(form(file, at).map(|name| file.at(name)));
            }
            if !self.is_table_name(file.at(at)) {
                continue;
            }
            let found = [
                typed(file, at),
                typed_after(file, at),
                assigned(file, at),
                looped(file, at),
                passed(file, at),
            ];
            bound.extend(found.into_iter().flatten().map(|name| file.at(name)));
        }
        for &at in &self.queries {
            bound.extend(assigned(file, at).map(|name| file.at(name)));
            bound.extend(taken_apart(file, at));
        }
        self.keep(&mut bound);
        // What goes through such things one by one.
        let each = (0..file.len()).filter(|&at| file.is_word(at) && bound.contains(file.at(at)));
        let inner = each.flat_map(|at| [looped(file, at), passed(file, at)]).flatten();
        let mut more: BTreeSet<&str> = inner.map(|name| file.at(name)).collect();
        self.keep(&mut more);
        bound.append(&mut more);
        self.bound = bound;
    }

    /// Leaves out what is no variable, or stands for another table.
    fn keep(&self, bound: &mut BTreeSet<&str>) {
        bound.retain(|name| {
            !NEVER.contains(name) && !self.is_other(name) && !spelling::key(name).is_empty()
        });
    }
}

/// The name that a type stands after: `u: User`, `u *User`.
fn typed(file: &File, at: usize) -> Option<usize> {
    let mut before = at.checked_sub(1)?;
    let go = file.language == Language::Go;
    let mut marked = false;
    while ["&", "*", "mut", "?", "[", "]", "."].contains(&file.at(before))
        || (go && file.is_dot(before))
    {
        marked = true;
        let step = if file.is(before, ".") { 2 } else { 1 };
        before = before.checked_sub(step)?;
    }
    if go {
        let opens = file.is(at + 1, ")") || file.is(at + 1, ",") || file.is(at + 1, "{");
        let var = before > 0 && file.is(before - 1, "var");
        return (file.is_word(before) && (marked || opens || var)).then_some(before);
    }
    let types = file.is(before, ":") && file.language != Language::Ruby;
    types.then_some(before.checked_sub(1)?).filter(|&name| file.is_word(name))
}

/// The name that stands after a type: `User u`, `List<User> users`.
fn typed_after(file: &File, at: usize) -> Option<usize> {
    let typed =
        matches!(file.language, Language::Java | Language::CSharp | Language::Php | Language::Dart);
    let mut next = at + 1;
    while file.is(next, ">") || file.is(next, "?") {
        next += 1;
    }
    (typed && file.is_word(next) && file.at(at).starts_with(char::is_uppercase)).then_some(next)
}

/// Whether something else is read from the thing at `at`: `user.team`.
fn goes_on(file: &File, at: usize) -> bool {
    let thing = !file.at(at).starts_with(char::is_uppercase) && !file.is_text(at);
    let member = file.is_dot(at + 1) && file.is_word(at + 2);
    let name = file.at(at + 2);
    let gives = file.is(at + 3, "(") && !is_getter(name);
    thing && member && !gives && !INSIDE.contains(&name)
}

/// The name that a thing is assigned to: `u = User.find(1)`.
fn assigned(file: &File, at: usize) -> Option<usize> {
    if goes_on(file, at) {
        return None;
    }
    let line = file.line(at);
    let mut before = at.checked_sub(1)?;
    for _ in 0..10 {
        if file.is(before, "=") || file.is(before, ":=") {
            let name = before.checked_sub(1)?;
            let plain = !name.checked_sub(1).is_some_and(|at| file.is_dot(at));
            return (file.is_word(name) && plain).then_some(name);
        }
        let passes = file.is_word(before)
            || file.is_dot(before)
            || ["(", "&", "%"].contains(&file.at(before));
        if !passes || file.line(before) != line {
            return None;
        }
        before = before.checked_sub(1)?;
    }
    None
}

/// The names in `const { rows } = await pool.query(…)`.
fn taken_apart<'f>(file: &'f File, at: usize) -> Vec<&'f str> {
    let equals = (0..at).rev().take(10).find(|&before| file.is(before, "="));
    let close = equals.and_then(|at| at.checked_sub(1)).filter(|&at| file.closes(at));
    let Some(close) = close else { return Vec::new() };
    (file.partner(close)..close).filter(|&at| file.is_word(at)).map(|at| file.at(at)).collect()
}

/// The name that goes through things: `for u in users`, `for (const u of users)`.
fn looped(file: &File, at: usize) -> Option<usize> {
    if goes_on(file, at) {
        return None;
    }
    let mut before = at.checked_sub(1)?;
    for _ in 0..6 {
        match file.at(before) {
            "in" | "of" => return before.checked_sub(1).filter(|&name| file.is_word(name)),
            "range" => {
                let name = before.checked_sub(2)?;
                return file.is_word(name).then_some(name);
            }
            "<-" => return before.checked_sub(1).filter(|&name| file.is_word(name)),
            "." | "(" | "&" | "await" => {}
            _ if file.is_word(before) && file.is_dot(before + 1) => {}
            _ => return None,
        }
        before = before.checked_sub(1)?;
    }
    None
}

/// The name by which a function knows each of several: `users.each do |u|`, `users.map(u => …)`.
fn passed(file: &File, at: usize) -> Option<usize> {
    let arrow = |at: usize| file.is(at, "=>") || (file.is(at, "->") && !file.is_dot(at));
    let mut next = at + 1;
    for _ in 0..12 {
        if file.is_dot(next) && file.is_word(next + 1) {
            next += 2;
        } else if file.is(next, "(") || file.is(next, "{") {
            let first =
                if file.is(next + 1, "(") || file.is(next + 1, "|") { next + 2 } else { next + 1 };
            let after = first + 1;
            let ends =
                arrow(after) || file.is(after, "|") || (file.is(after, ")") && arrow(after + 1));
            if ends || (first == next + 2 && file.is(next + 1, "|")) {
                return file.is_word(first).then_some(first);
            }
            if file.is(next, "{") || !file.opens(next) {
                return None;
            }
            next = file.partner(next) + 1;
        } else {
            let block = file.is(next, "do") && file.is(next + 1, "|") && file.is_word(next + 2);
            return block.then_some(next + 2);
        }
    }
    None
}

/// The name of the form of a thing: `form_with model: @user do |f|`.
fn form(file: &File, at: usize) -> Option<usize> {
    const FORMS: &[&str] = &["form_for", "form_with", "fields_for", "simple_form_for"];
    let line = file.line(at);
    let opens = |at: &usize| FORMS.contains(&file.at(*at));
    (0..at).rev().take(60).take_while(|&before| file.line(before) == line).find(opens)?;
    let block = (at + 1..file.len()).take(40).find(|&at| file.is(at, "do"))?;
    (file.is(block + 1, "|") && file.is_word(block + 2)).then_some(block + 2)
}
