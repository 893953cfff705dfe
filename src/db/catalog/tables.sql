-- A table has all its columns here; which of them it inherits, the parents say later. A NOT NULL
-- that is not valid (18) comes later too.
SELECT format('CREATE %sTABLE %I.%I (%s)%s%s%s',
  CASE WHEN c.relkind = 'f' THEN 'FOREIGN ' WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END,
  n.nspname, c.relname,
  concat_ws(', ', (
    SELECT string_agg(format('%I %s%s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> y.typcollation
        THEN (SELECT format(' COLLATE %I.%I', l.nspname, o.collname)
          FROM pg_collation o JOIN pg_namespace l ON l.oid = o.collnamespace
          WHERE o.oid = a.attcollation) END,
      CASE a.attgenerated
        WHEN 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
        WHEN 'v' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(d.adbin, d.adrelid))
        ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
      CASE WHEN NOT a.attnotnull OR nn.conname IS NOT NULL AND NOT nn.convalidated THEN NULL
        WHEN nn.conname <> c.relname || '_' || a.attname || '_not_null'
        THEN format(' CONSTRAINT %I NOT NULL%s', nn.conname,
          CASE WHEN nn.connoinherit THEN ' NO INHERIT' END) ELSE ' NOT NULL' END,
      CASE WHEN a.attidentity <> '' AND s.relname IS NOT NULL
        THEN format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I)',
          CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.nspname, s.relname) END),
      ', ' ORDER BY a.attnum)
    FROM pg_attribute a
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_constraint nn ON nn.contype = 'n' AND nn.conrelid = c.oid
      AND nn.conkey = ARRAY[a.attnum]
    LEFT JOIN LATERAL (
      SELECT q.relname, m.nspname
      FROM pg_depend e JOIN pg_class q ON q.oid = e.objid
      JOIN pg_namespace m ON m.oid = q.relnamespace
      WHERE e.classid = 'pg_class'::regclass AND e.refclassid = 'pg_class'::regclass
        AND e.refobjid = c.oid AND e.refobjsubid = a.attnum AND e.deptype = 'i'
        AND q.relkind = 'S'
      LIMIT 1) s ON true
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), (
    SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ', '
      ORDER BY k.oid)
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated)),
  ' PARTITION BY ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
  CASE WHEN m.amname <> 'heap' THEN format(' USING %I', m.amname) END, (
    SELECT format(' SERVER %I', v.srvname)
    FROM pg_foreign_table f JOIN pg_foreign_server v ON v.oid = f.ftserver
    WHERE f.ftrelid = c.oid))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am m ON m.oid = c.relam
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY c.oid
