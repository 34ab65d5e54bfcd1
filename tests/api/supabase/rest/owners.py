"""The conformance table of whose rows are shown to whom."""

from tests.api.supabase.rest.case import Case
from tests.api.supabase.rest.filters import EVERYTHING, OWN
from tests.api.supabase.rest.pages import BY

LEAST = "00000000-0000-0000-0000-000000000000"
OWNERS = [
    Case("somebody else's", f"{BY}.eq('id', ids.done)", who="bob", finds=""),
    Case("one's own list", OWN, who="bob", finds="bobs strayed"),
    Case("somebody else's, by their id", f"{BY}.eq('user_id', ids.alice)", who="bob", finds=""),
    Case("somebody else's, by or", f"{OWN}.or('width.eq.512,id.eq.' + ids.done)", who="bob", finds="bobs strayed"),
    Case(
        "somebody else's, counted",
        "generations().select('*', {count: 'exact', head: true})",
        who="bob",
        count=2,
    ),
    Case("somebody else's images", "images().select('id').eq('generation_id', ids.done)", who="bob", finds=""),
    Case("somebody else's batch", "db.from('batch_generations').select('id').eq('id', ids.batch)", who="bob", finds=""),
    Case(
        "somebody else's in one's own batch",
        "db.from('batch_generations').select('image_generations(id)').eq('id', ids.mixed).single()",
        data={"image_generations": []},
    ),
    Case(
        "one's own in somebody else's batch",
        "generations().select('id,batch_generations(name)').eq('id', ids.strayed).single()",
        who="bob",
        view="data.batch_generations === null",
        data=True,
    ),
    Case("nobody's, by id", f"{BY}.eq('id', ids.nobodys).single()", who="anon", finds="nobodys"),
    Case("nobody's, by ids", f"{BY}.in('id', [ids.nobodys, ids.done])", who="anon", finds="nobodys"),
    Case(
        "nobody's, with its images",
        "generations().select('images(idx)').eq('id', ids.nobodys).single()",
        who="anon",
        data={"images": [{"idx": 0}]},
    ),
    Case(
        "nobody's images",
        "images().select('id').eq('generation_id', ids.nobodys)",
        who="anon",
        finds="nobodys_image_0",
    ),
    Case(
        "nobody's image",
        "images().select('id').eq('id', ids.nobodys_image_0)",
        who="anon",
        finds="nobodys_image_0",
    ),
    Case("nobody's job", "db.from('job_queue').select('id').eq('id', ids.nobodys)", who="anon", finds="nobodys"),
    Case("nobody's job, not in a list", "db.from('job_queue').select('id')", who="anon", finds=""),
    Case(
        "somebody's job, not for anybody", "db.from('job_queue').select('id').eq('id', ids.done)", who="anon", finds=""
    ),
    Case("nobody's, by a user who knows the id", f"{BY}.eq('id', ids.nobodys)", finds="nobodys"),
    Case("nobody's, not in a list", BY, who="anon", finds=""),
    Case("nobody's, not by another column", f"{BY}.eq('prompt', 'a fog')", who="anon", finds=""),
    Case("nobody's, not by or", f"{BY}.or(`id.eq.${{ids.nobodys}},width.eq.512`)", who="anon", finds=""),
    Case("nobody's, not by a negation", f"{BY}.not('id', 'eq', ids.done)", who="anon", finds=""),
    Case("nobody's, not by order of ids", f"{BY}.gte('id', '{LEAST}')", who="anon", finds=""),
    Case("nobody's, not in a user's list", f"{BY}.is('user_id', null)", finds=""),
    Case("somebody's, not for anybody", f"{BY}.eq('id', ids.done)", who="anon", finds=""),
    Case(
        "the service key sees all",
        f"{OWN}.in('id', [ids.done, ids.bobs, ids.nobodys])",
        who="service",
        finds="done bobs nobodys",
    ),
    Case("the service key sees a user's", f"{OWN}.eq('user_id', ids.alice)", who="service", finds=EVERYTHING),
    Case(
        "models are everybody's",
        "db.from('models').select('id').eq('id', 'stability-ai/sdxl')",
        who="anon",
        data=[{"id": "stability-ai/sdxl"}],
    ),
    Case("a key that is none", BY, 401, "PGRST301", who="nobody"),
    Case("a token that has expired", BY, 401, "PGRST303", who="late", says="JWT expired"),
]
