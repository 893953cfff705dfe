SELECT CASE WHEN c.relispartition
  THEN format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %I.%I %s', m.nspname, p.relname,
    n.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid))
  ELSE format('ALTER TABLE %I.%I INHERIT %I.%I', n.nspname, c.relname, m.nspname, p.relname) END
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY c.oid, i.inhseqno
