SELECT format('ALTER TABLE %I.%I %s', n.nspname, c.relname, x.verb)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index r ON r.indrelid = c.oid AND r.indisreplident
LEFT JOIN pg_index u ON u.indrelid = c.oid AND u.indisclustered
CROSS JOIN LATERAL (VALUES
  (CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END),
  (CASE c.relreplident
    WHEN 'i' THEN format('REPLICA IDENTITY USING INDEX %I',
      (SELECT i.relname FROM pg_class i WHERE i.oid = r.indexrelid))
    WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END),
  ('CLUSTER ON ' || (SELECT quote_ident(i.relname) FROM pg_class i WHERE i.oid = u.indexrelid))
) x(verb)
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
  AND x.verb IS NOT NULL
ORDER BY c.oid
