SET lock_timeout = '2s';
DROP TRIGGER payments_amount_big_sync ON payments;
DROP FUNCTION payments_amount_big_sync();
ALTER TABLE payments DROP COLUMN amount;

-- Let a check prove that the new column is never empty, so that NOT NULL need not read the table.
ALTER TABLE payments ADD CONSTRAINT payments_amount_big_not_null
  CHECK (amount_big IS NOT NULL) NOT VALID;
ALTER TABLE payments VALIDATE CONSTRAINT payments_amount_big_not_null;
ALTER TABLE payments ALTER COLUMN amount_big SET NOT NULL;
ALTER TABLE payments DROP CONSTRAINT payments_amount_big_not_null;
