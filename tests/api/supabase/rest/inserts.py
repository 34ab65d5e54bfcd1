"""The conformance table of POST: a row is a generation that is submitted."""

from tests.api.supabase.rest.case import Case

INSERTS = [
    Case("insert", "generations().insert({prompt: 'a lighthouse'})", 201),
    Case(
        "insert, shown",
        "generations().insert({prompt: 'a harbour', model_id: 'black-forest-labs/flux-schnell', "
        "status: 'pending'}).select('prompt,status,user_id').single()",
        201,
        view="data.status + (data.user_id === ids.alice)",
        data="queuedtrue",
    ),
    Case(
        "insert a list of one",
        "generations().insert([{prompt: 'a gull', user_id: ids.alice, width: 512, steps: 4}]).select('prompt')",
        201,
        data=[{"prompt": "a gull"}],
    ),
    Case(
        "insert with an id",
        "generations().insert({id: ids.never, prompt: 'a tide'}).select().single()",
        201,
        finds="never",
    ),
    Case("insert the id again", "generations().insert({id: ids.never, prompt: 'a tide'})", 409, "23505"),
    Case(
        "insert for nobody",
        "generations().insert({prompt: 'a reef'}).select('user_id').single()",
        201,
        who="anon",
        data={"user_id": None},
    ),
    Case(
        "insert for a user",
        "generations().insert({prompt: 'a reef', user_id: ids.bob}).select('user_id').single()",
        201,
        view="data.user_id === ids.bob",
        who="service",
        data=True,
    ),
    Case(
        "insert for somebody else",
        "generations().insert({prompt: 'x', user_id: ids.bob})",
        403,
        "42501",
        says="row-level security",
    ),
    Case("insert what is completed", "generations().insert({prompt: 'x', status: 'completed'})", 403, "42501"),
    Case("insert without a prompt", "generations().insert({width: 512})", 400, "22023", says="prompt"),
    Case(
        "insert with a size that cannot be",
        "generations().insert({prompt: 'x', width: 'wide'})",
        400,
        "22023",
        says="width",
    ),
    Case(
        "insert an unknown model",
        "generations().insert({prompt: 'x', model_id: 'no/body'})",
        400,
        "22023",
        says="model_id",
    ),
    Case("insert a column that is not there", "generations().insert({prompt: 'x', aspect: 1})", 400, "PGRST204"),
    Case("insert two", "generations().insert([{prompt: 'x'}, {prompt: 'y'}])", 400, "PGRST102"),
    Case("insert an image", "images().insert({generation_id: ids.done})", 403, "42501"),
    Case("insert a job", "db.from('job_queue').insert({job_type: 'x'})", 403, "42501"),
]
