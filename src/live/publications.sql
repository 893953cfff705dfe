-- Whole schemas (15) are told by the tables in them.
SELECT format('CREATE PUBLICATION %I%s', p.pubname, CASE WHEN p.puballtables
  THEN ' FOR ALL TABLES' ELSE ' FOR TABLE ' || (
    SELECT string_agg(format('%I.%I', t.schemaname, t.tablename), ', ')
    FROM pg_publication_tables t WHERE t.pubname = p.pubname) END)
FROM pg_publication p
ORDER BY p.oid
