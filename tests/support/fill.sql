-- Three rows for each table that has none, so that what reads it has something to read. A table
-- whose constraints do not take such rows stays empty.
DO $fill$
DECLARE
  empty record;
BEGIN
  FOR empty IN
    SELECT c.oid::regclass AS name,
      string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
      string_agg(
        CASE
          WHEN t.typname IN ('json', 'jsonb') THEN $$'{}'$$
          WHEN t.typname = 'uuid' THEN 'md5(n::text)'
          WHEN t.typtype = 'e' THEN format('(enum_range(NULL::%s))[1]', t.oid::regtype)
          WHEN t.typcategory IN ('N', 'S') THEN 'n'
          WHEN t.typcategory = 'D' THEN $$(timestamp '2000-01-01 00:00' + n * interval '1 day')$$
          WHEN t.typcategory = 'B' THEN 'true'
          WHEN t.typcategory = 'A' THEN $$'{}'$$
          WHEN t.typcategory = 'R' THEN $$'empty'$$
          ELSE 'NULL'
        END || '::' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS values
    FROM pg_class c
    JOIN pg_namespace s ON s.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type named ON named.oid = a.atttypid
    JOIN pg_type t ON t.oid = CASE named.typtype WHEN 'd' THEN named.typbasetype ELSE named.oid END
    WHERE c.relkind = 'r' AND s.nspname NOT IN ('pg_catalog', 'information_schema')
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
    GROUP BY c.oid
    ORDER BY c.oid
  LOOP
    BEGIN
      EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %3$s FROM generate_series(1, 3) AS n
        WHERE NOT EXISTS (SELECT FROM %1$s)', empty.name, empty.columns, empty.values);
    EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
      NULL;
    END;
  END LOOP;
END $fill$;
