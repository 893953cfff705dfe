-- Every kind of effect once.
SET lock_timeout = '2s';
ALTER TABLE users ADD COLUMN phone text;
ALTER TABLE users ALTER COLUMN email TYPE varchar(80);
ALTER TABLE users ALTER COLUMN id TYPE integer;
CREATE INDEX CONCURRENTLY users_phone_idx ON users (phone);
ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey, ALTER COLUMN total SET NOT NULL;
UPDATE users SET phone = 'unknown' WHERE phone IS NULL;
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12, 2);
DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'users'); END $$;
BEGIN;
VACUUM users;
COMMIT;
DROP TABLE orders CASCADE;
FROBNICATE users;
