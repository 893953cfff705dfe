SET lock_timeout = '2s';
DROP TRIGGER users_display_name_sync ON users;
DROP FUNCTION users_display_name_sync();
ALTER TABLE users DROP COLUMN nickname;
