-- Which consumers there are is asked with every beat.
CREATE INDEX IF NOT EXISTS ledger_consumers ON migrate.ledger (seq)
    WHERE kind = 'consumers.changed';

-- A version says that it is alive. A beat adds the time since the last one, but never more than the
-- interval that its consumer is declared with, whatever it says itself; that counts for services
-- that nobody declared. After a gap of three intervals, when it is no longer fresh, a new span
-- begins. A clock that jumps earns nothing. It waits for nobody: where another one beats in a
-- transaction that stays open, a span of its own goes on from the last beat that is known.
CREATE OR REPLACE FUNCTION migrate.beat(
    service text, version text, region text DEFAULT '', seconds integer DEFAULT 30,
    source text DEFAULT 'push'
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    last migrate.sighting;
    at timestamptz := clock_timestamp();
    span interval;
BEGIN
    IF service !~ '^[A-Za-z0-9._:+@/-]{1,200}$' OR version !~ '^[A-Za-z0-9._:+@/-]{1,200}$'
        OR region !~ '^[A-Za-z0-9._:+@/-]{0,200}$' THEN
        RAISE EXCEPTION 'a service, version or region has letters, digits and ._:+@/- only'
            USING ERRCODE = 'MG004';
    END IF;
    SELECT make_interval(secs => (c.one ->> 'interval')::double precision) INTO span
        FROM jsonb_array_elements((
            SELECT l.body::jsonb -> 'consumers' FROM migrate.ledger l
            WHERE l.kind = 'consumers.changed' ORDER BY l.seq DESC LIMIT 1
        )) AS c (one)
        WHERE c.one ->> 'service' = beat.service LIMIT 1;
    span := greatest(coalesce(span, make_interval(secs => seconds)), interval '1 second');
    SELECT s.* INTO last FROM migrate.sighting s
        WHERE s.service = beat.service AND s.region = beat.region AND s.version = beat.version
            AND s.source = beat.source AND s.until >= at - 3 * span
        ORDER BY s.until DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        IF at > last.until THEN
            UPDATE migrate.sighting s
                SET until = at, beats = s.beats + 1,
                    earned = s.earned + least(at - last.until, span)
                WHERE s.id = last.id;
        END IF;
        RETURN;
    END IF;
    SELECT s.* INTO last FROM migrate.sighting s
        WHERE s.service = beat.service AND s.region = beat.region AND s.version = beat.version
            AND s.source = beat.source
        ORDER BY s.until DESC LIMIT 1;
    IF NOT FOUND OR last.until < at - 3 * span THEN
        INSERT INTO migrate.sighting (service, region, version, source, since, until)
            VALUES (service, region, version, source, at, at);
    ELSIF last.until <= at - span THEN
        INSERT INTO migrate.sighting
            (service, region, version, source, since, until, earned, beats)
            VALUES (service, region, version, source, last.until, at, span, 2);
    END IF;
    -- Else somebody else has said it since, or says it just now.
END $$;
REVOKE ALL ON FUNCTION migrate.beat FROM PUBLIC;
