//! The JSON Schema of `migrate.toml`, for editors.

use super::OFF;
use super::keys;
use super::keys::Form;
use super::keys::Key;
use crate::migration;
use crate::rules;
use crate::rules::Severity;
use crate::version::Major;
use serde_json::Value;
use serde_json::json;

/// The schema, as JSON Schema draft 2020-12.
pub fn json_schema() -> Value {
    let mut schema = table(keys::TOP);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(super::FILE_NAME);
    schema
}

fn table(keys: &[Key]) -> Value {
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let properties: serde_json::Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut value = value(&key.form);
            value["description"] = json!(key.about);
            (key.name.to_owned(), value)
        })
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

fn value(form: &Form) -> Value {
    let severities = [Severity::Error, Severity::Warning, Severity::Info].map(Severity::word);
    let with = |word: &'static str| severities.iter().copied().chain([word]).collect::<Vec<_>>();
    match form {
        Form::Major => json!({
            "type": "integer",
            "minimum": Major::OLDEST.number(),
            "maximum": Major::NEWEST.number(),
        }),
        Form::FailOn => json!({ "enum": with("never") }),
        Form::Rows => json!({ "type": "integer", "minimum": 1 }),
        Form::Text => json!({ "type": "string" }),
        Form::Layout => {
            let ids: Vec<&str> = migration::layouts().iter().map(|layout| layout.id()).collect();
            json!({ "enum": ids })
        }
        Form::Flag => json!({ "type": "boolean" }),
        Form::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Form::Rules => {
            let severity = json!({ "enum": with(OFF) });
            let rules: serde_json::Map<String, Value> = rules::all()
                .map(|rule| {
                    let mut severity = severity.clone();
                    severity["description"] = json!(rule.page().summary);
                    (rule.id.to_owned(), severity)
                })
                .collect();
            json!({ "type": "object", "additionalProperties": false, "properties": rules })
        }
        Form::Table(keys) => table(keys),
        Form::Count => json!({ "type": "integer", "minimum": 0 }),
        Form::Span => json!({ "type": "string", "examples": ["30s", "24h", "7d"] }),
        Form::Resets => json!({ "enum": ["all", "incompatible"] }),
        Form::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
    }
}
