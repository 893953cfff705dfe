-- What was there before: 5000 rows at a time, each batch committed by itself.
-- migrate: allow backfill-not-batchable because the demonstration has no runner of batches beside it
DO $$
DECLARE
  written bigint;
BEGIN
  LOOP
    UPDATE users SET display_name = nickname WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM users WHERE display_name IS DISTINCT FROM nickname LIMIT 5000));
    GET DIAGNOSTICS written = ROW_COUNT;
    EXIT WHEN written = 0;
    COMMIT;
  END LOOP;
END $$;
