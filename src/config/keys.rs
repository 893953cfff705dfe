//! The keys of `migrate.toml`: the one table behind the reader, its messages and the JSON Schema.

/// A key.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it says, as a sentence.
    pub(super) about: &'static str,
    pub(super) form: Form,
    /// A table without it makes no sense.
    pub(super) required: bool,
}

/// What a key takes.
pub(super) enum Form {
    /// A PostgreSQL major version.
    Major,
    /// One of `error`, `warning`, `info`, `never`.
    FailOn,
    /// How many rows.
    Rows,
    /// A text.
    Text,
    /// The name of a layout.
    Layout,
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// Severities by rule.
    Rules,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// How many of something.
    Count,
    /// A span of time, such as `24h`.
    Span,
    /// Which rollbacks make waiting begin anew.
    Resets,
}

impl Form {
    /// What is expected, for messages.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Form::Major => "a PostgreSQL major version, 12 to 18",
            Form::FailOn => "one of \"error\", \"warning\", \"info\", \"never\"",
            Form::Rows => "a number of rows, one or more",
            Form::Text => "a string",
            Form::Layout => "the name of a layout",
            Form::Flag => "true or false",
            Form::Texts => "a list of strings",
            Form::Rules => "a table of rules with their severities",
            Form::Table(_) => "a table",
            Form::Tables(_) => "a list of tables",
            Form::Count => "a whole number, zero or more",
            Form::Span => "a span of time such as \"30s\", \"24h\" or \"7d\"",
            Form::Resets => "one of \"all\", \"incompatible\"",
        }
    }
}

/// The keys at the top.
pub(super) const TOP: &[Key] = &[
    Key {
        name: "postgres",
        about: "The oldest PostgreSQL major version that the migrations run on.",
        form: Form::Major,
        required: false,
    },
    Key {
        name: "fail-on",
        about: "From which severity on findings make a run fail.",
        form: Form::FailOn,
        required: false,
    },
    Key {
        name: "baseline",
        about: "A file that lists old findings, which are not reported again.",
        form: Form::Text,
        required: false,
    },
    Key {
        name: "exclude",
        about: "Files that are never judged, by patterns as in .gitignore.",
        form: Form::Texts,
        required: false,
    },
    Key {
        name: "small-tables",
        about: "On tables with fewer rows, findings that only cost time go down one severity.",
        form: Form::Rows,
        required: false,
    },
    Key {
        name: "sizes",
        about: "A file that says how large tables are, where no database is asked.",
        form: Form::Text,
        required: false,
    },
    Key {
        name: "environment",
        about: "The name of the environment, to which the ledger of its database is bound.",
        form: Form::Text,
        required: false,
    },
    Key {
        name: "rules",
        about: "How bad the findings of a rule are: off, info, warning or error.",
        form: Form::Rules,
        required: false,
    },
    Key {
        name: "project",
        about: "Folders of migrations that cannot be found, or are taken for another tool's.",
        form: Form::Tables(PROJECT),
        required: false,
    },
    Key {
        name: "change",
        about: "What migrate check asks of a change set.",
        form: Form::Table(CHANGE),
        required: false,
    },
    Key {
        name: "consumer",
        about: "What uses the database: a contract waits until each of them no longer needs what \
                it takes away.",
        form: Form::Tables(CONSUMER),
        required: false,
    },
    Key {
        name: "soak",
        about: "How long a rollout must have been well before a contract may run.",
        form: Form::Table(SOAK),
        required: false,
    },
];

/// The keys of `[[consumer]]`.
pub(super) const CONSUMER: &[Key] = &[
    Key {
        name: "service",
        about: "Its name, as in application_name = 'service@version'.",
        form: Form::Text,
        required: true,
    },
    Key {
        name: "regions",
        about: "Where it runs; everywhere as one if it is not given.",
        form: Form::Texts,
        required: false,
    },
    Key {
        name: "interval",
        about: "How often it says that it is alive; 30s where it is not given.",
        form: Form::Span,
        required: false,
    },
    Key {
        name: "cadence",
        about: "It does not run all the time, but at least once in this span.",
        form: Form::Span,
        required: false,
    },
];

/// The keys of `[soak]`.
pub(super) const SOAK: &[Key] = &[
    Key {
        name: "window",
        about: "How long nobody may have needed the old schema, and all must have been well; 24h \
                where it is not given.",
        form: Form::Span,
        required: false,
    },
    Key {
        name: "rollback-resets",
        about: "Which rollbacks make the waiting begin anew: all, or only those to a release that \
                needs the old schema.",
        form: Form::Resets,
        required: false,
    },
    Key {
        name: "verify-max-age",
        about: "How old the proof of a complete backfill may be; 24h where it is not given.",
        form: Form::Span,
        required: false,
    },
];

/// The keys of `[change]`.
pub(super) const CHANGE: &[Key] = &[
    Key {
        name: "code",
        about: "The application code, by patterns as in .gitignore; all that is no migration, \
                document, test or lock file where it is not given.",
        form: Form::Texts,
        required: false,
    },
    Key {
        name: "no-code",
        about: "What is no application code, by patterns as in .gitignore.",
        form: Form::Texts,
        required: false,
    },
    Key {
        name: "statements-max",
        about: "The most statements in the migrations of one change; 100 where it is not given.",
        form: Form::Count,
        required: false,
    },
    Key {
        name: "tables-max",
        about: "The most tables in use that one change locks; 20 where it is not given.",
        form: Form::Count,
        required: false,
    },
    Key {
        name: "contracts-max",
        about: "The most things that one change takes away; 5 where it is not given.",
        form: Form::Count,
        required: false,
    },
    Key {
        name: "owner",
        about: "Whether each migration has to name who answers for it.",
        form: Form::Flag,
        required: false,
    },
    Key {
        name: "undo",
        about: "Whether something has to take each migration back.",
        form: Form::Flag,
        required: false,
    },
];

/// The keys of a `[[project]]`.
pub(super) const PROJECT: &[Key] = &[
    Key {
        name: "path",
        about: "The folder, relative to this file.",
        form: Form::Text,
        required: true,
    },
    Key {
        name: "layout",
        about: "Whose migrations they are.",
        form: Form::Layout,
        required: false,
    },
    Key {
        name: "code",
        about: "The application code that runs on its database, by patterns as in .gitignore, \
                relative to this file; all code where it is not given.",
        form: Form::Texts,
        required: false,
    },
    Key {
        name: "transaction",
        about: "Whether the runner wraps each file in a transaction.",
        form: Form::Flag,
        required: false,
    },
];
