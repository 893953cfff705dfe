-- Whole schemas (15) are told by the tables in them. Lists of columns and conditions are of 15 too:
-- older catalogs have no such column, which to_jsonb takes for NULL.
SELECT format('CREATE PUBLICATION %I%s', p.pubname, CASE WHEN p.puballtables
  THEN ' FOR ALL TABLES' ELSE ' FOR TABLE ' || (
    SELECT string_agg(format('%I.%I', n.nspname, c.relname)
      || coalesce(' (' || listed.columns || ')', '')
      || coalesce(' WHERE (' || t.condition || ')', ''), ', ')
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
    LEFT JOIN LATERAL (
      SELECT to_jsonb(t) ->> 'rowfilter' AS condition FROM pg_publication_tables t
      WHERE t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = c.relname
    ) t ON true
    LEFT JOIN LATERAL (
      SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
      FROM pg_attribute a
      WHERE a.attrelid = c.oid AND jsonb_typeof(to_jsonb(r) -> 'prattrs') = 'array'
        AND to_jsonb(r) -> 'prattrs' @> to_jsonb(a.attnum)
    ) listed ON true
    WHERE r.oid IS NOT NULL OR (NOT c.relispartition AND EXISTS (
      SELECT FROM pg_publication_tables t
      WHERE t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = c.relname))) END)
FROM pg_publication p
ORDER BY p.oid
