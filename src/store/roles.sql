-- Three roles: who reads, who writes events, and who only says that it is alive.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['migrate_reader', 'migrate_writer', 'migrate_beat'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA migrate TO migrate_reader, migrate_writer, migrate_beat;
GRANT SELECT ON ALL TABLES IN SCHEMA migrate TO migrate_reader, migrate_writer;
GRANT EXECUTE ON FUNCTION migrate.append, migrate.hold, migrate.must_move, migrate.micros,
    migrate.tell_statistics TO migrate_writer;
GRANT EXECUTE ON FUNCTION migrate.micros TO migrate_reader;
GRANT EXECUTE ON FUNCTION migrate.beat TO migrate_writer, migrate_beat;
GRANT INSERT, UPDATE, DELETE ON migrate.backfill_job, migrate.backfill_part,
    migrate.backfill_range, migrate.backfill_poison, migrate.backfill_worker TO migrate_writer;
