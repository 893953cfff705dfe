SELECT format('CREATE POLICY %I ON %I.%I AS %s FOR %s%s%s', p.policyname, p.schemaname,
  p.tablename, p.permissive, p.cmd, ' USING (' || p.qual || ')',
  ' WITH CHECK (' || p.with_check || ')')
FROM pg_policies p
ORDER BY p.schemaname, p.tablename, p.policyname
