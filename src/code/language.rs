//! The languages that application code is written in, by the ends of file names.

/// A language, or a family whose members look alike to a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named by its name")]
pub enum Language {
    /// TypeScript, Vue and Svelte too.
    JavaScript,
    Python,
    Ruby,
    Go,
    Rust,
    Java,
    Kotlin,
    Scala,
    CSharp,
    Elixir,
    Php,
    Swift,
    Dart,
    Sql,
    Prisma,
    GraphQl,
    /// Text with code between marks; the language of that code.
    Template(Inner),
    /// YAML, JSON and TOML.
    Data,
}

/// The language between the marks of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named by its name")]
pub enum Inner {
    Ruby,
    Elixir,
    Php,
    /// JavaScript, or a language of expressions such as that of Jinja.
    Other,
}

impl Inner {
    /// The language that such code is read as.
    pub(super) fn language(self) -> Language {
        match self {
            Inner::Ruby => Language::Ruby,
            Inner::Elixir => Language::Elixir,
            Inner::Php => Language::Php,
            Inner::Other => Language::JavaScript,
        }
    }
}

impl Language {
    /// Whether mappers in it have a language of queries that names classes where SQL names tables.
    pub(super) fn queries_objects(self) -> bool {
        matches!(
            self,
            Language::CSharp
                | Language::Java
                | Language::JavaScript
                | Language::Kotlin
                | Language::Php
                | Language::Scala
        )
    }

    /// The language of a file, by its name.
    pub fn of(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if ["Rakefile", "Gemfile", "Guardfile"].contains(&name) {
            return Some(Language::Ruby);
        }
        let (stem, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        Some(match extension.as_str() {
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte"
            | "astro" => Language::JavaScript,
            "py" | "pyi" => Language::Python,
            "rb" | "rake" | "jbuilder" | "builder" | "ru" | "axlsx" => Language::Ruby,
            "go" => Language::Go,
            "rs" => Language::Rust,
            "java" | "groovy" => Language::Java,
            "kt" | "kts" => Language::Kotlin,
            "scala" | "sc" => Language::Scala,
            "cs" => Language::CSharp,
            "ex" | "exs" => Language::Elixir,
            "php" if stem.rsplit('.').next() == Some("blade") => Language::Template(Inner::Php),
            "php" | "phtml" => Language::Php,
            "swift" => Language::Swift,
            "dart" => Language::Dart,
            "sql" | "pgsql" | "psql" => Language::Sql,
            "prisma" => Language::Prisma,
            "graphql" | "gql" | "graphqls" => Language::GraphQl,
            "erb" | "haml" | "slim" => Language::Template(Inner::Ruby),
            "eex" | "heex" | "leex" => Language::Template(Inner::Elixir),
            "ejs" | "hbs" | "mustache" | "njk" | "jinja" | "jinja2" | "j2" | "twig" | "liquid"
            | "html" | "htm" | "cshtml" | "razor" | "tmpl" | "gohtml" | "pug" => {
                Language::Template(Inner::Other)
            }
            "yml" | "yaml" | "json" | "toml" => Language::Data,
            _ => return None,
        })
    }

    /// Whether blocks are told by how far lines are set in.
    pub(super) fn indents(self) -> bool {
        matches!(self, Language::Python | Language::Ruby | Language::Elixir)
    }

    /// Whether strings in single or double quotes may run over several lines.
    pub(super) fn long_strings(self) -> bool {
        matches!(self, Language::Ruby | Language::Rust | Language::Elixir | Language::Php)
    }
}
