-- What is not yet proven of the rows that are there, keys apart.
SELECT format('ALTER TABLE ONLY %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname,
  pg_get_constraintdef(k.oid))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'n') AND NOT k.convalidated
  AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY k.oid
