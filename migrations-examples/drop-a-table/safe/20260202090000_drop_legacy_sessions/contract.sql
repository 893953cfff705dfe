-- The key first, alone: its lock on users is short, and taken with a limit.
SET lock_timeout = '2s';
ALTER TABLE legacy_sessions DROP CONSTRAINT legacy_sessions_user_id_fkey;
DROP TABLE legacy_sessions;
