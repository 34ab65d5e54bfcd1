"""The conformance table of what is refused: unsupported forms, secret columns, SQL in odd places, too much."""

from tests.api.supabase.rest.case import Case
from tests.api.supabase.rest.pages import BY

_SECRETS = (
    "webhook_url",
    "prediction",
    "fence",
    "input",
    "metadata",
    "key_hash",
    "changed",
    "past_predictions",
    "cost",
)

UNSUPPORTED = [
    Case("no table", "db.from('api_keys').select('*')", 404, "PGRST205", says="'public.api_keys'"),
    Case("no table of Postgres's", "db.from('pg_catalog.pg_user').select('*')", 404, "PGRST205"),
    Case("no schema", "db.schema('auth').from('users').select('*')", 406, "PGRST106", says="Invalid schema: auth"),
    Case("no column", "generations().select('foo')", 400, "42703", says="image_generations.foo"),
    Case("no column to filter", f"{BY}.eq('foo', 1)", 400, "42703"),
    Case("no column to order", f"{BY}.order('foo')", 400, "42703"),
    Case("no column of an embedded table", "generations().select('images(foo)')", 400, "42703", says="images.foo"),
    Case("no relation", "generations().select('id,models(*)')", 400, "PGRST200"),
    Case("no relation to a secret table", "generations().select('id,api_keys(*)')", 400, "PGRST200"),
    Case("no relation by that hint", "generations().select('images!other_fkey(*)')", 400, "PGRST200"),
    Case("nothing embedded to filter", f"{BY}.eq('images.idx', 1)", 400, "PGRST108"),
    Case("nothing embedded to order", f"{BY}.order('idx', {{foreignTable: 'images'}})", 400, "PGRST108"),
    Case("no uuid", f"{BY}.eq('id', 'nope')", 400, "22P02", says='invalid input syntax for type uuid: "nope"'),
    Case("no uuid in a list", f"{BY}.in('id', ['nope'])", 400, "22P02"),
    Case("no number", f"{BY}.eq('width', 'wide')", 400, "22P02"),
    Case("a number too large", f"{BY}.eq('width', 99999999999)", 400, "22003"),
    Case("no moment", f"{BY}.gt('created_at', 'yesterdays')", 400, "22007"),
    Case("no text", f"{BY}.eq('prompt', '\\u0000')", 400, "22021"),
    Case("like on a number", f"{BY}.like('width', '5*')", 404, "42883"),
    Case("is true on text", f"{BY}.is('prompt', true)", 400, "42804"),
    Case("is of anything else", f"{BY}.filter('prompt', 'is', 'x')", 400, "PGRST100"),
    Case("full text", f"{BY}.textSearch('prompt', 'boat')", 400, "PGRST100"),
    Case("a regular expression", f"{BY}.filter('prompt', 'match', '(a+)+$')", 400, "PGRST100"),
    Case("contains", f"{BY}.contains('prompt', ['x'])", 400, "PGRST100"),
    Case("overlaps", f"{BY}.overlaps('prompt', ['x'])", 400, "PGRST100"),
    Case("rangeGt", f"{BY}.rangeGt('width', '[1,2]')", 400, "PGRST100"),
    Case("likeAllOf", f"{BY}.likeAllOf('prompt', ['a', 'b'])", 400, "PGRST100"),
    Case("no operator", f"{BY}.filter('status', 'is_like', 'x')", 400, "PGRST100"),
    Case("a cast", "generations().select('id::text')", 400, "PGRST100"),
    Case("a path into text", "generations().select('prompt->width')", 404, "42883"),
    Case("a path into text to filter", f"{BY}.eq('prompt->>width', 1)", 404, "42883"),
    Case("a path of six steps", "db.from('job_queue').select('payload->a->b->c->d->e->f')", 400, "PGRST100"),
    Case("SQL in a path", "db.from('job_queue').select(\"payload->>'a'\")", 400, "PGRST100"),
    Case("an aggregate", "generations().select('width.sum()')", 400, "PGRST123"),
    Case("a count", "generations().select('count')", 400, "PGRST123"),
    Case("a count of something", "generations().select('images(idx.count())')", 400, "PGRST123"),
    Case("a count by groups", "generations().select('images(count,idx)')", 400, "PGRST123"),
    Case("a spread", "images().select('id,...image_generations(prompt)')", 400, "PGRST100"),
    Case("order by an embedded table", f"{BY}.order('images(idx)')", 400, "PGRST100"),
    Case("CSV", f"{BY}.csv()", 406, "PGRST107"),
    Case("GeoJSON", f"{BY}.geojson()", 406, "PGRST107"),
    Case("no nulls", f"{BY}.stripNulls()", 406, "PGRST107", unknown_to="supabase-js-2-49 supabase-js-2-39"),
    Case("a plan", f"{BY}.explain()", 406, "PGRST107"),
    Case("an operator half written", f"{BY}.or('status.eq')", 400, "PGRST100"),
    Case("a bracket left open", f"{BY}.filter('id', 'in', '(1,2')", 400, "PGRST100"),
    Case("more behind the bracket", f"{BY}.filter('id', 'in', '(1,2)3')", 400, "PGRST100"),
    Case("an embedded table left open", "generations().select('id,images(id')", 400, "PGRST100"),
    Case("a negative limit", f"{BY}.limit(-1)", 416, "PGRST103"),
    Case("a limit that is no number", f"{BY}.limit('all')", 400, "PGRST100"),
    Case("an offset beyond all", f"{BY}.range(100000000, 100000001)", 400, "PGRST100"),
]

SECRETS = [
    case
    for name in _SECRETS
    for case in (
        Case(f"{name} selected", f"generations().select('id,{name}')", 400, "42703", who="service"),
        Case(f"{name} filtered", f"{BY}.like('{name}', 'a%')", 400, "42703", who="service"),
        Case(f"{name} ordered", f"{BY}.order('{name}')", 400, "42703", who="service"),
        Case(f"{name} in or", f"{BY}.or('width.eq.1,{name}.gt.a')", 400, "42703", who="service"),
    )
]

INJECTED = [
    Case("SQL in a value", f"{BY}.eq('prompt', \"' OR 1=1; DROP TABLE images; --\")", finds=""),
    Case("SQL in a list", f"{BY}.in('prompt', [\"x') OR (1=1\", '$1'])", finds=""),
    Case("SQL in a pattern", f"{BY}.like('prompt', \"%' UNION SELECT key_hash FROM api_keys --\")", finds=""),
    Case("SQL in or", f"{BY}.or(\"prompt.eq.x' OR '1'='1\")", finds=""),
    Case("a parameter in a value", f"{BY}.eq('prompt', ':p0 $1 %s {{t}}')", finds=""),
    Case("SQL in a number", f"{BY}.eq('width', '512 OR 1=1')", 400, "22P02"),
    Case("SQL in a column", f"{BY}.eq('id\" = id OR \"id', 'x')", 400, "PGRST100"),
    Case("SQL in select", "generations().select('id;SELECT')", 400, "PGRST100"),
    Case("a function in select", "generations().select('pg_sleep(10)')", 400, "PGRST200"),
    Case("a subquery in select", "generations().select('(SELECT key_hash FROM api_keys)')", 400, "PGRST100"),
    Case("SQL in an alias", "generations().select('a\"b:id')", 400, "PGRST100"),
    Case("SQL in order", f"{BY}.order('created_at; SELECT 1')", 400, "PGRST100"),
    Case("SQL in a hint", "generations().select('images!x\\'--(*)')", 400, "PGRST100"),
    Case("SQL in a table", "db.from('images; DROP TABLE images').select('*')", 404, "PGRST205"),
    Case("SQL in a limit", f"{BY}.limit('1; SELECT 1')", 400, "PGRST100"),
]

TOO_MUCH = [
    Case(
        "10 kB of select", "generations().select(Array(2500).fill('id').join(','))", 400, "PGRST100", says="at most 120"
    ),
    Case("10 kB of one name", "generations().select('a'.repeat(10000))", 400, "PGRST100"),
    Case(
        "a list of 401",
        BY + ".in('width', Array.from({length: 401}, (_, i) => i))",
        400,
        "PGRST100",
        says="at most 400",
    ),
    Case("a list of 400", BY + ".in('width', Array.from({length: 400}, (_, i) => i)).eq('width', 1)", finds=""),
    Case("a list of 8,000", BY + ".in('width', Array.from({length: 8000}, (_, i) => i))", 414, "PGRST100"),
    Case("nested five times", f"{BY}.or('and(or(and(or(width.eq.1))))')", 400, "PGRST100", says="at most 4"),
    Case("nested a thousand times", f"{BY}.or('and('.repeat(1000) + 'width.eq.1' + ')'.repeat(1000))", 400, "PGRST100"),
    Case("61 filters", f"{BY}.or(Array(61).fill('width.eq.1').join(','))", 400, "PGRST100", says="at most 60"),
    Case(
        "three tables in each other",
        "images().select('image_generations(images(image_generations(id)))')",
        400,
        "PGRST100",
        says="at most 2",
    ),
    Case("one table twice", "generations().select('images(id),images(idx)')", 400, "PGRST100"),
    Case("ordered by nine", f"{BY}" + ".order('id')" * 9, 400, "PGRST100", says="at most 8"),
    Case("20 kB of a value", f"{BY}.eq('prompt', 'x'.repeat(20000))", 414, "PGRST100"),
]

REFUSED = [*UNSUPPORTED, *SECRETS, *INJECTED, *TOO_MUCH]
