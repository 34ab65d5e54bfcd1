"""The conformance table of PATCH: what calls off, what tries again, and what is refused."""

from tests.api.supabase.rest.case import Case

UPDATES = [
    Case("cancel", "generations().update({status: 'cancelled'}).eq('id', ids.waiting)", 204),
    Case(
        "it was cancelled",
        "generations().select('status,error_message').eq('id', ids.waiting).single()",
        data={"status": "failed", "error_message": "Cancelled by user"},
    ),
    Case("cancel again", "generations().update({status: 'cancelled'}).eq('id', ids.waiting)", 204),
    Case("cancel what is completed", "generations().update({status: 'cancelled'}).eq('id', ids.done)", 400, "P0001"),
    Case("cancel somebody else's", "generations().update({status: 'failed'}).eq('id', ids.bobs)", 204),
    Case(
        "cancel somebody else's, shown", "generations().update({status: 'failed'}).eq('id', ids.bobs).select()", data=[]
    ),
    Case(
        "cancel none, single",
        "generations().update({status: 'failed'}).eq('id', ids.bobs).select().single()",
        406,
        "PGRST116",
    ),
    Case(
        "cancel nobody's as a user",
        "generations().update({status: 'failed'}).eq('id', ids.nobodys_waiting).select('id')",
        data=[],
    ),
    Case(
        "cancel nobody's, not by another column",
        "generations().update({status: 'failed'}).eq('width', 512)",
        204,
        who="anon",
    ),
    Case(
        "cancel nobody's",
        "generations().update({status: 'failed', error_message: 'no more'}).eq('id', ids.nobodys_waiting)"
        ".select('id').single()",
        who="anon",
        finds="nobodys_waiting",
    ),
    Case(
        "retry, as the apps write it",
        "generations().update({status: 'pending', error_message: null, retry_count: 0, completed_at: null,"
        " updated_at: new Date().toISOString()}).eq('batch_id', ids.batch).eq('status', 'failed')"
        ".select('id,status').order('created_at')",
        finds="failed called_off",
    ),
    Case(
        "retry again",
        "generations().update({status: 'pending'}).eq('id', ids.failed)",
        400,
        "P0001",
        says="it is queued",
    ),
    Case(
        "cancel what was queued, single",
        "generations().update({status: 'cancelled'}).eq('id', ids.failed).select('status').single()",
        data={"status": "failed"},
    ),
    Case(
        "counted",
        "generations().update({status: 'cancelled'}, {count: 'exact'}).in('id', [ids.failed, ids.called_off])",
        204,
        count=2,
    ),
]

NOT_UPDATED = [
    Case("a prompt", "generations().update({prompt: 'other'}).eq('id', ids.done)", 403, "42501"),
    Case(
        "a prompt with a status",
        "generations().update({status: 'failed', prompt: 'x'}).eq('id', ids.pair)",
        403,
        "42501",
    ),
    Case("an owner", "generations().update({user_id: ids.bob}).eq('id', ids.done)", 403, "42501"),
    Case(
        "a prompt with the service key",
        "generations().update({prompt: 'x'}).eq('id', ids.done)",
        403,
        "42501",
        who="service",
    ),
    Case("completed", "generations().update({status: 'completed'}).eq('id', ids.failed)", 403, "42501"),
    Case(
        "as the anonymous key",
        "generations().update({status: 'completed'}).eq('id', ids.done)",
        401,
        "42501",
        who="anon",
    ),
    Case("a secret column", "generations().update({webhook_url: 'x'}).eq('id', ids.done)", 400, "PGRST204"),
    Case(
        "retry with a reason",
        "generations().update({status: 'pending', error_message: 'x'}).eq('id', ids.failed)",
        400,
        "P0001",
    ),
    Case("all rows", "generations().update({status: 'failed'})", 400, "21000", says="UPDATE requires a WHERE clause"),
    Case("nothing", "generations().update({}).eq('id', ids.done)", 400, "PGRST102"),
    Case("images", "images().update({prompt: 'x'}).eq('id', ids.done_image_0)", 403, "42501"),
    Case("a view", "db.from('queue_health').update({pending_jobs: 0}).eq('pending_jobs', 1)", 403, "42501"),
    Case("jobs as a user", "db.from('job_queue').update({status: 'pending'}).eq('id', ids.done)", 403, "42501"),
    Case("upsert", "generations().upsert({id: ids.done, prompt: 'x'})", 400, "PGRST100", says="upsert"),
    Case("too many rows", "generations().update({status: 'failed'}).eq('prompt', 'one of many')", 400, "PGRST124"),
    Case(
        "SQL in a status", "generations().update({status: \"failed', prompt = 'x\"}).eq('id', ids.done)", 403, "42501"
    ),
    Case("no such column to match", "generations().update({status: 'failed'}).eq('fence', 1)", 400, "42703"),
]
