-- Of a partitioned table the rows and bytes are those of its partitions. Before the first ANALYZE
-- or VACUUM the rows are not known.
SELECT n.nspname, c.relname, CASE WHEN bool_and(s.bytes = 0 OR s.rows >= 0 AND s.pages > 0)
    THEN sum(greatest(s.rows, 0))::bigint END, sum(s.bytes)::bigint
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT l.reltuples AS rows, l.relpages AS pages, pg_relation_size(l.oid) AS bytes
  FROM pg_class l
  WHERE l.oid = c.oid AND c.relkind <> 'p'
    OR c.relkind = 'p'
      AND l.oid IN (SELECT t.relid FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
) s
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
GROUP BY n.nspname, c.relname
