"""POST /functions/v1/generate-image: the call from before the queue, which waits for the picture."""

from starlette.requests import Request

from api.generations.accept import accept
from api.generations.body import read_model
from api.state import state_of
from api.supabase.functions.answers import Answer, answering, caller_of
from api.supabase.functions.finished import finished, picture_of
from pipeline.resource import as_resource
from schema.wire.http import StartGenerationRequest


@answering
async def generate_image(request: Request) -> tuple[int, Answer]:
    """Accept a generation, and answer with its pictures."""
    state, identity = state_of(request), await caller_of(request)
    # First of all: nothing is made for a call that may not wait for it.
    with state.waits.place():
        accepted = await accept(state, await read_model(request, StartGenerationRequest), identity)
        row = await finished(request, identity, accepted.id)
    status, answer = picture_of(row)
    if status == 200:
        # By every name that an app may have read the picture's address from.
        images = as_resource(row)["images"]
        public = [{**image, "public_url": image["url"], "generation_id": str(row.id)} for image in images]
        answer |= {"image_url": answer["output_url"], "image": public[0], "images": public}
    return status, answer
