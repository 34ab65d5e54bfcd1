"""The conformance table of the old queue: its views, and the service key's resets."""

from tests.api.supabase.rest.case import Case

JOBS = [
    Case("jobs are their owner's", "db.from('job_queue').select('id').eq('id', ids.bobs)", finds=""),
    Case(
        "a job",
        "db.from('job_queue').select('id,status,payload').eq('id', ids.bobs).single()",
        view="data.status + data.payload.prompt + data.payload.webhook_url",
        who="bob",
        data="completeda duneundefined",
    ),
    Case("jobs by status", "db.from('job_queue').select('id').eq('status', 'completed')", who="bob", finds="bobs"),
    Case(
        "jobs in a list",
        "db.from('job_queue').select('id').in('status', ['failed', 'completed']).order('created_at')",
        who="bob",
        finds="bobs strayed",
    ),
    Case(
        "put a job away", "db.from('job_queue').delete().eq('id', ids.bobs).select('id')", who="service", finds="bobs"
    ),
    Case("put away", "db.from('job_queue').select('id').eq('id', ids.bobs)", who="bob", finds=""),
    Case("its generation stays", "generations().select('id').eq('id', ids.bobs)", who="bob", finds="bobs"),
    Case("put a job away as a user", "db.from('job_queue').delete().eq('id', ids.bobs)", 403, "42501", who="bob"),
    Case(
        "reset a job",
        "db.from('job_queue').update({status: 'pending', attempt_number: 0}).eq('id', ids.never)"
        ".select('status').single()",
        who="service",
        data={"status": "pending"},
    ),
    Case(
        "complete a job",
        "db.from('job_queue').update({status: 'completed'}).eq('id', ids.never)",
        400,
        "22023",
        who="service",
    ),
    Case(
        "health is everybody's",
        "db.from('queue_health').select('pending_jobs').single()",
        view="data.pending_jobs > 0",
        who="anon",
        data=True,
    ),
    Case("failed jobs", "db.from('failed_jobs_recent').select('id,error_message')", who="bob", finds="strayed"),
    Case("stuck jobs", "db.from('stuck_jobs').select('*')", who="bob", data=[]),
    Case(
        "progress",
        "db.from('batch_progress').select('total_count,items').eq('id', ids.batch).single()",
        view="data.items.length",
        data=1,
    ),
]
