"""GET /outputs/{prediction}/{name}: the finished pictures, which Replicate serves from replicate.delivery."""

import asyncio

from aiohttp import web

from pipeline.providers.painter.api.keys import OUTPUTS, PAINTER, PREPARED
from pipeline.providers.painter.faults.at_output import OUTPUT_BITES
from pipeline.providers.painter.faults.rules import OUTPUT
from pipeline.providers.painter.outputs import CONTENT_TYPES
from pipeline.providers.painter.problems import Problem

AT_OUTPUT = frozenset({OUTPUT})


async def output(request: web.Request) -> web.StreamResponse:
    """One output's bytes, unless a fault is drawn. Raises Problem 404 when it never was or is gone."""
    app, where = request.app, request.match_info
    prediction = app[PAINTER].predictions.get(where["id"])
    name = where["name"]
    if prediction.data_removed or name not in prediction.outputs:
        raise Problem(404, "There is no such output, or it has expired.")
    path = app[OUTPUTS].path(prediction.id, name)
    kind = CONTENT_TYPES[path.suffix[1:]]
    for rule in app[PAINTER].dice.draw(AT_OUTPUT, prediction.prompt):
        content = app[PREPARED] if prediction.prepared else await asyncio.to_thread(path.read_bytes)
        return await OUTPUT_BITES[rule.fault](request, rule, content, kind)
    if prediction.prepared:
        return web.Response(body=app[PREPARED], content_type=kind)
    return web.FileResponse(path, headers={"Content-Type": kind})
