"""The roles of Supabase's own API: they get every right on what is made in `public`, and none on what is Darkroom's.

In an old project's database its REST API would show Darkroom's tables, keys and secrets included, to whoever has the
publishable key: there are no row policies on them.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.statements import as_json
from schema.tables import metadata

_CLOSE = text("""
    DO $$
    DECLARE
      role name;
      one record;
    BEGIN
      FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        FOR one IN
          SELECT format('TABLE public.%I', c.relname) AS thing FROM pg_class AS c
          WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'v')
            AND pg_get_userbyid(c.relowner) = current_user
            AND c.relname IN (SELECT jsonb_array_elements_text(CAST(current_setting('darkroom.names') AS jsonb)))
          UNION ALL
          SELECT format('FUNCTION %s', CAST(p.oid AS regprocedure)) FROM pg_proc AS p
          WHERE p.pronamespace = CAST('public' AS regnamespace) AND pg_get_userbyid(p.proowner) = current_user
            AND (starts_with(p.proname, 'darkroom_') OR p.proname IN ('enqueue_job', 'claim_next_job', 'complete_job'))
        LOOP
          EXECUTE format('REVOKE ALL ON %s FROM %I', one.thing, role);
        END LOOP;
      END LOOP;
    END
    $$
""")
VIEWS = ("job_queue", "queue_health", "failed_jobs_recent", "stuck_jobs", "batch_generations", "batch_progress")
OURS = (*metadata.tables, "alembic_version", *VIEWS)
"""Every table and view of Darkroom's."""
_NAMES = text("SELECT set_config('darkroom.names', :names, true)")


async def close_to_api_roles(connection: AsyncConnection) -> None:
    """Take every right on Darkroom's tables, views and functions from those roles, where there are such.

    Inside a transaction of the caller's; changes nothing in a database that has no such roles.
    """
    await connection.execute(_NAMES, {"names": as_json(OURS)})
    await connection.execute(_CLOSE)
