"""The conformance table of embedded tables."""

from tests.api.supabase.rest.case import Case

PNG = {"idx": 0, "format": "png"}
EMBEDS = [
    Case(
        "images, counted",
        "generations().select('images(count)').eq('id', ids.pair).single()",
        data={"images": [{"count": 2}]},
    ),
    Case(
        "images, counted, none",
        "generations().select('images(n:count)').eq('id', ids.failed).single()",
        data={"images": [{"n": 0}]},
    ),
    Case(
        "images, counted, filtered",
        "generations().select('images(count)').eq('images.idx', 1).eq('id', ids.pair).single()",
        data={"images": [{"count": 1}]},
    ),
    Case(
        "a place in a job",
        "db.from('job_queue').select('payload->>prompt,n:payload->num_inference_steps,result->outputs->0')"
        ".eq('payload->>generation_id', ids.done).single()",
        view="[data.prompt, data.n, data.outputs.startsWith('/images/')]",
        data=["a lighthouse", 4, True],
    ),
    Case(
        "a place in or",
        "db.from('job_queue').select('id')"
        ".or(`payload->>prompt.eq.two boats,payload->>generation_id.in.(${ids.done})`).order('created_at')",
        finds="done pair",
    ),
    Case(
        "the guide's poll",
        "generations().select('*, images(*)').eq('id', ids.done).single()",
        finds="done",
    ),
    Case(
        "images",
        "generations().select('id,images(idx,format)').eq('id', ids.done).single()",
        view="data.images",
        data=[PNG],
    ),
    Case(
        "no images",
        "generations().select('images(idx)').eq('id', ids.failed).single()",
        data={"images": []},
    ),
    Case(
        "images, alias",
        "generations().select('imgs:images(idx)').eq('id', ids.done).single()",
        data={"imgs": [{"idx": 0}]},
    ),
    Case(
        "images, hint",
        "generations().select('images!images_generation_id_fkey(idx)').eq('id', ids.done).single()",
        data={"images": [{"idx": 0}]},
    ),
    Case(
        "images, hint by column",
        "generations().select('images!generation_id(idx)').eq('id', ids.done).single()",
        data={"images": [{"idx": 0}]},
    ),
    Case(
        "images, inner",
        "generations().select('id,images!inner(idx)').order('created_at')",
        finds="done pair",
    ),
    Case(
        "images, inner, none shown",
        "generations().select('id,images!inner()').eq('id', ids.done).single()",
        view="Object.keys(data)",
        data=["id"],
    ),
    Case(
        "images, inner and filtered",
        "generations().select('id,images!inner(idx)').eq('images.idx', 1)",
        finds="pair",
    ),
    Case(
        "images, filtered",
        "generations().select('images(idx)').eq('images.idx', 1).eq('id', ids.pair).single()",
        data={"images": [{"idx": 1}]},
    ),
    Case(
        "images, alias filtered",
        "generations().select('imgs:images(idx)').eq('imgs.idx', 1).eq('id', ids.pair).single()",
        data={"imgs": [{"idx": 1}]},
    ),
    Case(
        "images, or",
        "generations().select('images(idx)').or('idx.eq.1,idx.eq.7', {foreignTable: 'images'})"
        ".eq('id', ids.pair).single()",
        data={"images": [{"idx": 1}]},
    ),
    Case(
        "images, ordered",
        "generations().select('images(idx)').order('idx', {foreignTable: 'images', ascending: false})"
        ".eq('id', ids.pair).single()",
        data={"images": [{"idx": 1}, {"idx": 0}]},
    ),
    Case(
        "images, ordered and limited",
        "generations().select('images(idx)').order('idx', {foreignTable: 'images', ascending: false})"
        ".limit(1, {foreignTable: 'images'}).eq('id', ids.pair).single()",
        data={"images": [{"idx": 1}]},
    ),
    Case(
        "images' generation",
        "images().select('idx,image_generations(prompt)').eq('generation_id', ids.done).single()",
        data={"idx": 0, "image_generations": {"prompt": "a lighthouse"}},
    ),
    Case(
        "images' generation and its batch",
        "images().select('image_generations(batch_generations(name))').eq('generation_id', ids.done).single()",
        data={"image_generations": {"batch_generations": {"name": "the coast"}}},
    ),
    Case(
        "no batch",
        "generations().select('batch_generations(name)').eq('id', ids.pair).single()",
        data={"batch_generations": None},
    ),
    Case(
        "a batch",
        "db.from('batch_generations')"
        ".select('name,status,total_count,completed_count,failed_count,pending_count,processing_count')"
        ".eq('id', ids.batch).single()",
        data={
            "name": "the coast",
            "status": "partial",
            "total_count": 3,
            "completed_count": 1,
            "failed_count": 2,
            "pending_count": 0,
            "processing_count": 0,
        },
    ),
    Case(
        "a batch's generations and their images",
        "db.from('batch_generations').select('image_generations(batch_index,images(idx))')"
        ".order('batch_index', {foreignTable: 'image_generations'}).eq('id', ids.batch).single()",
        data={
            "image_generations": [
                {"batch_index": 0, "images": [{"idx": 0}]},
                {"batch_index": 1, "images": []},
                {"batch_index": 2, "images": []},
            ]
        },
    ),
    Case("the guide's 6.2", "images().select('*').eq('generation_id', ids.done).single()", finds="done_image_0"),
    Case(
        "the guide's 6.2, with two images",
        "images().select('*').eq('generation_id', ids.pair).single()",
        406,
        "PGRST116",
    ),
    Case(
        "a model",
        "db.from('models').select('id,default_steps,supports_img2img')"
        ".eq('id', 'black-forest-labs/flux-schnell').single()",
        data={"id": "black-forest-labs/flux-schnell", "default_steps": 4, "supports_img2img": False},
    ),
]
