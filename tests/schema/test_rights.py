"""Who may do what, read from the catalogue: nothing of ours is everybody's, and each role has what it needs alone."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from api.supabase.rest.tables import TABLES
from pipeline.api_roles import OURS, VIEWS
from pipeline.database import asyncpg_url
from pipeline.embedded.postgres import LOGIN
from schema.migrations import downgrade, upgrade
from schema.readable import READABLE
from schema.tables import metadata
from tests.conftest import READER
from tests.schema.jobs import Psql

EVERYBODYS_FUNCTIONS = """
    SELECT p.proname FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0
"""
IN_PUBLIC = "relnamespace = 'public'::regnamespace"
OF_PUBLIC = "pronamespace = 'public'::regnamespace"
CALLED_FROM_OUTSIDE = {"enqueue_job", "claim_next_job", "complete_job", "darkroom_job_queue_written"}


async def test_no_function_of_ours_is_everybodys(psql: Psql) -> None:
    assert await psql.fetch(EVERYBODYS_FUNCTIONS) == []
    assert await psql.fetchval("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace") > 40


async def test_what_runs_with_its_owners_rights_finds_only_what_it_means(psql: Psql) -> None:
    rows = await psql.fetch("SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND prokind = 'f'")
    ours = {row["proname"]: row["proconfig"] for row in rows}
    assert ours.keys() == CALLED_FROM_OUTSIDE
    # What is temporary stands last: else anybody's would be found before the table of that name.
    assert all("search_path=public, pg_temp" in settings for settings in ours.values())


async def test_no_table_and_no_schema_is_everybodys(psql: Psql) -> None:
    open_ = """
        SELECT c.relname FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND a.grantee = 0
        UNION ALL
        SELECT c.relname FROM pg_attribute AS t JOIN pg_class AS c ON c.oid = t.attrelid, aclexplode(t.attacl) AS a
        WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
        UNION ALL
        SELECT 'schema public' WHERE has_schema_privilege('public', 'public', 'CREATE')
        UNION ALL
        SELECT polname FROM pg_policy
    """
    assert await psql.fetch(open_) == []
    rows = await psql.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )
    assert {row["relname"] for row in rows} == set(OURS)


async def test_whom_the_processes_connect_as_owns_nothing_and_may_make_nothing(psql: Psql) -> None:
    assert (
        await psql.fetch("SELECT * FROM pg_shdepend WHERE refobjid = $1::text::regrole AND deptype = 'o'", LOGIN) == []
    )
    (who,) = await psql.fetch(
        """SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS strong,
             has_schema_privilege(rolname, 'public', 'CREATE')
               OR has_database_privilege(rolname, current_database(), 'CREATE') AS makes,
             ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = r.oid) AS groups
           FROM pg_roles AS r WHERE rolname = $1""",
        LOGIN,
    )
    assert tuple(who)[:2] == (False, False)
    # Of the same server's other databases, too, it may take on the readers, and nobody else.
    assert READER in who["groups"]
    assert all(one.startswith("darkroom_reader") for one in who["groups"])
    for name in (*metadata.tables, *VIEWS):
        kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
        may = [
            kind for kind in kinds if await psql.fetchval("SELECT has_table_privilege($1, $2, $3)", LOGIN, name, kind)
        ]
        assert may == (["SELECT"] if name in VIEWS and name != "job_queue" else list(kinds[:4])), name
    for called in ("enqueue_job(text, jsonb, integer, integer)", "claim_next_job()", "complete_job(uuid, jsonb, text)"):
        assert not await psql.fetchval("SELECT has_function_privilege($1, $2, 'EXECUTE')", LOGIN, called)


async def test_the_reader_may_select_what_is_shown_and_nothing_else(psql: Psql) -> None:
    rows = await psql.fetch(
        """SELECT c.relname, a.attname, has_column_privilege($1, c.oid, a.attnum, 'SELECT') AS reads,
             has_column_privilege($1, c.oid, a.attnum, 'INSERT') OR has_column_privilege($1, c.oid, a.attnum, 'UPDATE')
             OR has_table_privilege($1, c.oid, 'DELETE') OR has_table_privilege($1, c.oid, 'TRUNCATE') AS writes
           FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')""",
        READER,
    )
    read = {(row["relname"], row["attname"]) for row in rows if row["reads"]}
    assert read == {(table, column) for table, columns in READABLE.items() for column in columns}
    assert not any(row["writes"] for row in rows)
    called = f"SELECT proname FROM pg_proc WHERE {OF_PUBLIC} AND has_function_privilege($1, oid, 'EXECUTE')"
    assert await psql.fetch(called, READER) == []
    (who,) = await psql.fetch("SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = $1", READER)
    assert not who[0]


def test_what_the_reader_may_select_is_what_the_catalogue_shows() -> None:
    shown = {table.source: set(table.stored) for table in TABLES.values() if table.name != "models"}
    assert shown | {"batches": {"id", "name"}} == {table: set(columns) for table, columns in READABLE.items()}


async def test_what_a_later_migration_makes_is_closed_with_it(psql: Psql, database_url: str) -> None:
    """Whatever one forgets: going down and up again makes every function anew."""
    owner = create_async_engine(asyncpg_url(database_url))
    await psql.execute("CREATE FUNCTION darkroom_to_come() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    assert await psql.fetchval("SELECT has_function_privilege('public', 'darkroom_to_come()', 'EXECUTE')")
    await upgrade(owner)
    assert await psql.fetch(EVERYBODYS_FUNCTIONS) == []
    await psql.execute("DROP FUNCTION darkroom_to_come()")
    for revision in ("0012", "base"):
        await downgrade(owner, revision)
        assert await psql.fetch(EVERYBODYS_FUNCTIONS) == []
    await upgrade(owner)
    assert await psql.fetch(EVERYBODYS_FUNCTIONS) == []
    await owner.dispose()


STRANGER = "darkroom_stranger"


@pytest.fixture
async def stranger(psql: Psql, database_url: str) -> AsyncIterator[Psql]:
    """Somebody with a login to the same database, to whom nothing was granted."""
    await psql.execute(f"DROP ROLE IF EXISTS {STRANGER}")
    await psql.execute(f"CREATE ROLE {STRANGER} LOGIN")
    url = make_url(database_url).set(username=STRANGER).render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()
    await psql.execute(f"DROP OWNED BY {STRANGER}")
    await psql.execute(f"DROP ROLE {STRANGER}")


A_JOB = "SELECT 'generate-image' AS job_type, jsonb_build_object('prompt', 'x', 'user_id', 'ada') AS payload"


async def test_a_stranger_bills_nobody_by_a_trigger_on_a_table_of_their_own(psql: Psql, stranger: Psql) -> None:
    await stranger.execute(
        """CREATE TEMP TABLE jobs (id uuid, job_type text, payload jsonb, status text DEFAULT 'pending',
             priority integer, attempt_number integer DEFAULT 0, max_attempts integer, result jsonb, error_message text,
             created_at timestamptz, updated_at timestamptz, completed_at timestamptz)"""
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="darkroom_job_queue_written"):
        await stranger.execute(
            """CREATE TRIGGER mine BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION darkroom_job_queue_written()"""
        )
    await stranger.execute(f"INSERT INTO jobs (job_type, payload) {A_JOB}")
    assert await psql.fetchval("SELECT count(*) FROM image_generations") == 0


async def test_a_stranger_calls_reads_and_writes_nothing(psql: Psql, stranger: Psql) -> None:
    functions = await psql.fetch(
        """SELECT p.proname || '(' || coalesce((SELECT string_agg(format('CAST(NULL AS %s)', t::regtype), ', ')
             FROM unnest(p.proargtypes) AS t), '') || ')' AS call
           FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype"""
    )
    assert len(functions) > 30
    asked = [f"SELECT {row['call']}" for row in functions]
    for name in OURS:
        asked += [f"SELECT FROM {name}", f"DO 'BEGIN LOCK TABLE {name} IN ACCESS SHARE MODE; END'"]
    asked += [f"DELETE FROM {name}" for name in (*metadata.tables, "job_queue", "alembic_version")]
    asked += [f"INSERT INTO job_queue (job_type, payload) {A_JOB}", "TRUNCATE images"]
    asked += [f"SET ROLE {role}" for role in (LOGIN, READER)]
    for sql in asked:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await stranger.execute(sql)


async def test_a_stranger_cannot_stand_in_for_what_our_functions_call(psql: Psql, stranger: Psql) -> None:
    """Whoever may call a function that has its owner's rights lends it no table and no function of their own."""
    for sql in (
        "CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "CREATE TABLE public.lanes_too ()",
        "CREATE SCHEMA theirs",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await stranger.execute(sql)
    await psql.execute(f"GRANT EXECUTE ON FUNCTION enqueue_job(text, jsonb, integer, integer) TO {STRANGER}")
    await stranger.execute("CREATE TEMP TABLE image_generations (id uuid, user_id text)")
    await stranger.execute(
        """CREATE FUNCTION pg_temp.darkroom_check_job(text, jsonb, integer, integer) RETURNS void LANGUAGE plpgsql
           AS 'BEGIN RAISE EXCEPTION ''theirs''; END'"""
    )
    await stranger.execute("SET search_path TO pg_temp, public")
    job = await stranger.fetchval("SELECT public.enqueue_job('generate-image', '{\"prompt\": \"x\"}')")
    assert await psql.fetchval("SELECT count(*) FROM image_generations WHERE id = $1", job) == 1
    assert await stranger.fetchval("SELECT count(*) FROM pg_temp.image_generations") == 0


async def test_whoever_is_granted_the_old_guides_sql_needs_nothing_else(psql: Psql, stranger: Psql) -> None:
    """The views call no function of ours, their triggers have their owner's rights: each grant is enough by itself."""
    await psql.execute(f"GRANT SELECT ON {', '.join(VIEWS)} TO {STRANGER}")
    await psql.execute(f"GRANT INSERT, UPDATE, DELETE ON job_queue TO {STRANGER}")
    await psql.execute(
        f"GRANT EXECUTE ON FUNCTION enqueue_job(text, jsonb, integer, integer), claim_next_job(), "
        f"complete_job(uuid, jsonb, text) TO {STRANGER}"
    )
    job = await stranger.fetchval(f"INSERT INTO job_queue (job_type, payload) {A_JOB} RETURNING id")
    await stranger.execute("UPDATE job_queue SET priority = 3 WHERE id = $1", job)
    assert await stranger.fetchval("SELECT payload->>'prompt' FROM job_queue WHERE id = $1", job) == "x"
    for view in VIEWS:
        await stranger.fetch(f"SELECT * FROM {view}")
    await stranger.fetchval("SELECT enqueue_job('generate-image', '{\"prompt\": \"y\"}')")
    assert await stranger.fetch("SELECT * FROM claim_next_job()") == []
    with pytest.raises(asyncpg.NoDataFoundError):
        await stranger.execute("SELECT complete_job(gen_random_uuid(), NULL, 'x')")
    await stranger.execute("DELETE FROM job_queue WHERE id = $1", job)


async def test_what_a_stranger_hears_are_ids(stranger: Psql) -> None:
    """Postgres lets everybody with a login LISTEN, and NOTIFY: what is said there are hints, and no row's content."""
    await stranger.execute("LISTEN darkroom")
    await stranger.execute("NOTIFY darkroom, 'no hint'")


async def test_the_two_spellings_of_a_payload_agree(psql: Psql) -> None:
    await psql.execute(
        """INSERT INTO image_generations (id, user_id, prompt, model, model_id, status, payload, width, seed, style)
           VALUES (gen_random_uuid(), 'ada', 'a pier', 'm/m', 'm/m', 'failed', '{"note": "kept"}', 512, 7, 'x')"""
    )
    spelled = (
        "SELECT j.payload = darkroom_job_payload(g) FROM job_queue AS j JOIN image_generations AS g ON g.id = j.id"
    )
    assert await psql.fetchval(spelled) is True
