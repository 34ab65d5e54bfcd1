"""GET /v1/webhooks/default/secret: the key that verifies webhooks."""

import orjson
from aiohttp import web

from pipeline.providers.painter.api.keys import SECRET


async def default_secret(request: web.Request) -> web.Response:
    """`{"key": "whsec_…"}`, https://replicate.com/docs/reference/http#webhooks.default.secret.get"""
    body = orjson.dumps({"key": request.app[SECRET]})
    return web.Response(body=body, content_type="application/json")
