//! The statements that a finding gives, on a real server: they are taken, and what old and new code
//! write meanwhile is not lost.

use crate::fences;
use crate::fences::Case;
use crate::fences::Section;
use crate::fences::Setting;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::lint;
use migrate::lint::Severities;
use migrate::rules;
use migrate::version::Major;
use std::sync::Arc;

/// A finding whose advice is followed.
struct Advice {
    /// The name of its table, and of its test.
    name: &'static str,
    rule: &'static str,
    given: &'static str,
    statement: &'static str,
    /// What code does once a trigger keeps columns in step, before old rows are filled.
    meanwhile: &'static str,
    /// What stands for the parts that have to be filled in.
    filled_in: &'static [(&'static str, &'static str)],
    /// What has to be true before the last step: conditions over the database.
    holds: &'static [&'static str],
}

const NOTHING: Advice = Advice {
    name: "",
    rule: "",
    given: "",
    statement: "",
    meanwhile: "",
    filled_in: &[],
    holds: &[],
};

const ALL: &[Advice] = &[
    Advice {
        name: "retype_both_ways",
        rule: "alter-type-rewrite",
        given: "CREATE TABLE t (id int, n integer); INSERT INTO t VALUES (1, 10), (2, NULL);",
        statement: "ALTER TABLE t ALTER COLUMN n TYPE bigint;",
        meanwhile: "INSERT INTO t (id, n) VALUES (3, 30);
            INSERT INTO t (id, n_new) VALUES (4, 40);
            UPDATE t SET n = 11 WHERE id = 1;
            UPDATE t SET n_new = 31 WHERE id = 3;",
        holds: &["(SELECT array_agg((id, n, n_new)::text ORDER BY id) FROM t)
            = '{\"(1,11,11)\",\"(2,,)\",\"(3,31,31)\",\"(4,40,40)\"}'"],
        ..NOTHING
    },
    Advice {
        name: "retype_with_a_default",
        rule: "alter-type-rewrite",
        given: "CREATE TABLE t (id int, n integer NOT NULL DEFAULT 7); INSERT INTO t VALUES (1);",
        statement: "ALTER TABLE t ALTER COLUMN n TYPE bigint;",
        meanwhile: "INSERT INTO t (id, n_new) VALUES (2, 20);
            INSERT INTO t (id) VALUES (3);
            INSERT INTO t (id, n, n_new) VALUES (4, 40, 40);
            UPDATE t SET n_new = 8 WHERE id = 3;",
        holds: &["(SELECT array_agg(n_new ORDER BY id) FROM t) = '{7,20,8,40}'"],
        ..NOTHING
    },
    Advice {
        name: "retype_of_a_serial",
        rule: "alter-type-rewrite",
        given: "CREATE TABLE t (id serial, v int); INSERT INTO t (v) VALUES (1);",
        statement: "ALTER TABLE t ALTER COLUMN id TYPE bigint;",
        meanwhile: "INSERT INTO t (id_new, v) VALUES (50, 2); INSERT INTO t (v) VALUES (3);",
        holds: &["(SELECT array_agg(id_new ORDER BY v) FROM t) = '{1,50,3}'"],
        ..NOTHING
    },
    Advice {
        name: "retype_that_loses_something",
        rule: "alter-type-rewrite",
        given: "CREATE TABLE t (id int, doc json); INSERT INTO t VALUES (1, '{\"b\":1, \"a\":1}');",
        statement: "ALTER TABLE t ALTER COLUMN doc TYPE jsonb;",
        meanwhile: "INSERT INTO t (id, doc_new) VALUES (2, '{}');
            UPDATE t SET doc = '[2]' WHERE id = 2;",
        // The old column keeps what the new one cannot say.
        holds: &[
            "(SELECT doc::text FROM t WHERE id = 1) = '{\"b\":1, \"a\":1}'",
            "(SELECT array_agg(doc_new::text ORDER BY id) FROM t)
                = ARRAY['{\"a\": 1, \"b\": 1}', '[2]']",
        ],
        ..NOTHING
    },
    Advice {
        name: "retype_using",
        rule: "alter-type-rewrite",
        given: "CREATE TABLE t (id int, code text); INSERT INTO t VALUES (1, 'AB'), (2, '');",
        statement: "ALTER TABLE t ALTER COLUMN code TYPE varchar(9) USING nullif(lower(code), '');",
        meanwhile: "INSERT INTO t (id, code) VALUES (3, 'CD');
            INSERT INTO t (id, code, code_new) VALUES (4, 'EF', 'own');
            UPDATE t SET code = 'XY' WHERE id = 3;",
        holds: &["(SELECT array_agg(code_new ORDER BY id) FROM t)
            = ARRAY['ab', NULL, 'xy', 'own']::varchar[]"],
        ..NOTHING
    },
    Advice {
        name: "retype_to_a_domain",
        rule: "alter-type-rewrite",
        given: "CREATE DOMAIN small AS integer CHECK (VALUE < 100);
            CREATE DOMAIN amount AS small NOT NULL CHECK (value >= 0);
            CREATE TABLE t (id int, n bigint); INSERT INTO t VALUES (1, 10);",
        statement: "ALTER TABLE t ALTER COLUMN n TYPE amount;",
        meanwhile: "INSERT INTO t (id, n_new) VALUES (2, 20);",
        holds: &[
            "(SELECT array_agg(n_new ORDER BY id) FROM t) = '{10,20}'",
            "(SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'c')",
            "(SELECT attnotnull FROM pg_attribute WHERE attname = 'n_new')",
        ],
        ..NOTHING
    },
    Advice {
        name: "rename_of_what_has_no_equality",
        rule: "rename-column",
        given: "CREATE TABLE t (id int, place point); INSERT INTO t VALUES (1, '(1,1)');",
        statement: "ALTER TABLE t RENAME COLUMN place TO spot;",
        meanwhile: "INSERT INTO t (id, spot) VALUES (2, '(2,2)');
            UPDATE t SET place = '(3,3)' WHERE id = 2;",
        holds: &["(SELECT array_agg(spot::text ORDER BY id) FROM t) = ARRAY['(1,1)', '(3,3)']"],
        ..NOTHING
    },
    Advice {
        name: "rename_of_an_identity",
        rule: "rename-column",
        given: "CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY, v int);
            INSERT INTO t (v) VALUES (1);",
        statement: "ALTER TABLE t RENAME COLUMN n TO number;",
        meanwhile: "INSERT INTO t (v, number) VALUES (2, 60); INSERT INTO t (v) VALUES (3);",
        holds: &["(SELECT array_agg(number ORDER BY v) FROM t) = '{1,60,3}'"],
        ..NOTHING
    },
    Advice {
        name: "recheck_by_a_twin",
        rule: "alter-type-rechecks-constraint",
        given: "CREATE TABLE t (code varchar(9), CONSTRAINT filled CHECK (code <> ''));
            INSERT INTO t VALUES ('a');",
        statement: "ALTER TABLE t ALTER COLUMN code TYPE varchar(19);",
        ..NOTHING
    },
    Advice {
        name: "index_built_again",
        rule: "alter-type-index-rebuild",
        given: "CREATE SCHEMA app; CREATE TABLE app.t (code varchar(9));
            CREATE UNIQUE INDEX t_code_idx ON app.t (lower(code)) WHERE code <> '';",
        statement: "ALTER TABLE app.t ALTER COLUMN code TYPE varchar(19);",
        ..NOTHING
    },
    Advice {
        name: "serial_in_a_schema",
        rule: "add-column-serial",
        given: "CREATE SCHEMA app; CREATE TABLE app.t (v int); INSERT INTO app.t VALUES (1);",
        statement: "ALTER TABLE app.t ADD COLUMN number smallserial;",
        holds: &["(SELECT bool_and(number > 0) FROM app.t)"],
        ..NOTHING
    },
    Advice {
        name: "identity_in_a_schema",
        rule: "add-column-identity",
        given: "CREATE SCHEMA app; CREATE TABLE app.t (v int); INSERT INTO app.t VALUES (1);",
        statement: "ALTER TABLE app.t
            ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 5);",
        filled_in: &[("<beyond the highest number>", "1000")],
        holds: &[
            "(SELECT attidentity = 'a' FROM pg_attribute WHERE attname = 'number')",
            "(SELECT bool_and(number > 0) FROM app.t)",
        ],
        ..NOTHING
    },
    Advice {
        name: "computed_by_a_trigger",
        rule: "add-column-generated-stored",
        given: "CREATE TABLE t (id int, price int, quantity int);
            INSERT INTO t VALUES (1, 2, 3), (2, 2, NULL);",
        statement: "ALTER TABLE t
            ADD COLUMN total int GENERATED ALWAYS AS (t.price * quantity) STORED;",
        meanwhile: "INSERT INTO t VALUES (3, 5, 5); UPDATE t SET price = 6 WHERE id = 3;",
        holds: &["(SELECT array_agg(total ORDER BY id) FROM t) = '{6,NULL,30}'"],
        ..NOTHING
    },
    Advice {
        name: "default_of_a_domain",
        rule: "add-column-volatile-default",
        given: "CREATE DOMAIN token AS uuid DEFAULT gen_random_uuid();
            CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
        statement: "ALTER TABLE t ADD COLUMN token token NOT NULL;",
        holds: &["(SELECT bool_and(token IS NOT NULL) FROM t)"],
        ..NOTHING
    },
    Advice {
        name: "checks_of_a_domain",
        rule: "add-column-constrained-domain",
        given:
            "CREATE DOMAIN percent AS int NOT NULL CHECK (VALUE >= 0) CHECK ((\"value\") <= 100);
            CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
        statement: "ALTER TABLE t ADD COLUMN discount percent;",
        filled_in: &[("<value>", "5")],
        holds: &["(SELECT bool_and(discount = 5) FROM t)"],
        ..NOTHING
    },
    Advice {
        name: "required_and_a_key",
        rule: "add-column-required",
        given: "CREATE TABLE t (v int); INSERT INTO t VALUES (1);",
        statement: "ALTER TABLE t ADD COLUMN id bigint PRIMARY KEY;",
        filled_in: &[("<value>", "v")],
        holds: &[
            "(SELECT indisprimary AND indisvalid FROM pg_index WHERE indrelid = 't'::regclass)",
        ],
        ..NOTHING
    },
    Advice {
        name: "bridge_in_a_schema",
        rule: "rename-table",
        given: "CREATE SCHEMA billing; CREATE TABLE billing.invoices (id int);",
        statement: "ALTER TABLE billing.invoices RENAME TO bills;",
        holds: &["(SELECT count(*) = 0 FROM billing.invoices)"],
        ..NOTHING
    },
];

/// A test for each.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let trial = |advice: &'static Advice| {
        let begin = start.clone();
        let name = format!("advice::{}::{}::{major}", advice.rule, advice.name);
        Trial::test(name, move || follow(&begin(), advice).map_err(Failed::from))
    };
    ALL.iter().map(trial).collect()
}

/// Follows each way that is advised, in a database of its own.
fn follow(server: &Server, advice: &Advice) -> Result<(), String> {
    let steps = steps(server, advice)?;
    for (number, way) in steps.split(|step| step.starts_with("-- or,")).enumerate() {
        let database = format!("{}_{number}", advice.name);
        let session = server.database(&database).map_err(|error| reason(&error))?;
        session.run_each(advice.given)?;
        follow_steps(&session, advice, way)?;
    }
    Ok(())
}

/// Takes the steps, each twice where it says so, with code that runs meanwhile.
fn follow_steps(session: &Session, advice: &Advice, steps: &[String]) -> Result<(), String> {
    let (last, first) = steps.split_last().ok_or("nothing is advised")?;
    let mut written = false;
    for step in first {
        run(session, step)?;
        if step.contains("again until") {
            run(session, step)?;
        }
        if !written && step.contains("CREATE TRIGGER") {
            written = true;
            session.run_each(advice.meanwhile)?;
        }
    }
    let columns_go = last.contains("DROP COLUMN");
    if columns_go {
        hold(session, advice)?;
    }
    run(session, last)?;
    if !written {
        session.run_each(advice.meanwhile)?;
    }
    if columns_go { Ok(()) } else { hold(session, advice) }
}

fn hold(session: &Session, advice: &Advice) -> Result<(), String> {
    for condition in advice.holds {
        if session.count(&format!("SELECT WHERE {condition}"))? != 1 {
            return Err(format!("this does not hold: {condition}"));
        }
    }
    Ok(())
}

fn run(session: &Session, step: &str) -> Result<(), String> {
    session.run(step).map_err(|error| format!("{step}\n{}", reason(&error)))
}

/// What is advised, with what has to be filled in.
fn steps(server: &Server, advice: &Advice) -> Result<Vec<String>, String> {
    let rule = rules::find(advice.rule).ok_or("there is no such rule")?;
    let postgres = Major::new(i64::from(server.major)).ok_or("nothing is known of this server")?;
    let case = Case {
        rule,
        section: Section::Unsafe,
        in_page: false,
        line: 1,
        code: advice.statement.to_owned(),
        setting: Setting::plain(postgres),
        history: vec![advice.given.to_owned()],
    };
    let found =
        lint::lint(fences::examine(&case).remove(0), &Severities::default(), None, postgres);
    let finding = found.findings.iter().find(|finding| finding.rule == rule.id);
    let finding = finding.ok_or("nothing is found")?;
    let fill = |step: &String| {
        let filled = advice.filled_in.iter();
        filled.fold(step.clone(), |step, (place, value)| step.replace(place, value))
    };
    Ok(finding.safe.iter().map(fill).collect())
}
