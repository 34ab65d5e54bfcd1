"""The conformance table of rpc."""

from tests.api.supabase.rest.case import Case

CALLS = [
    Case(
        "enqueue",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {prompt: 'a pier', steps: 4}, p_priority: 5})",
        view="typeof data + data.length",
        data="string36",
    ),
    Case(
        "enqueue a generation that waits",
        "db.rpc('enqueue_job', {p_job_type: 'process-generation', p_payload: {generation_id: ids.never}})",
        view="data === ids.never",
        data=True,
    ),
    Case(
        "enqueue one that was cancelled",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {generation_id: ids.failed}})",
        view="data === ids.failed",
        data=True,
    ),
    Case(
        "enqueue what is completed",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {generation_id: ids.done}})",
        400,
        "P0001",
    ),
    Case(
        "enqueue somebody else's",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {generation_id: ids.bobs}})",
        404,
        "P0002",
    ),
    Case(
        "enqueue nothing known",
        "db.rpc('enqueue_job', {p_job_type: 'drop-table', p_payload: {}})",
        400,
        "22023",
        says="job_type",
    ),
    Case(
        "enqueue without a prompt",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {}})",
        400,
        "22023",
        says="prompt",
    ),
    Case(
        "enqueue with a priority that cannot be",
        "db.rpc('enqueue_job', {p_job_type: 'generate-image', p_payload: {prompt: 'x'}, p_priority: 1000})",
        400,
        "22023",
        says="p_priority",
    ),
    Case("enqueue with GET", "db.rpc('enqueue_job', {}, {get: true})", 405, "PGRST117", unknown_to="supabase-js-2-39"),
    Case("limits", "db.rpc('get_user_limits')", view="data.max_per_minute + data.user_id.slice(0, 5)", data="70alice"),
    Case(
        "limits by name",
        "db.rpc('get_user_limits', {p_user_id: ids.alice}, {get: true})",
        view="data.max_in_flight",
        data=3,
    ),
    Case("limits of somebody else", "db.rpc('get_user_limits', {p_user_id: ids.bob})", 403, "42501"),
    Case("no function", "db.rpc('claim_next_job')", 404, "PGRST202", says="public.claim_next_job"),
    Case("no function of Postgres's", "db.rpc('pg_sleep', {seconds: 10})", 404, "PGRST202"),
    Case("no such argument", "db.rpc('enqueue_job', {p_job_type: 'x', p_payload: {}, p_sql: 'x'})", 404, "PGRST202"),
]
