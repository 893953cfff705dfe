SELECT format('ALTER TABLE %I.%I OF %s', n.nspname, c.relname, format_type(c.reloftype, NULL))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.reloftype <> 0
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY c.oid
