//! What Prometheus is told of backfills.

use migrate::backfill::Held;
use migrate::backfill::Status;
use migrate::backfill::Worker;
use migrate::report;

fn worker(holds: &[(&str, &str)]) -> Worker {
    let held = |(signal, why): &(&str, &str)| {
        let (signal, why) = ((*signal).to_owned(), (*why).to_owned());
        Held { signal, why }
    };
    Worker { holds: holds.iter().map(held).collect(), ..Worker::default() }
}

#[test]
fn a_signal_that_holds_is_one_series_whatever_it_says() {
    let lag = |megabytes: u32| format!("replica r1 is {megabytes} MB behind");
    let one = worker(&[("replica-lag", &lag(300)), ("window", "it runs from 22:00 to 06:00")]);
    let other = worker(&[("replica-lag", &lag(301)), ("replica-lag", &lag(302))]);
    let status = Status {
        change: "fill \"a\"".to_owned(),
        place: 1,
        table: "users".to_owned(),
        workers: vec![one, other],
        ..Status::default()
    };
    assert_eq!(status.holds().len(), 4);
    let text = report::backfill_metrics(&[status]);
    let held: Vec<&str> =
        text.lines().filter(|line| line.starts_with("migrate_backfill_held{")).collect();
    let of = "change=\"fill \\\"a\\\"\",statement=\"1\",table=\"users\"";
    let series = |reason: &str| format!("migrate_backfill_held{{{of},reason=\"{reason}\"}} 1");
    assert_eq!(held, [series("replica-lag"), series("window")]);
}
