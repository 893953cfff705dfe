-- A constant default is kept beside the table: no row is written, and old code need not name it.
ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'unknown';
