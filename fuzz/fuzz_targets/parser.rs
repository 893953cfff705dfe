//! Words of the grammar in any order, a byte a word: what is read of them is judged the same twice.

#![no_main]

#[path = "../../tests/support/invariants.rs"]
#[expect(dead_code, reason = "each target asks for a part of it")]
mod invariants;

use libfuzzer_sys::fuzz_target;
use migrate::version::Major;

/// Bytes stand for these; those beyond for the ones from the start again.
const WORDS: &str = "ALTER TABLE t ADD COLUMN a integer ; CREATE INDEX i ON t ( a ) , DROP \
    CONSTRAINT c CHECK PRIMARY KEY UNIQUE FOREIGN REFERENCES u NOT NULL VALID VALIDATE DEFAULT 1 \
    'x' SET TYPE bigint USING TABLESPACE SCHEMA s . RENAME TO CONCURRENTLY IF EXISTS CASCADE ONLY \
    PARTITION OF FOR VALUES FROM IN WITH ATTACH DETACH BEGIN COMMIT ROLLBACK SAVEPOINT VIEW v AS \
    SELECT * FROM WHERE = UPDATE DELETE INSERT INTO RETURNING MERGE WHEN MATCHED THEN DO $$ END \
    LOOP EXECUTE MATERIALIZED REFRESH TYPE ENUM DOMAIN d FUNCTION f RETURNS trigger LANGUAGE sql \
    TRIGGER BEFORE EACH ROW SEQUENCE q OWNED BY GENERATED ALWAYS IDENTITY STORED text [ ] :: + \
    COPY stdin LOCK MODE SHARE VACUUM FULL ANALYZE REINDEX CLUSTER TRUNCATE GRANT OR REPLACE \
    COMMENT IS EXPLAIN lock_timeout OPERATOR CLASS COLLATE EXCLUDE INHERIT REPLICA ENABLE DISABLE \
    RULE POLICY LIKE INCLUDING ALL varchar ( 10 ) numeric TEMPORARY UNLOGGED CALL AND CASE ELSE";

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let text: Vec<&str> = bytes.iter().map(|byte| words[usize::from(*byte) % words.len()]).collect();
    let text = text.join(" ");
    invariants::splits_and_joins(&text);
    invariants::is_judged_alike("", &text, Major::NEWEST, false);
});
