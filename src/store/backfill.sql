-- Where backfills stand. It changes with every batch, so that it is not chained: that one began,
-- and was proven complete, are events.
CREATE TABLE migrate.backfill_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change text NOT NULL,
    place integer NOT NULL,
    digest text NOT NULL,
    relation oid NOT NULL,
    -- What a person wants: run, pause or cancel.
    wanted text NOT NULL DEFAULT 'run' CHECK (wanted IN ('run', 'pause', 'cancel')),
    why text,
    -- How far it is: open, done, failed or cancelled.
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed', 'cancelled')),
    failure text,
    -- How often the table was walked, this time included.
    pass integer NOT NULL DEFAULT 1,
    -- How many rows were written before this time.
    written_before bigint NOT NULL DEFAULT 0,
    -- How many rows of the walked tables anybody had written when it began, by the statistics.
    writes bigint NOT NULL DEFAULT 0,
    estimate bigint NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    workers integer NOT NULL,
    -- Who was seen to follow the server, on which timeline, and who need not be there any more.
    replicas text[] NOT NULL DEFAULT '{}',
    timeline text,
    forgotten text[] NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX backfill_job_current ON migrate.backfill_job (change, place)
    WHERE state <> 'cancelled';

-- A table that a job walks: itself, or a partition.
CREATE TABLE migrate.backfill_part (
    job bigint NOT NULL REFERENCES migrate.backfill_job ON DELETE CASCADE,
    part integer NOT NULL,
    leaf oid NOT NULL,
    filenode oid NOT NULL,
    walk text NOT NULL CHECK (walk IN ('key', 'blocks')),
    columns text[] NOT NULL,
    types text[] NOT NULL,
    stripes integer NOT NULL DEFAULT 1,
    PRIMARY KEY (job, part)
);

-- What one worker at a time holds. Its epoch goes up with every claim: who comes back with an old
-- one has lost it. `cur` is behind the last row that is done; where rows are walked in stripes,
-- those up to `stop` are done for the stripes before `stripe`.
CREATE TABLE migrate.backfill_range (
    job bigint NOT NULL,
    seq integer NOT NULL,
    part integer NOT NULL,
    lo text[],
    hi text[],
    cur text[],
    stop text[],
    stripe integer NOT NULL DEFAULT 0,
    done boolean NOT NULL DEFAULT false,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    owner_pid integer,
    owner_start timestamptz,
    lease_until timestamptz,
    not_before timestamptz,
    written bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (job, seq),
    FOREIGN KEY (job, part) REFERENCES migrate.backfill_part (job, part) ON DELETE CASCADE
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

-- Rows that cannot be done, each with its error.
CREATE TABLE migrate.backfill_poison (
    job bigint NOT NULL REFERENCES migrate.backfill_job ON DELETE CASCADE,
    leaf oid NOT NULL,
    key text NOT NULL,
    walk text NOT NULL,
    place text[] NOT NULL,
    sqlstate text NOT NULL,
    message text NOT NULL,
    tries integer NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, leaf, key)
);

-- Who is at work, and what holds it.
CREATE TABLE migrate.backfill_worker (
    id text PRIMARY KEY,
    job bigint NOT NULL REFERENCES migrate.backfill_job ON DELETE CASCADE,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    holds text[] NOT NULL DEFAULT '{}',
    notes text[] NOT NULL DEFAULT '{}',
    held interval NOT NULL DEFAULT '0',
    size integer NOT NULL DEFAULT 0,
    rate double precision NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Has this session tell what it wrote, so that it is counted now and not in a second; PostgreSQL 14
-- tells it by itself.
CREATE FUNCTION migrate.tell_statistics() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regproc('pg_stat_force_next_flush') IS NOT NULL THEN
        EXECUTE 'SELECT pg_stat_force_next_flush()';
    END IF;
END $$;

REVOKE ALL ON FUNCTION migrate.tell_statistics() FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA migrate FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'migrate_writer') THEN
        GRANT SELECT ON migrate.backfill_job, migrate.backfill_part, migrate.backfill_range,
            migrate.backfill_poison, migrate.backfill_worker TO migrate_reader, migrate_writer;
        GRANT INSERT, UPDATE, DELETE ON migrate.backfill_job, migrate.backfill_part,
            migrate.backfill_range, migrate.backfill_poison, migrate.backfill_worker
            TO migrate_writer;
        GRANT EXECUTE ON FUNCTION migrate.tell_statistics TO migrate_writer;
    END IF;
END $$;
