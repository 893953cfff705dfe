-- In the order they were made, which is the one that the server goes through them.
SELECT CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
  ELSE format('ALTER TABLE ONLY %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname,
    pg_get_constraintdef(k.oid)) END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indislive AND c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY i.indexrelid
