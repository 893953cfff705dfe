ALTER TABLE users ADD COLUMN display_name text;

-- What one release writes, the other one reads.
CREATE FUNCTION users_display_name_sync() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.display_name := COALESCE(NEW.display_name, NEW.nickname);
    NEW.nickname := COALESCE(NEW.nickname, NEW.display_name);
  ELSIF NEW.nickname IS DISTINCT FROM OLD.nickname THEN
    NEW.display_name := NEW.nickname;
  ELSIF NEW.display_name IS DISTINCT FROM OLD.display_name THEN
    NEW.nickname := NEW.display_name;
  END IF;
  RETURN NEW;
END $$;

SET lock_timeout = '2s';
CREATE TRIGGER users_display_name_sync BEFORE INSERT OR UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION users_display_name_sync();
