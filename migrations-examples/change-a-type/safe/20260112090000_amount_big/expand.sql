ALTER TABLE payments ADD COLUMN amount_big bigint;

CREATE FUNCTION payments_amount_big_sync() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.amount_big := COALESCE(NEW.amount_big, NEW.amount::bigint);
    NEW.amount := COALESCE(NEW.amount, NEW.amount_big::integer);
  ELSIF NEW.amount IS DISTINCT FROM OLD.amount THEN
    NEW.amount_big := NEW.amount::bigint;
  ELSIF NEW.amount_big IS DISTINCT FROM OLD.amount_big THEN
    NEW.amount := NEW.amount_big::integer;
  END IF;
  RETURN NEW;
END $$;

SET lock_timeout = '2s';
CREATE TRIGGER payments_amount_big_sync BEFORE INSERT OR UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION payments_amount_big_sync();
