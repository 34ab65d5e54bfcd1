"""The conformance table of DELETE."""

from tests.api.supabase.rest.case import Case

DELETES = [
    Case("delete", "generations().delete().eq('id', ids.called_off)", 204),
    Case("it is gone", "generations().select('id').eq('id', ids.called_off)", data=[]),
    Case("delete, shown", "generations().delete().eq('id', ids.pair).select('id,images(idx)').single()", finds="pair"),
    Case("delete what waits", "generations().delete().eq('id', ids.failed)", 400, "P0001", says="cancel it first"),
    Case("delete somebody else's", "generations().delete().eq('id', ids.bobs)", 204),
    Case("delete all", "generations().delete()", 400, "21000"),
    Case(
        "delete an image, and its generation",
        "images().delete().eq('id', ids.done_image_0).select('id')",
        finds="done_image_0",
    ),
    Case("its generation is gone", "generations().select('id').eq('id', ids.done)", data=[]),
    Case("delete a batch", "db.from('batch_generations').delete().eq('id', ids.batch)", 403, "42501"),
    Case(
        "delete one of two images",
        "images().delete().eq('id', ids.bobs_two_image_0)",
        400,
        "P0001",
        who="bob",
        says="go together",
    ),
    Case("delete two of two images", "images().delete().eq('generation_id', ids.bobs_two)", 204, who="bob"),
    Case(
        "delete nobody's",
        "generations().delete().eq('id', ids.nobodys).select('id').single()",
        who="anon",
        finds="nobodys",
    ),
]
