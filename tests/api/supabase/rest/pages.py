"""The conformance table of pages: order, limit, range, count, one row; columns and how they are printed."""

from tests.api.supabase.rest.case import Case
from tests.api.supabase.rest.filters import OWN

BY = "generations().select('id')"
MISSING = "'99999999-9999-4999-8999-999999999999'"

PAGES = [
    Case("order", f"{BY}.order('created_at', {{ascending: false}}).limit(2)", finds="waiting pair"),
    Case(
        "order by two",
        f"{BY}.order('status').order('created_at', {{ascending: false}})",
        finds="pair done called_off failed waiting",
    ),
    Case(
        "order, nulls first",
        f"{BY}.order('batch_index', {{nullsFirst: true}}).order('created_at')",
        finds="pair waiting done failed called_off",
    ),
    Case(
        "order, nulls last",
        f"{BY}.order('batch_index', {{ascending: false, nullsFirst: false}}).order('created_at')",
        finds="called_off failed done pair waiting",
    ),
    Case("limit", f"{OWN}.limit(1)", finds="done"),
    Case("limit of none", f"{OWN}.limit(0)", finds=""),
    Case("range", f"{OWN}.range(1, 2)", finds="failed called_off"),
    Case("range past the end", f"{OWN}.range(3, 20)", finds="pair waiting"),
    Case("range behind the end", f"{OWN}.range(30, 40)", finds=""),
    Case(
        "count exact",
        "generations().select('id', {count: 'exact'}).order('created_at').range(0, 1)",
        206,
        finds="done failed",
        count=5,
    ),
    Case("count planned", "generations().select('id', {count: 'planned'}).eq('status', 'failed')", count=2),
    Case("count estimated", "generations().select('id', {count: 'estimated'}).limit(1)", 206, count=5),
    Case("head", "generations().select('*', {count: 'exact', head: true})", count=5),
    Case("head of some", "generations().select('id,images!inner(*)', {count: 'exact', head: true})", count=2),
    Case(
        "head of none",
        f"generations().select('*', {{count: 'exact', head: true}}).eq('id', {MISSING})",
        count=0,
    ),
    Case(
        "range behind the end, counted",
        "generations().select('id', {count: 'exact'}).range(30, 40)",
        416,
        "PGRST103",
    ),
    Case("single", f"{BY}.eq('id', ids.done).single()", finds="done"),
    Case("single of none", f"{BY}.eq('id', {MISSING}).single()", 406, "PGRST116", says="Cannot coerce"),
    Case("single of several", f"{BY}.single()", 406, "PGRST116"),
    Case("single with a limit", f"{OWN}.limit(1).single()", finds="done"),
    Case("maybeSingle", f"{BY}.eq('id', ids.done).maybeSingle()", finds="done"),
    Case("maybeSingle of none", f"{BY}.eq('id', {MISSING}).maybeSingle()"),
    Case("columns", "generations().select('id, status, width').eq('id', ids.done).single()", finds="done"),
    Case(
        "alias",
        "generations().select('text:prompt, status').eq('id', ids.called_off).single()",
        data={"text": 'a "quoted" gull', "status": "failed"},
    ),
    Case(
        "types",
        "generations().select('created_at,seed,guidance_scale,style,steps').eq('id', ids.done).single()",
        data={
            "created_at": "2026-01-01T00:00:00.123456+00:00",
            "seed": 4294967296,
            "guidance_scale": 7.5,
            "style": None,
            "steps": 4,
        },
    ),
    Case(
        "a reason",
        "generations().select('status,error_message').eq('id', ids.failed).single()",
        data={"status": "failed", "error_message": "boom"},
    ),
    Case(
        "no reason",
        "generations().select('status,error_message').eq('id', ids.called_off).single()",
        data={"status": "failed", "error_message": "Cancelled by user"},
    ),
]

PNG = {"idx": 0, "format": "png"}
