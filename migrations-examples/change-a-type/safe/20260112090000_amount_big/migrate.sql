DO $$
DECLARE
  written bigint;
BEGIN
  LOOP
    UPDATE payments SET amount_big = amount
      WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM payments WHERE amount_big IS DISTINCT FROM amount LIMIT 5000
      ));
    GET DIAGNOSTICS written = ROW_COUNT;
    EXIT WHEN written = 0;
    COMMIT;
  END LOOP;
END $$;
