-- A view comes after those that it reads.
WITH RECURSIVE reads AS (
  SELECT DISTINCT r.ev_class AS view, d.refobjid AS other
  FROM pg_rewrite r
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  JOIN pg_class o ON o.oid = d.refobjid AND o.relkind IN ('v', 'm')
), depths(view, depth) AS (
  SELECT c.oid, 0 FROM pg_class c WHERE c.relkind IN ('v', 'm')
  UNION
  SELECT r.view, d.depth + 1 FROM depths d JOIN reads r ON r.other = d.view WHERE d.depth < 100
)
SELECT format('CREATE %sVIEW %I.%I (%s)%s AS %s%s',
  CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, n.nspname, c.relname, (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  CASE c.relkind WHEN 'v' THEN ' WITH (' || array_to_string(c.reloptions, ', ') || ')' END,
  rtrim(pg_get_viewdef(c.oid), ';'),
  CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN ' WITH NO DATA' END)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN (SELECT view, max(depth) AS depth FROM depths GROUP BY view) o ON o.view = c.oid
WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't'
  AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY o.depth, c.oid
