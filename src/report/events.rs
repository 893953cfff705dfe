//! The events of a ledger, one a line.

use crate::ledger::Record;
use serde_json::Value;
use serde_json::json;
use std::io;
use std::io::Write;

/// Writes events as JSON, one a line.
pub fn events(records: &[Record], out: &mut dyn Write) -> io::Result<()> {
    for record in records {
        // What cannot be read is shown as it stands.
        let body = serde_json::from_str(&record.body).unwrap_or(Value::String(record.body.clone()));
        let line = json!({
            "seq": record.seq, "kind": record.kind, "recorded_at": record.recorded_at.to_string(),
            "actor": record.actor, "actor_source": record.actor_source,
            "db_user": record.db_user, "key": record.idem_key, "body": body,
            "hash": hex::encode(&record.entry_hash),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
