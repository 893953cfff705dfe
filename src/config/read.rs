//! The reader of `migrate.toml`: it goes on after a mistake, so that all are reported at once.

use super::Config;
use super::FailOn;
use super::Mistake;
use super::ProjectConfig;
use super::keys;
use super::keys::Form;
use super::keys::Key;
use super::severity_from_word;
use crate::ledger::Consumer;
use crate::ledger::Moment;
use crate::migration;
use crate::migration::Layout;
use crate::nearest::did_you_mean;
use crate::rules;
use crate::rules::Severity;
use crate::sql::Span;
use crate::version::Major;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

/// How often a consumer says that it is alive, where nobody said.
const BEAT: Duration = Duration::from_secs(30);

/// Reads a configuration.
pub fn parse(text: &str) -> Result<Config, Vec<Mistake>> {
    let (table, faults) = DeTable::parse_recoverable(text);
    let mut reader = Reader { mistakes: Vec::new() };
    for fault in faults {
        let span = fault.span().map_or(Span::default(), |span| span_of(&span));
        reader.mistakes.push(Mistake { span, message: fault.message().to_owned(), help: None });
    }
    let mut config = Config::default();
    reader.top(table.get_ref(), &mut config);
    reader.mistakes.sort_by_key(|mistake| mistake.span);
    if reader.mistakes.is_empty() { Ok(config) } else { Err(reader.mistakes) }
}

fn span_of(range: &Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn top(&mut self, table: &DeTable, config: &mut Config) {
        for (key, value) in self.known(table, keys::TOP) {
            match key.name {
                "postgres" => config.postgres = self.major(value),
                "fail-on" => {
                    let read = |word: &str| FailOn::from_word(word);
                    config.fail_on = self.word(key, value, read).unwrap_or(config.fail_on);
                }
                "baseline" => config.baseline = self.text(key, value),
                "exclude" => config.exclude = self.texts(key, value),
                "small-tables" => config.small_tables = self.rows(key, value),
                "sizes" => config.sizes = self.text(key, value),
                "rules" => self.rules(value, config),
                "project" => config.projects = self.projects(key, value),
                "change" => self.change(value, config),
                "environment" => config.environment = self.text(key, value),
                "consumer" => config.consumers = self.consumers(key, value),
                "soak" => self.soak(value, config),
                _ => {}
            }
        }
    }

    /// The keys of a table that are known, with their values; the others are mistakes.
    fn known<'t, 'v>(
        &mut self,
        table: &'t DeTable<'v>,
        keys: &'static [Key],
    ) -> Vec<(&'static Key, &'t Spanned<DeValue<'v>>)> {
        let mut found = Vec::new();
        for (name, value) in table {
            if let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) {
                found.push((key, value));
                continue;
            }
            let names = || keys.iter().map(|key| key.name);
            let list = || format!("the keys here are {}", names().collect::<Vec<_>>().join(", "));
            self.mistakes.push(Mistake {
                span: span_of(&name.span()),
                message: format!("there is no key `{}`", name.get_ref()),
                help: Some(did_you_mean(name.get_ref(), names(), list)),
            });
        }
        found
    }

    fn expected(&mut self, words: &str, value: &Spanned<DeValue>) {
        let found = value.get_ref().type_str();
        self.mistakes.push(Mistake {
            span: span_of(&value.span()),
            message: format!("expected {words}, found {found}"),
            help: None,
        });
    }

    fn major(&mut self, value: &Spanned<DeValue>) -> Option<Major> {
        let DeValue::Integer(number) = value.get_ref() else {
            self.expected(Form::Major.words(), value);
            return None;
        };
        let number = number.as_str().parse::<i64>().ok();
        let major = number.and_then(Major::new);
        if major.is_none() {
            self.mistakes.push(Mistake {
                span: span_of(&value.span()),
                message: "nothing is known of this PostgreSQL version".to_owned(),
                help: Some(format!(
                    "give the oldest major that the migrations run on, {} to {}",
                    Major::OLDEST,
                    Major::NEWEST
                )),
            });
        }
        major
    }

    fn rows(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<u64> {
        let rows = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok().filter(|rows| *rows > 0),
            _ => None,
        };
        if rows.is_none() {
            self.expected(key.form.words(), value);
        }
        rows
    }

    fn text(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.expected(key.form.words(), value);
        None
    }

    fn texts(&mut self, key: &Key, value: &Spanned<DeValue>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            self.expected(key.form.words(), value);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.text(key, item)).collect()
    }

    /// One of a few words.
    fn word<T>(
        &mut self,
        key: &Key,
        value: &Spanned<DeValue>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key, value)?;
        let found = read(&text);
        if found.is_none() {
            self.mistakes.push(Mistake {
                span: span_of(&value.span()),
                message: format!("expected {}, found \"{text}\"", key.form.words()),
                help: None,
            });
        }
        found
    }

    fn rules(&mut self, value: &Spanned<DeValue>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.expected(Form::Rules.words(), value);
        };
        for (name, value) in table {
            let Some(rule) = rules::find(name.get_ref()) else {
                let ids = rules::all().map(|rule| rule.id);
                let list = || "`migrate explain` lists the rules".to_owned();
                self.mistakes.push(Mistake {
                    span: span_of(&name.span()),
                    message: format!("there is no rule `{}`", name.get_ref()),
                    help: Some(did_you_mean(name.get_ref(), ids, list)),
                });
                continue;
            };
            let severity = match value.get_ref() {
                DeValue::String(word) => severity_from_word(word),
                _ => None,
            };
            let lower = severity.is_some_and(|severity| severity != Some(Severity::Error));
            if !rule.settings().allowable && lower {
                self.mistakes.push(Mistake {
                    span: span_of(&name.span()),
                    message: format!("`{}` cannot be turned down", rule.id),
                    help: Some(
                        "its only way out is a rehearsed rollback; to try migrate out without \
                         failing runs, set fail-on = \"never\""
                            .to_owned(),
                    ),
                });
                continue;
            }
            match severity {
                Some(severity) => drop(config.severities.insert(rule.id, severity)),
                None => {
                    self.expected("one of \"error\", \"warning\", \"info\", \"off\"", value);
                }
            }
        }
    }

    fn change(&mut self, value: &Spanned<DeValue>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.expected("a table", value);
        };
        let change = &mut config.change;
        let demands = &mut change.demands;
        for (key, value) in self.known(table, keys::CHANGE) {
            let count = |reader: &mut Reader, most: usize| reader.count(key, value).unwrap_or(most);
            match key.name {
                "code" => change.code = Some(self.texts(key, value)),
                "no-code" => change.no_code = self.texts(key, value),
                "statements-max" => demands.statements_max = count(self, demands.statements_max),
                "tables-max" => demands.tables_max = count(self, demands.tables_max),
                "contracts-max" => demands.contracts_max = count(self, demands.contracts_max),
                "owner" => demands.owner = self.flag(key, value).unwrap_or_default(),
                "undo" => demands.undo = self.flag(key, value).unwrap_or_default(),
                _ => {}
            }
        }
    }

    fn consumers(&mut self, key: &Key, value: &Spanned<DeValue>) -> Vec<Consumer> {
        let DeValue::Array(items) = value.get_ref() else {
            self.expected(key.form.words(), value);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.consumer(item)).collect()
    }

    fn consumer(&mut self, value: &Spanned<DeValue>) -> Option<Consumer> {
        let DeValue::Table(table) = value.get_ref() else {
            self.expected("a table", value);
            return None;
        };
        let (mut service, mut regions) = (None, Vec::new());
        let (mut interval, mut cadence) = (BEAT, None);
        for (key, value) in self.known(table, keys::CONSUMER) {
            match key.name {
                "service" => service = self.text(key, value),
                "regions" => regions = self.texts(key, value),
                "interval" => interval = self.span(key, value).unwrap_or(interval),
                "cadence" => cadence = self.span(key, value),
                _ => {}
            }
        }
        if service.is_none() {
            self.mistakes.push(Mistake {
                span: span_of(&value.span()),
                message: "a consumer needs its `service`".to_owned(),
                help: None,
            });
        }
        if regions.is_empty() {
            regions.push(String::new());
        }
        let (interval, cadence) = (interval.as_secs().max(1), cadence.map(|span| span.as_secs()));
        Some(Consumer { service: service?, regions, interval, cadence })
    }

    fn soak(&mut self, value: &Spanned<DeValue>, config: &mut Config) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.expected("a table", value);
        };
        let soak = &mut config.soak;
        for (key, value) in self.known(table, keys::SOAK) {
            match key.name {
                "window" => soak.window = self.span(key, value).unwrap_or(soak.window),
                "rollback-resets" => {
                    let read = |word: &str| match word {
                        "all" => Some(true),
                        "incompatible" => Some(false),
                        _ => None,
                    };
                    soak.any_rollback = self.word(key, value, read).unwrap_or(soak.any_rollback);
                }
                "verify-max-age" => {
                    soak.verify_max_age = self.span(key, value).unwrap_or(soak.verify_max_age);
                }
                _ => {}
            }
        }
    }

    fn span(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<Duration> {
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        };
        let span = text.and_then(|text| Moment::span(text));
        if span.is_none() {
            self.expected(key.form.words(), value);
        }
        span
    }

    fn count(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<usize> {
        let count = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        if count.is_none() {
            self.expected(key.form.words(), value);
        }
        count
    }

    fn flag(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<bool> {
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.expected(key.form.words(), value);
        None
    }

    fn projects(&mut self, key: &Key, value: &Spanned<DeValue>) -> Vec<ProjectConfig> {
        let DeValue::Array(items) = value.get_ref() else {
            self.expected(key.form.words(), value);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.project(item)).collect()
    }

    fn project(&mut self, item: &Spanned<DeValue>) -> Option<ProjectConfig> {
        let DeValue::Table(table) = item.get_ref() else {
            self.expected("a table", item);
            return None;
        };
        let mut path = None;
        let mut layout = None;
        let mut transaction = None;
        let mut code = None;
        for (key, value) in self.known(table, keys::PROJECT) {
            match key.name {
                "path" => path = self.text(key, value),
                "layout" => layout = self.layout(key, value),
                "transaction" => transaction = self.flag(key, value),
                "code" => code = Some(self.texts(key, value)),
                _ => {}
            }
        }
        for key in keys::PROJECT.iter().filter(|key| key.required) {
            if !table.keys().any(|name| name.get_ref() == key.name) {
                self.mistakes.push(Mistake {
                    span: span_of(&item.span()),
                    message: format!("this table has no `{}`", key.name),
                    help: Some(key.about.to_owned()),
                });
            }
        }
        Some(ProjectConfig { path: path?, layout, transaction, code })
    }

    fn layout(&mut self, key: &Key, value: &Spanned<DeValue>) -> Option<&'static dyn Layout> {
        let id = self.text(key, value)?;
        let layout = migration::by_id(&id);
        if layout.is_none() {
            let ids = || migration::layouts().iter().map(|layout| layout.id());
            let list = || format!("the layouts are {}", ids().collect::<Vec<_>>().join(", "));
            self.mistakes.push(Mistake {
                span: span_of(&value.span()),
                message: format!("there is no layout `{id}`"),
                help: Some(did_you_mean(&id, ids(), list)),
            });
        }
        layout
    }
}
