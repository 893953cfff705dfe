-- given
CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL, label text, owner_id bigint UNIQUE);
CREATE TABLE prices (id bigint, name text);
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE state AS ENUM ('open', 'closed', 'gone');
CREATE TABLE users (
  id bigint PRIMARY KEY, email text, email_lower text, name text NOT NULL, nick text, plan text,
  status state, team_id bigint, score int, total numeric(10, 2), price numeric, doc json,
  meta jsonb, tags text[], token uuid, seen timestamptz, created_at timestamptz NOT NULL,
  active boolean, migrated boolean, balance bigint, kind varchar(5), version int,
  left_at timestamp, code text COLLATE folded
);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, amount numeric, state text);
ALTER TABLE orders ADD CONSTRAINT orders_amount_positive CHECK (amount > 0) NOT VALID;
CREATE TABLE profiles (
  user_id bigint PRIMARY KEY, email text, hits int NOT NULL DEFAULT 0, seen timestamptz
);
CREATE TABLE countries (id bigserial PRIMARY KEY, name text UNIQUE, code text NOT NULL DEFAULT '');
CREATE TABLE archive (id bigint PRIMARY KEY, user_id bigint, amount numeric, state text);
CREATE TABLE accounts (id bigint, region text, note text, PRIMARY KEY (id, region))
  PARTITION BY LIST (region);
CREATE TABLE accounts_eu PARTITION OF accounts FOR VALUES IN ('eu');
CREATE TABLE parted (id bigint, at date, note text) PARTITION BY RANGE (at);
CREATE TABLE parted_all PARTITION OF parted FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE DOMAIN worth AS numeric;
CREATE DOMAIN folded_text AS text COLLATE folded;
CREATE DOMAIN level AS state;
CREATE TABLE alike (
  id bigint PRIMARY KEY, price numeric, other numeric, cents numeric(10, 2), value worth,
  span interval, meta jsonb, ratio double precision, list numeric[], spread numrange,
  code text COLLATE folded, word folded_text, plain text, level level
);
CREATE VIEW free_users AS SELECT id, plan FROM users WHERE plan = 'free';
CREATE TABLE nodes (
  id bigint PRIMARY KEY, parent_id bigint REFERENCES nodes ON DELETE SET NULL, old boolean
);
CREATE TABLE branches (
  id bigint PRIMARY KEY, parent_id bigint REFERENCES branches, old boolean
);
CREATE TABLE crews (id bigint PRIMARY KEY, grp int);
CREATE TABLE members (
  id bigint PRIMARY KEY, crew_id bigint REFERENCES crews ON DELETE CASCADE, grp int
);
CREATE TABLE lent (
  id bigint PRIMARY KEY, crew_id bigint REFERENCES crews ON DELETE SET NULL, grp int
);
CREATE TABLE shown (
  id bigint PRIMARY KEY, up bigint, label text, snap jsonb, grp int,
  marked text GENERATED ALWAYS AS (coalesce(label, '') || '!') STORED
);
CREATE TABLE tariffs (id bigint PRIMARY KEY, name text);
CREATE TABLE old_tariffs () INHERITS (tariffs);
CREATE TABLE regions (id bigint, region text, note text) PARTITION BY LIST (lower(region));
CREATE TABLE areas (id bigint, region text, year int) PARTITION BY LIST (region);
CREATE TABLE areas_eu PARTITION OF areas FOR VALUES IN ('eu') PARTITION BY RANGE (year);
CREATE FUNCTION headline(shown) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.label || '!' $$;
CREATE FUNCTION members_of(int) RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT count(*) FROM shown WHERE grp = $1 AND label IS NULL';
CREATE FUNCTION labels_of(int) RETURNS bigint LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN members_of($1); END';
CREATE FUNCTION teams_of(bigint) RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT count(*) FROM teams WHERE owner_id = $1';
CREATE FUNCTION made_token() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()';
CREATE FUNCTION shouted(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
CREATE FUNCTION ceiling(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || 'x' $$;
CREATE FUNCTION noted(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN INSERT INTO countries (name) VALUES ($1); RETURN $1; END $$;
CREATE FUNCTION numbered(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN PERFORM pg_advisory_lock(7); RETURN $1; END $$;
CREATE FUNCTION told(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN PERFORM dblink_exec('elsewhere', $1); RETURN $1; END $$;

-- accepted: a literal where there is none
UPDATE users SET plan = 'free' WHERE plan IS NULL;
-- accepted: a function of a column that is never empty
UPDATE users SET nick = lower(name) WHERE nick IS NULL;
-- accepted: the source may be empty
UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;
-- accepted: the source is said not to be empty
UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL AND email IS NOT NULL;
-- accepted: an alias, a schema, comments and OR
UPDATE public.users AS u -- all of them
  SET email_lower = /* the same */ lower(u.email)
  WHERE u.email_lower IS NULL OR u.email_lower = '' -- none, or empty
;
-- accepted: coalesce with a constant
UPDATE users SET nick = coalesce(email, 'none') WHERE nick IS NULL;
-- accepted: concat is never NULL
UPDATE users SET nick = concat(email, '-', plan) WHERE nick IS NULL;
-- accepted: IS DISTINCT FROM the same
UPDATE users SET email_lower = lower(email) WHERE email_lower IS DISTINCT FROM lower(email);
-- accepted: IS DISTINCT FROM what the column rounds
UPDATE users SET total = price * 1.19 WHERE total IS DISTINCT FROM price * 1.19;
-- accepted: no condition
UPDATE users SET email_lower = lower(email);
-- accepted: no condition, and two columns
UPDATE users SET plan = 'free', score = 0;
-- accepted: one value becomes another
UPDATE users SET plan = 'basic' WHERE plan = 'free';
-- accepted: one of several becomes another
UPDATE users SET plan = 'basic' WHERE plan IN ('free', 'trial');
-- accepted: a list that holds what becomes of it
UPDATE users SET plan = 'free' WHERE plan IN ('free', 'trial');
-- accepted: a value of an enum
UPDATE users SET status = 'closed' WHERE status = 'open';
-- accepted: a flag by its letter
UPDATE users SET active = 'f' WHERE active = 'true';
-- accepted: what a flag is already
UPDATE users SET active = 'true' WHERE active IS DISTINCT FROM 'true';
-- accepted: another of several numbers
UPDATE users SET version = 7 WHERE version IN (1, 2);
-- accepted: a constant that the column rounds
UPDATE users SET total = 2.384 WHERE total = 4.76;
-- accepted: text that the column cuts
UPDATE users SET kind = 'abc' WHERE kind <> 'abc';
-- accepted: a flag
UPDATE users SET migrated = true, balance = balance * 100 WHERE migrated IS NOT TRUE;
-- accepted: a flag that is NOT set
UPDATE users SET migrated = true, score = score + 1 WHERE NOT migrated;
-- accepted: a version
UPDATE users SET version = 2, tags = array_append(tags, 'moved') WHERE version < 2;
-- accepted: a column that is a type without equality
UPDATE users SET doc = '{}';
-- accepted: a column that is emptied
UPDATE users SET nick = NULL WHERE plan = 'free';
-- accepted: two in a row
UPDATE users SET (plan, nick) = ('free', 'none') WHERE score > 10;
-- accepted: CASE
UPDATE users SET plan = CASE WHEN score > 10 THEN 'gold' ELSE 'free' END WHERE plan IS NULL;
-- accepted: CASE that gives nothing for some
UPDATE users SET plan = CASE WHEN score > 10 THEN 'gold' END WHERE plan IS NULL;
-- accepted: lower of itself
UPDATE users SET email = lower(trim(email));
-- accepted: coalesce of itself
UPDATE users SET score = coalesce(score, 0);
-- accepted: greatest of itself
UPDATE users SET score = greatest(score, 5) WHERE plan = 'free';
-- accepted: date_trunc of itself, in a zone that is named
UPDATE users SET seen = date_trunc('hour', seen, 'UTC');
-- accepted: date_trunc of itself, where there is no zone
UPDATE users SET left_at = date_trunc('hour', left_at);
-- accepted: nullif of itself
UPDATE users SET nick = nullif(nick, '');
-- accepted: the first letters of itself
UPDATE users SET nick = left(nick, 10);
-- accepted: itself without what stands at its ends
UPDATE users SET nick = btrim(nick, '-');
-- accepted: itself with other blanks
UPDATE users SET nick = replace(nick, '_', ' ');
-- accepted: lower of itself by its full name
UPDATE users SET email = pg_catalog.lower(email);
-- accepted: a function that is immutable
UPDATE users SET nick = shouted(name);
-- accepted: a subquery on the row at hand
UPDATE users u SET score = (SELECT count(*) FROM orders o WHERE o.user_id = u.id);
-- accepted: a subquery that finds a row by its key
UPDATE users SET nick = (SELECT name FROM teams WHERE teams.id = users.team_id) WHERE nick IS NULL;
-- accepted: an aggregate in order
UPDATE users u SET nick = (SELECT string_agg(o.state, ',' ORDER BY o.id) FROM orders o WHERE o.user_id = u.id);
-- accepted anew: a moment, once
UPDATE users SET seen = now() WHERE seen IS NULL;
-- accepted anew: a key that is made, once
UPDATE users SET token = gen_random_uuid(), score = 1 WHERE token IS NULL;
-- accepted anew: what a function makes, once
UPDATE users SET token = made_token() WHERE token IS NULL;
-- accepted: a join with a key
UPDATE users u SET plan = t.label FROM teams t WHERE t.id = u.team_id;
-- accepted: a join with a key, and a column of the same name
UPDATE users SET name = teams.name FROM teams WHERE teams.id = users.team_id AND users.score > 3;
-- accepted: a join with a key, once
UPDATE users u SET plan = t.name FROM teams t WHERE t.id = u.team_id AND u.plan IS NULL;
-- accepted: a join by way of another
UPDATE orders o SET state = t.name FROM users u JOIN teams t ON t.id = u.team_id WHERE u.id = o.user_id;
-- accepted: a partitioned table
UPDATE accounts SET note = 'eu' WHERE note IS NULL;
-- accepted: DELETE
DELETE FROM orders WHERE state = 'gone' OR amount IS NULL;
-- accepted: DELETE of all
DELETE FROM orders;
-- accepted: DELETE by a join
DELETE FROM orders o USING users u WHERE u.id = o.user_id AND u.plan = 'trial';
-- accepted: DELETE of what has lost its partner
DELETE FROM orders o WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = o.user_id);
-- accepted: INSERT of what is missing
INSERT INTO profiles (user_id, email) SELECT id, lower(email) FROM users ON CONFLICT (user_id) DO NOTHING;
-- accepted: INSERT with a condition and an alias
INSERT INTO profiles (user_id, email) SELECT u.id, u.email FROM users u WHERE u.plan = 'free' ON CONFLICT DO NOTHING;
-- accepted: INSERT with a join
INSERT INTO profiles (user_id, email) SELECT u.id, t.name FROM users u JOIN teams t ON t.id = u.team_id ON CONFLICT (user_id) DO NOTHING;
-- accepted: INSERT of a copy
INSERT INTO archive SELECT * FROM orders WHERE state = 'closed' ON CONFLICT DO NOTHING;
-- accepted: INSERT that asks first
INSERT INTO profiles (user_id) SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.user_id = u.id) ON CONFLICT DO NOTHING;
-- accepted: INSERT of names that are there
INSERT INTO countries (name) SELECT plan FROM users WHERE plan IS NOT NULL ON CONFLICT (name) DO NOTHING;
-- accepted: INSERT that is kept out by either of two keys
INSERT INTO countries (id, name) SELECT id, plan FROM users WHERE plan IS NOT NULL ON CONFLICT DO NOTHING;
-- accepted: INSERT that sets what is there
INSERT INTO profiles (user_id, email) SELECT id, email FROM users ON CONFLICT (user_id) DO UPDATE SET email = EXCLUDED.email;
-- accepted: INSERT that keeps the greater
INSERT INTO profiles (user_id, hits) SELECT id, coalesce(score, 0) FROM users ON CONFLICT (user_id) DO UPDATE SET hits = greatest(profiles.hits, EXCLUDED.hits);
-- accepted: INSERT of a group for each row
INSERT INTO profiles (user_id, hits) SELECT u.id, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id ON CONFLICT DO NOTHING;

-- accepted: equal numbers that are written otherwise
UPDATE alike SET price = other;
-- accepted: a number that gets another scale
UPDATE alike SET price = round(price, 2);
-- accepted: a number of a scale of its own
UPDATE alike SET cents = other;
-- accepted: a number of a domain that gets another scale
UPDATE alike SET value = round(value, 2);
-- accepted: numbers in a list
UPDATE alike SET list = ARRAY[1.00];
-- accepted: numbers at the ends of a range
UPDATE alike SET spread = '[1.00,2.00]';
-- accepted: a time that is as long in other words
UPDATE alike SET span = '1 day';
-- accepted: a document that is equal to another
UPDATE alike SET meta = '{"a": 1}';
-- accepted: none that is less than none
UPDATE alike SET ratio = 0;
-- accepted: a text that its collation takes for another
UPDATE alike SET code = lower(code);
-- accepted: a text that the collation of its domain takes for another
UPDATE alike SET word = lower(word);
-- accepted: a text from a column whose collation takes it for another
UPDATE alike SET plain = code;
-- accepted: a text by a collation that the statement names
UPDATE alike SET plain = (lower(name) COLLATE folded) FROM users WHERE users.id = alike.id;
-- accepted: an item of a domain over an enum
UPDATE alike SET level = 'closed';

-- accepted: DELETE of what has no partner that goes with it
DELETE FROM crews WHERE NOT EXISTS (SELECT 1 FROM members WHERE crew_id = crews.id);
-- accepted: DELETE of what has a partner that goes with it
DELETE FROM crews c USING members m WHERE m.crew_id = c.id AND m.grp = 3;
-- accepted: DELETE by what is not emptied in others
DELETE FROM crews c WHERE EXISTS (SELECT 1 FROM lent l WHERE l.grp = c.grp);
-- accepted: DELETE of rows to which others refer
DELETE FROM nodes WHERE old;
-- accepted: DELETE of rows that refer to none
DELETE FROM branches WHERE old AND parent_id IS NULL;
-- accepted: a row as a whole, once
UPDATE shown SET snap = to_jsonb(shown) WHERE snap IS NULL;
-- accepted: a function that reads another table
UPDATE users SET score = teams_of(id);

-- accepted: INSERT of what several rows have in common
INSERT INTO profiles (user_id, email, hits) SELECT o.user_id, 'none', (SELECT count(*) FROM orders x WHERE x.user_id = o.user_id) FROM orders o ON CONFLICT (user_id) DO NOTHING;

-- whole: a constraint is validated
ALTER TABLE orders VALIDATE CONSTRAINT orders_amount_positive;
-- whole: an index is built
CREATE INDEX CONCURRENTLY orders_state ON orders (state);
-- whole: statistics
ANALYZE users;

-- refused self-reference: a sum
UPDATE users SET balance = balance + 1;
-- refused self-reference: a sum under a condition
UPDATE users SET balance = balance * 100 WHERE plan = 'free' OR plan IS NULL;
-- refused self-reference: text that grows
UPDATE users SET nick = nick || 'x' WHERE plan = 'free';
-- refused self-reference: an array that grows
UPDATE users SET tags = array_append(tags, 'a');
-- refused self-reference: a document that grows
UPDATE users SET meta = meta || '{"a": 1}';
-- refused self-reference: an exchange
UPDATE users SET email = nick, nick = email;
-- refused self-reference: what is filled from it is empty for some
UPDATE users SET email_lower = lower(email), score = score + 1 WHERE email_lower IS NULL;
-- refused self-reference: a flag that is the same in other words
UPDATE users SET active = 't', balance = balance * 100 WHERE active = 'true';
-- refused self-reference: a flag that is one of several in other words
UPDATE users SET active = 't', balance = balance * 100 WHERE active IN ('true', 'yes');
-- refused self-reference: a number that is the same in other words
UPDATE users SET score = '7', balance = balance * 100 WHERE score = '07';
-- refused self-reference: a number that is among others with a fraction
UPDATE users SET price = 1, balance = balance * 100 WHERE price IN (1.0, 2.0);
-- refused self-reference: a number that is none other than it seems
UPDATE users SET balance = balance * 100, price = 9007199254740993 WHERE NOT price = 9007199254740992;
-- refused self-reference: a text that is cut before it is compared
UPDATE users SET plan = 'ab', balance = balance * 100 WHERE plan = 'abc'::varchar(2);
-- refused self-reference: a text that is equal to another
UPDATE users SET code = 'A', balance = balance * 100 WHERE code = 'a';
-- refused self-reference: two columns that are kept otherwise
UPDATE users SET price = 1.5, score = 1.5, balance = balance * 100 WHERE price <> score;
-- refused self-reference: all but the last letter
UPDATE users SET name = left(name, -1);
-- refused self-reference: lower brings letters that are trimmed
UPDATE users SET name = lower(btrim(name, 'a'));
-- refused self-reference: trim brings letters that are trimmed
UPDATE users SET name = btrim(trim(name), 'a');
-- refused self-reference: both in one trim
UPDATE users SET name = trim(both 'a' from trim(name));
-- refused self-reference: a value that comes and goes
UPDATE users SET nick = nullif('a', nick);
-- refused self-reference: somebody's own function
UPDATE users SET name = app.lower(name);
-- refused self-reference: somebody's own function that is found first
UPDATE users SET nick = ceiling(nick);
-- refused self-reference: the sign of what is settled
UPDATE users SET total = -floor(total);
-- refused self-reference: a part of a word that begins another
UPDATE users SET name = initcap(name);
-- refused self-reference: an hour of the session's time zone
UPDATE users SET seen = date_trunc('hour', seen);
-- refused self-reference: an hour of a zone that may set its clock by half an hour
UPDATE users SET seen = date_trunc('hour', seen, 'Australia/Lord_Howe');
-- refused self-reference: a letter that may be equal to what it becomes
UPDATE users SET code = replace(code, 'a', 'Ab');
-- refused self-reference: the row as a whole
UPDATE shown SET snap = to_jsonb(shown);
-- refused self-reference: all columns of the row
UPDATE shown s SET snap = row_to_json(s.*)::jsonb WHERE s.id > 0;
-- refused self-reference: the row as a text
UPDATE shown s SET label = md5(s::text);
-- refused self-reference: what is generated from it
UPDATE shown SET label = marked;
-- refused self-reference: a function of the row
UPDATE shown SET label = headline(shown);
-- refused self-reference: a function of the row, written as a column
UPDATE shown SET label = shown.headline;
-- refused volatile: a moment by a word of no type
UPDATE users SET seen = 'today 10:00' WHERE plan = 'free';
-- refused volatile: a moment by a word, where there is none
UPDATE users SET seen = coalesce(seen, 'now');
-- refused volatile: a moment
UPDATE users SET seen = now();
-- refused volatile: a moment by a word
UPDATE users SET seen = 'now'::timestamptz WHERE plan = 'free';
-- refused volatile: chance
UPDATE users SET score = random() * 100 WHERE plan = 'free';
-- refused volatile: a function that nobody knows
UPDATE users SET nick = made_elsewhere(name);
-- refused volatile: a function that nobody knows, under the name of one that all know
UPDATE users SET email_lower = app.lower(email);
-- refused volatile-condition: what is compared is another each time
UPDATE users SET token = gen_random_uuid() WHERE token IS DISTINCT FROM gen_random_uuid();
-- refused side-effect: a function that writes
UPDATE users SET nick = noted(name) WHERE nick IS NULL;
-- refused side-effect: a function that takes a lock of the session
UPDATE users SET nick = numbered(name) WHERE nick IS NULL;
-- refused side-effect: a function that writes elsewhere
UPDATE users SET nick = told(name) WHERE nick IS NULL;
-- refused side-effect: a message
UPDATE users SET nick = 'a' WHERE nick IS NULL AND pg_notify('a', 'b') IS NULL;
-- refused volatile-condition: chance
DELETE FROM users WHERE random() < 0.1;
-- refused unproven: a default
UPDATE users SET plan = DEFAULT WHERE score > 1;
-- refused unproven: a part of a value
UPDATE users SET tags[1] = 'a';
-- refused unproven: several from a query
UPDATE users SET (nick, plan) = (SELECT name, label FROM teams WHERE teams.id = users.team_id);
-- refused unproven: a default where there is none
UPDATE users SET plan = DEFAULT WHERE plan IS NULL;
-- refused unproven: several of which one may be equal and not the same
UPDATE alike SET (price, code) = (1.00, 'a');
-- refused no-change: a value that stays
UPDATE users SET name = name;
-- refused any-of-several: a join without a key
UPDATE users u SET plan = o.state FROM orders o WHERE o.user_id = u.id;
-- refused any-of-several: a join with a table that has no key
UPDATE users u SET plan = p.name FROM prices p WHERE p.id = u.id;
-- refused any-of-several: a join without a key, under a condition on the row
UPDATE users SET plan = o.state FROM orders o WHERE o.user_id = users.id AND (users.name LIKE 'u%' OR users.plan IS NULL);
-- refused any-of-several: a join without a key, of a document
UPDATE users u SET meta = s.snap FROM shown s WHERE s.grp = u.score;
-- refused any-of-several: a join with a table whose heirs have keys of their own
UPDATE users u SET plan = t.name FROM tariffs t WHERE t.id = u.team_id;
-- refused any-of-several: any row
UPDATE users u SET nick = (SELECT state FROM orders o WHERE o.user_id = u.id LIMIT 1);
-- refused no-order: an aggregate in no order, of rows of which one is in order
UPDATE users u SET nick = (SELECT string_agg(o.state, ',') FROM orders o WHERE o.user_id = u.id AND o.id IN (SELECT id FROM orders ORDER BY id));
-- refused no-order: an aggregate in no order beside one in order
UPDATE users u SET nick = (SELECT string_agg(o.state, ',') || string_agg(o.state, ',' ORDER BY o.id) FROM orders o WHERE o.user_id = u.id);
-- refused no-order: an aggregate in no order beside words about it
UPDATE users u SET nick = (SELECT string_agg(o.state, ' order by ') FROM orders o WHERE o.user_id = u.id);
-- refused no-order: an aggregate in no order
UPDATE users u SET nick = (SELECT string_agg(o.state, ',') FROM orders o WHERE o.user_id = u.id);
-- refused made-for-each: a query that is joined
UPDATE users u SET score = s.n FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s WHERE s.user_id = u.id;
-- refused own-rows: the table once more
UPDATE users u SET nick = o.nick FROM users o WHERE o.id = u.team_id;
-- refused own-rows: a share of all
UPDATE users SET score = score * 100 / (SELECT sum(score) FROM users) WHERE plan = 'free';
-- refused own-rows: rows that are alike
DELETE FROM users a USING users b WHERE a.email = b.email AND a.id > b.id;
-- refused own-rows: the row as a whole, of another row
UPDATE shown SET snap = (SELECT to_jsonb(q) FROM shown q WHERE q.id = shown.up);
-- refused own-rows: the row as a whole in a condition on others
UPDATE shown s SET label = 'a' WHERE EXISTS (SELECT 1 FROM shown q WHERE q.id = s.up AND q::text LIKE '%a%');
-- refused own-rows: what is generated from it, of another row
UPDATE shown SET label = (SELECT q.marked FROM shown q WHERE q.id = shown.up);
-- refused own-rows: a function that reads the table
UPDATE shown SET label = 'z' || members_of(grp) WHERE label IS NULL;
-- refused own-rows: a function that calls one which reads the table
UPDATE shown SET label = 'a' WHERE labels_of(grp) > 5;
-- refused own-rows: DELETE by a function that reads the table
DELETE FROM shown WHERE members_of(grp) > 5;
-- refused own-rows: DELETE by what is emptied with other rows
DELETE FROM nodes WHERE parent_id IS NULL;
-- refused own-rows: DELETE by a join with what goes with other rows
DELETE FROM crews USING members m WHERE m.grp = crews.grp;
-- refused own-rows: DELETE while there is what goes with other rows
DELETE FROM crews WHERE EXISTS (SELECT 1 FROM members m WHERE m.grp = crews.grp);
-- refused own-rows: DELETE once there is none of what goes with other rows
DELETE FROM crews WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.grp = crews.id);
-- refused own-rows: DELETE by what is emptied in others
DELETE FROM crews c WHERE EXISTS (SELECT 1 FROM lent l WHERE l.crew_id > c.id);
-- refused refers-to-itself: DELETE of rows that refer to others
DELETE FROM branches WHERE old;
-- refused refers-to-itself: DELETE of rows that refer to a certain one
DELETE FROM branches b WHERE b.parent_id = 7;
-- refused outer-join: a join that brings more
DELETE FROM orders o USING users u RIGHT JOIN teams t ON t.id = u.team_id WHERE o.user_id = u.id;
-- refused sets-key: the key
UPDATE users SET id = id + 1000 WHERE plan = 'free';
-- refused sets-partition-key: the partition key
UPDATE parted SET at = '2020-01-01' WHERE note IS NULL;
-- refused sets-partition-key: what the partition key is made from
UPDATE regions SET region = 'eu' WHERE region = 'EU';
-- refused sets-partition-key: the key of what a partition is cut into
UPDATE areas SET year = 5 WHERE year = 15;
-- refused with: WITH
WITH t AS (SELECT * FROM teams) UPDATE users SET plan = t.name FROM t WHERE t.id = users.team_id;
-- refused returning: RETURNING
UPDATE users SET plan = 'free' WHERE plan IS NULL RETURNING id;
-- refused limit: LIMIT
UPDATE users SET plan = 'free' WHERE plan IS NULL LIMIT 1000;
-- refused batched-by-hand: the first rows
UPDATE users SET plan = 'free' WHERE id IN (SELECT id FROM users WHERE plan IS NULL ORDER BY id LIMIT 1000);
-- refused batched-by-hand: rows that nobody locks
UPDATE users SET plan = 'free' WHERE id IN (SELECT id FROM users WHERE plan IS NULL LIMIT 10 FOR UPDATE SKIP LOCKED);
-- refused batched-by-hand: places
DELETE FROM orders WHERE ctid = ANY (ARRAY(SELECT ctid FROM orders WHERE state = 'gone' LIMIT 5000));
-- refused view: a view
UPDATE free_users SET plan = 'basic' WHERE plan IS NULL;
-- refused no-conflict: INSERT that fails or doubles
INSERT INTO profiles (user_id, email) SELECT id, email FROM users;
-- refused no-key: no key is given
INSERT INTO prices (id, name) SELECT id, name FROM teams ON CONFLICT DO NOTHING;
-- refused key-not-given: a key that makes itself
INSERT INTO countries (code) SELECT plan FROM users ON CONFLICT DO NOTHING;
-- refused key-null: a key that may be empty
INSERT INTO countries (name) SELECT plan FROM users ON CONFLICT (name) DO NOTHING;
-- refused key-volatile: a key that is made anew
INSERT INTO profiles (user_id) SELECT (random() * 1000)::bigint FROM users ON CONFLICT (user_id) DO NOTHING;
-- refused accumulates: a count that grows
INSERT INTO profiles (user_id, hits) SELECT id, 1 FROM users ON CONFLICT (user_id) DO UPDATE SET hits = profiles.hits + EXCLUDED.hits;
-- refused volatile: a moment that is set again
INSERT INTO profiles (user_id, seen) SELECT id, now() FROM users ON CONFLICT (user_id) DO UPDATE SET seen = EXCLUDED.seen;
-- refused any-of-several: rows that meet the same one
INSERT INTO profiles (user_id, email) SELECT user_id, state FROM orders ON CONFLICT (user_id) DO UPDATE SET email = EXCLUDED.email;
-- refused any-of-several: rows of which the first is kept
INSERT INTO profiles (user_id, email) SELECT user_id, state FROM orders ON CONFLICT (user_id) DO NOTHING;
-- refused distinct: DISTINCT
INSERT INTO countries (name) SELECT DISTINCT plan FROM users WHERE plan IS NOT NULL ON CONFLICT (name) DO NOTHING;
-- refused group-by: groups that are cut
INSERT INTO profiles (user_id, hits) SELECT user_id, count(*) FROM orders GROUP BY user_id ON CONFLICT (user_id) DO NOTHING;
-- refused aggregate: one row of all
INSERT INTO profiles (user_id, hits) SELECT 1, count(*) FROM orders ON CONFLICT (user_id) DO NOTHING;
-- refused window: a window
INSERT INTO profiles (user_id, hits) SELECT id, row_number() OVER (ORDER BY id) FROM users ON CONFLICT (user_id) DO NOTHING;
-- refused limit: the first rows
INSERT INTO profiles (user_id) SELECT id FROM users ORDER BY id LIMIT 10 ON CONFLICT (user_id) DO NOTHING;
-- refused union: two queries
INSERT INTO profiles (user_id) SELECT id FROM users UNION SELECT id FROM teams ON CONFLICT (user_id) DO NOTHING;
-- refused no-source: rows that are listed
INSERT INTO countries (name) VALUES ('a') ON CONFLICT DO NOTHING;
-- refused no-source: a series
INSERT INTO profiles (user_id) SELECT n FROM generate_series(1, 10) n ON CONFLICT DO NOTHING;
-- refused own-rows: a table that grows while it is walked
INSERT INTO users (id, name, created_at) SELECT id + 1000, name, created_at FROM users ON CONFLICT (id) DO NOTHING;
-- refused own-rows: a value that is made from rows that are inserted
INSERT INTO profiles (user_id, hits) SELECT id, 1 FROM users ON CONFLICT (user_id) DO UPDATE SET hits = (SELECT max(hits) + 1 FROM profiles);
-- refused column-aliases: columns by other names
INSERT INTO profiles (user_id, email) SELECT k, id FROM teams AS t (k, id) ON CONFLICT DO NOTHING;
-- refused merge: MERGE
MERGE INTO profiles p USING users u ON u.id = p.user_id WHEN MATCHED THEN UPDATE SET email = u.email;
-- refused block: a loop
DO $$ BEGIN LOOP UPDATE users SET plan = 'free' WHERE ctid = ANY (ARRAY(SELECT ctid FROM users WHERE plan IS NULL LIMIT 5000)); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;
-- refused call: a procedure
CALL fill_users();
-- refused reads-only: SELECT
SELECT made_token();
-- refused truncate: TRUNCATE
TRUNCATE orders;
-- refused copy: COPY
COPY users (id, name) FROM '/tmp/users.csv';
-- refused transaction: BEGIN
BEGIN;
-- refused setting: SET
SET lock_timeout = '2s';
-- refused setting: SET LOCAL
SET LOCAL work_mem = '1GB';
-- refused lock: LOCK
LOCK TABLE users;
-- refused schema-change: DDL
ALTER TABLE users ADD COLUMN extra text;
-- refused schema-change: an index that keeps writers out
CREATE INDEX users_plan ON users (plan);
-- refused unreadable: what is no SQL
UPDATE users SET WHERE;
-- refused placeholder: a placeholder
UPDATE users SET plan = ${plan} WHERE plan IS NULL;
