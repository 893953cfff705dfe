CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE legacy_sessions (
    token text PRIMARY KEY,
    user_id bigint CONSTRAINT legacy_sessions_user_id_fkey REFERENCES users (id)
);
CREATE INDEX legacy_sessions_user_id_idx ON legacy_sessions (user_id);
INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 100) AS n;
INSERT INTO legacy_sessions SELECT 'token ' || n, n FROM generate_series(1, 100) AS n;
