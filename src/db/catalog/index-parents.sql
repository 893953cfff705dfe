SELECT format('ALTER INDEX %I.%I ATTACH PARTITION %I.%I', m.nspname, p.relname, n.nspname,
  c.relname)
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE c.relkind IN ('i', 'I')
ORDER BY c.oid
