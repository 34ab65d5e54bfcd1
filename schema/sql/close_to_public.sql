-- Nobody may call a function of Darkroom's, or read a table of it, whom its owner has not told so: Postgres lets everybody
-- call a new function, and then attach it as a trigger to a table of their own. Runs at the end of every migration, in
-- its transaction, so none is open for a moment.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT format('FUNCTION %s', CAST(p.oid AS regprocedure)) AS thing FROM pg_proc AS p
    WHERE p.pronamespace = CAST('public' AS regnamespace) AND pg_has_role(p.proowner, 'USAGE')
      AND (starts_with(p.proname, 'darkroom_') OR p.proname IN ('enqueue_job', 'claim_next_job', 'complete_job'))
      AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0)
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', one.thing);
  END LOOP;
END
$$
