SELECT CASE t.typtype
  WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname, (
    SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder)
    FROM pg_enum l WHERE l.enumtypid = t.oid))
  WHEN 'd' THEN format('CREATE DOMAIN %I.%I AS %s%s%s', n.nspname, t.typname,
    format_type(t.typbasetype, t.typtypmod), ' DEFAULT ' || t.typdefault,
    CASE WHEN t.typnotnull THEN ' NOT NULL' END)
  WHEN 'c' THEN format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (
    SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
      ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
  WHEN 'r' THEN format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s)', n.nspname, t.typname, (
    SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid))
  ELSE format('CREATE TYPE %I.%I', n.nspname, t.typname) END
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
  AND t.typtype IN ('b', 'c', 'd', 'e', 'r')
  AND (t.typrelid = 0 OR EXISTS (
    SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
  AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid)
ORDER BY t.oid
