SELECT format('CREATE SCHEMA %I', n.nspname)
FROM pg_namespace n
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname NOT IN ('information_schema', 'public')
ORDER BY n.oid
