//! The text of a file: statements, with a blank line between and comments before them.

/// The widest line of a comment.
const WIDTH: usize = 98;

/// A file that is being written.
pub(super) struct Sheet(String);

impl Sheet {
    /// A file that begins by saying what it is for.
    pub(super) fn new(about: &str) -> Sheet {
        Sheet(comment(about))
    }

    /// More of what the file is for, or what is to be seen to.
    pub(super) fn note(&mut self, text: &str) {
        self.0.push_str(&comment(text));
    }

    /// A statement, without its end.
    pub(super) fn say(&mut self, sql: &str) {
        self.0.push('\n');
        self.0.push_str(sql);
        self.0.push_str(";\n");
    }

    /// A statement with a rule that is allowed for it.
    pub(super) fn allow(&mut self, rule: &str, because: &str, sql: &str) {
        self.say(&allowed(rule, because, sql));
    }

    /// Statements that take effect together.
    pub(super) fn together(&mut self, why: &str, statements: &[String]) {
        self.0.push('\n');
        self.0.push_str(&comment(why));
        self.0.push_str("BEGIN;\n");
        for sql in statements {
            self.0.push_str(sql);
            self.0.push_str(";\n");
        }
        self.0.push_str("COMMIT;\n");
    }

    /// The file.
    pub(super) fn text(self) -> String {
        self.0
    }
}

/// A statement with a rule that is allowed for it.
pub(super) fn allowed(rule: &str, because: &str, sql: &str) -> String {
    format!("-- migrate: allow {rule} because {because}\n{sql}")
}

/// A comment, in lines that are not too long.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("--");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 2 {
            lines.push_str(&line);
            lines.push('\n');
            line.replace_range(2.., "");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push_str(&line);
    lines.push('\n');
    lines
}
