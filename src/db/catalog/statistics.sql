SELECT pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY s.oid
