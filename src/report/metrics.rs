//! Where backfills stand, in the text format of Prometheus.

use crate::backfill::Status;
use std::fmt::Write;

/// A metric: its name, what it says, its kind, and its value for a job.
type Metric = (&'static str, &'static str, &'static str, fn(&Status) -> f64);

#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
const METRICS: [Metric; 10] = [
    ("rows_written_total", "Rows that were written.", "counter", |it| it.written as f64),
    ("rows_estimated", "Rows the table was thought to have.", "gauge", |it| it.estimate as f64),
    ("batches_total", "Batches that were committed.", "counter", |it| it.batches as f64),
    ("ranges", "Ranges of the walk.", "gauge", |it| it.ranges as f64),
    ("ranges_done", "Ranges that are done.", "gauge", |it| it.ranges_done as f64),
    ("pass", "How often the table was walked, this time included.", "gauge", |it| {
        f64::from(it.pass)
    }),
    ("progress_ratio", "What share of the walk is done.", "gauge", Status::fraction),
    ("rows_set_aside", "Rows that could not be done.", "gauge", |it| it.poison as f64),
    ("workers", "Workers that are alive.", "gauge", |it| it.workers.len() as f64),
    ("complete", "1 once nothing is left.", "gauge", |it| f64::from(u8::from(it.state == "done"))),
];

/// All metrics of jobs.
pub fn backfill_metrics(all: &[Status]) -> String {
    let mut text = String::new();
    for (name, help, kind, value) in METRICS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP migrate_backfill_{name} {help}");
        let _ = writeln!(text, "# TYPE migrate_backfill_{name} {kind}");
        for status in all {
            let _ = writeln!(text, "migrate_backfill_{name}{{{}}} {}", of(status), value(status));
        }
    }
    let _ = writeln!(text, "# HELP migrate_backfill_held 1 for each signal that holds it.");
    let _ = writeln!(text, "# TYPE migrate_backfill_held gauge");
    for status in all {
        // What a signal says has numbers in it: each would be a series of its own.
        for signal in status.signals() {
            let reason = escaped(&signal);
            let _ = writeln!(text, "migrate_backfill_held{{{},reason=\"{reason}\"}} 1", of(status));
        }
    }
    text
}

fn of(status: &Status) -> String {
    format!(
        "change=\"{}\",statement=\"{}\",table=\"{}\"",
        escaped(&status.change),
        status.place,
        escaped(&status.table)
    )
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
