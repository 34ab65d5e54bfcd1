"""The conformance table of the filters."""

from tests.api.supabase.rest.case import Case

OWN = "generations().select('id').order('created_at')"
EVERYTHING = "done failed called_off pair waiting"
FAILED = "failed called_off"

FILTERS = [
    Case("everything", OWN, finds=EVERYTHING),
    Case("eq", f"{OWN}.eq('id', ids.done)", finds="done"),
    Case("eq on text", f"{OWN}.eq('prompt', 'two boats')", finds="pair"),
    Case("eq on text with what has a meaning", f"{OWN}.eq('prompt', 'a harbour, at night (1)')", finds="failed"),
    Case("eq on text with quotes", f"{OWN}.eq('prompt', 'a \"quoted\" gull')", finds="called_off"),
    Case("eq on a number", f"{OWN}.eq('width', 512).eq('id', ids.pair)", finds="pair"),
    Case("eq on a large number", f"{OWN}.eq('seed', 4294967296).eq('id', ids.pair)", finds="pair"),
    Case("eq on a fraction", f"{OWN}.eq('guidance_scale', 7.5)", finds=EVERYTHING),
    Case("eq on a status", f"{OWN}.eq('status', 'completed')", finds="done pair"),
    Case("eq on failed finds what was cancelled", f"{OWN}.eq('status', 'failed')", finds=FAILED),
    Case("eq on cancelled finds nothing", f"{OWN}.eq('status', 'cancelled')", finds=""),
    Case("eq on no status", f"{OWN}.eq('status', \"x' OR '1'='1\")", finds=""),
    Case("eq on a reason", f"{OWN}.eq('error_message', 'Cancelled by user')", finds="called_off"),
    Case("neq", f"{OWN}.neq('status', 'failed')", finds="done pair waiting"),
    Case("gt", f"{OWN}.gt('created_at', '2026-01-03T00:00:00Z')", finds="pair waiting"),
    Case("gte", f"{OWN}.gte('created_at', '2026-01-03T00:00:00Z')", finds="called_off pair waiting"),
    Case("lt", f"{OWN}.lt('created_at', '2026-01-02T00:00:00+00:00')", finds="done"),
    Case("lte", f"{OWN}.lte('created_at', '2026-01-02T00:00:00+00:00')", finds="done failed"),
    Case("gte on a moment of JavaScript's", f"{OWN}.gte('created_at', new Date(0).toISOString())", finds=EVERYTHING),
    Case("in", f"{OWN}.in('id', [ids.pair, ids.done])", finds="done pair"),
    Case("in with words", f"{OWN}.in('prompt', ['two boats', 'a harbour, at night (1)'])", finds="failed pair"),
    Case("in with statuses", f"{OWN}.in('status', ['failed', 'pending'])", finds=f"{FAILED} waiting"),
    Case("in with a status that is none", f"{OWN}.in('status', ['failed', 'lost'])", finds=FAILED),
    Case("in with nothing", f"{OWN}.in('id', [])", finds=""),
    Case("is null", f"{OWN}.is('batch_id', null)", finds="pair waiting"),
    Case("is not null", f"{OWN}.not('batch_id', 'is', null)", finds="done failed called_off"),
    Case("is true", "db.from('models').select('id').is('is_active', false)", data=[]),
    Case("like", f"{OWN}.like('prompt', 'a %')", finds="done failed called_off waiting"),
    Case("like with a star", f"{OWN}.like('prompt', '*boat*')", finds="pair"),
    Case("like with an escape", f"{OWN}.like('prompt', '%\\\\%')", finds="waiting"),
    Case("ilike", f"{OWN}.ilike('prompt', '%BOATS')", finds="pair"),
    Case("not eq", f"{OWN}.not('status', 'eq', 'failed')", finds="done pair waiting"),
    Case("not in", f"{OWN}.not('status', 'in', '(failed,completed)')", finds="waiting"),
    Case("not like", f"{OWN}.not('prompt', 'like', 'a *')", finds="pair"),
    Case("filter", f"{OWN}.filter('status', 'eq', 'pending')", finds="waiting"),
    Case("match", f"{OWN}.match({{status: 'completed', batch_index: 0}})", finds="done"),
    Case("or", f"{OWN}.or('status.eq.pending,batch_index.eq.1')", finds="failed waiting"),
    Case(
        "or with quotes", f"{OWN}.or('prompt.eq.\"a harbour, at night (1)\",status.eq.pending')", finds="failed waiting"
    ),
    Case("or with in", f"{OWN}.or(`id.in.(${{ids.done}},${{ids.pair}}),status.eq.pending`)", finds="done pair waiting"),
    Case("and in or", f"{OWN}.or('and(status.eq.completed,batch_id.is.null),status.eq.pending')", finds="pair waiting"),
    Case("or in and in or", f"{OWN}.or('and(or(width.eq.1,width.eq.512),status.eq.pending)')", finds="waiting"),
    Case("not in or", f"{OWN}.or('status.not.eq.completed,id.eq.' + ids.done)", finds="done failed called_off waiting"),
    Case("not and", f"{OWN}.or('not.and(width.eq.512,status.neq.pending),id.eq.' + ids.done)", finds="done waiting"),
    Case("two or", f"{OWN}.or('width.eq.512').or('status.eq.pending,steps.eq.5')", finds="waiting"),
    Case("two on one column", f"{OWN}.gt('batch_index', 0).lt('batch_index', 2)", finds="failed"),
]
