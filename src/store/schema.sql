CREATE SCHEMA migrate;
COMMENT ON SCHEMA migrate IS 'the ledger of `migrate`: what was done to this database, and why';

CREATE TABLE migrate.meta (
    version integer NOT NULL
);

CREATE TABLE migrate.ledger (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    kind text NOT NULL CHECK (kind ~ '^[a-z]+[.][a-z_]+$'),
    actor text NOT NULL CHECK (actor <> ''),
    actor_source text NOT NULL CHECK (actor_source <> ''),
    db_user text NOT NULL,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    idem_key text UNIQUE,
    body text NOT NULL,
    prev_hash bytea NOT NULL UNIQUE CHECK (octet_length(prev_hash) = 32),
    entry_hash bytea NOT NULL UNIQUE CHECK (octet_length(entry_hash) = 32),
    service text GENERATED ALWAYS AS ((body::jsonb) ->> 'service') STORED,
    version text GENERATED ALWAYS AS ((body::jsonb) ->> 'version') STORED,
    change text GENERATED ALWAYS AS ((body::jsonb) ->> 'change') STORED
);

CREATE INDEX ledger_freeze ON migrate.ledger (seq)
    WHERE kind IN ('freeze.set', 'freeze.lifted');

-- One row: the lock that every writer takes, and a contract until it commits.
CREATE TABLE migrate.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL,
    entry_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL
);
INSERT INTO migrate.head VALUES (true, 0, decode(repeat('00', 32), 'hex'), '-infinity');

-- Which versions were seen alive, and when. Not chained: it changes with every beat.
CREATE TABLE migrate.sighting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL,
    region text NOT NULL DEFAULT '',
    version text NOT NULL,
    source text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    earned interval NOT NULL DEFAULT '0',
    beats bigint NOT NULL DEFAULT 1,
    CHECK (since <= until)
);
CREATE INDEX sighting_newest ON migrate.sighting (service, region, version, source, until DESC);

CREATE FUNCTION migrate.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows: what is in it is not changed'
        USING ERRCODE = 'MG003', HINT = 'record what is true now as a new event';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON migrate.ledger
    FOR EACH ROW EXECUTE FUNCTION migrate.refuse_change();
CREATE TRIGGER only_grows_whole BEFORE TRUNCATE ON migrate.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.refuse_change();
CREATE TRIGGER stays BEFORE DELETE ON migrate.head
    FOR EACH ROW EXECUTE FUNCTION migrate.refuse_change();
CREATE TRIGGER stays_whole BEFORE TRUNCATE ON migrate.head
    FOR EACH STATEMENT EXECUTE FUNCTION migrate.refuse_change();

-- A field as it is hashed: its length in bytes, -1 for none, then its bytes.
CREATE FUNCTION migrate.field(value text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT int4send(coalesce(octet_length(convert_to(value, 'UTF8')), -1))
        || coalesce(convert_to(value, 'UTF8'), '')
$$;

CREATE FUNCTION migrate.micros(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (extract(epoch FROM date_trunc('second', at)))::bigint * 1000000
        + (extract(microseconds FROM at AT TIME ZONE 'UTC'))::bigint % 1000000
$$;

-- The only way to write an event. The same key with the same content gives the event that is there;
-- with other content it is an error. Time and role are the database's own.
CREATE FUNCTION migrate.append(
    kind text, body text, actor text, actor_source text,
    occurred_at timestamptz DEFAULT NULL, idem_key text DEFAULT NULL, expect_seq bigint DEFAULT NULL,
    OUT seq bigint, OUT replayed boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    head migrate.head;
    known migrate.ledger;
    recorded timestamptz;
    hash bytea;
BEGIN
    SELECT h.* INTO STRICT head FROM migrate.head h FOR UPDATE;
    IF idem_key IS NOT NULL THEN
        SELECT l.* INTO known FROM migrate.ledger l WHERE l.idem_key = append.idem_key;
        IF FOUND THEN
            IF known.kind <> kind OR known.body::jsonb <> body::jsonb THEN
                RAISE EXCEPTION 'event % has the key "%", and says something else', known.seq, idem_key
                    USING ERRCODE = 'MG002';
            END IF;
            seq := known.seq;
            replayed := true;
            RETURN;
        END IF;
    END IF;
    IF expect_seq IS NOT NULL AND expect_seq <> head.seq THEN
        RAISE EXCEPTION 'the ledger went on to event % after event %', head.seq, expect_seq
            USING ERRCODE = 'MG001';
    END IF;
    IF jsonb_typeof(body::jsonb) <> 'object' THEN
        RAISE EXCEPTION 'the body of an event is a JSON object' USING ERRCODE = 'MG004';
    END IF;
    seq := head.seq + 1;
    replayed := false;
    recorded := greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond');
    hash := sha256(
        convert_to('migrate-ledger/1', 'UTF8') || head.entry_hash || int8send(seq)
        || migrate.field(kind) || migrate.field(actor) || migrate.field(actor_source)
        || migrate.field(session_user::text)
        || migrate.field(migrate.micros(occurred_at)::text)
        || migrate.field(migrate.micros(recorded)::text)
        || migrate.field(idem_key) || migrate.field(body)
    );
    INSERT INTO migrate.ledger
        (seq, kind, actor, actor_source, db_user, occurred_at, recorded_at, idem_key, body,
         prev_hash, entry_hash)
    VALUES
        (seq, kind, actor, actor_source, session_user, occurred_at, recorded, idem_key, body,
         head.entry_hash, hash);
    UPDATE migrate.head h SET seq = append.seq, entry_hash = hash, recorded_at = recorded;
END $$;

-- Whoever holds the head decides: nothing is written until its transaction ends.
CREATE FUNCTION migrate.hold() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM migrate.head FOR UPDATE;
END $$;

-- Every step asks this in its own transaction: a freeze stops what comes next at once.
CREATE FUNCTION migrate.must_move() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last migrate.ledger;
BEGIN
    SELECT l.* INTO last FROM migrate.ledger l
        WHERE l.kind IN ('freeze.set', 'freeze.lifted') ORDER BY l.seq DESC LIMIT 1;
    IF last.kind = 'freeze.set' THEN
        RAISE EXCEPTION 'everything is frozen: %', (last.body::jsonb) ->> 'reason'
            USING ERRCODE = 'MG005';
    END IF;
END $$;

-- Views of the ledger for people.
CREATE VIEW migrate.history AS
    SELECT seq, recorded_at, kind, change, service, version, actor, db_user, body::jsonb AS body
    FROM migrate.ledger ORDER BY seq;

-- Nobody is let in by default: `migrate ledger install --roles` makes roles that are.
REVOKE ALL ON ALL TABLES IN SCHEMA migrate FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA migrate FROM PUBLIC;
INSERT INTO migrate.meta VALUES (1);
