-- Those of partitions that stand for one of the parent come with that.
SELECT format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s',
  CASE WHEN c.relkind <> 'p' THEN 'ONLY ' END, n.nspname, c.relname, k.conname,
  pg_get_constraintdef(k.oid))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY k.oid
