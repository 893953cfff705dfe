SELECT CASE p.prokind
  WHEN 'a' THEN (
    SELECT format('CREATE AGGREGATE %I.%I (%s) (SFUNC = %s, STYPE = %s)', n.nspname, p.proname,
      pg_get_function_identity_arguments(p.oid), a.aggtransfn::regproc,
      format_type(a.aggtranstype, NULL))
    FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
  ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY p.oid
