"""Replicate's models: what is known of one. https://replicate.com/docs/reference/http#models.get"""

import orjson
from aiohttp import web

from pipeline.providers.painter.pages import PAGES
from pipeline.providers.painter.pages.versions import VERSIONS
from pipeline.providers.painter.problems import Problem


async def get(request: web.Request) -> web.Response:
    """GET /v1/models/{owner}/{name}, of a model that has a page."""
    owner, name = request.match_info["owner"], request.match_info["name"]
    model = f"{owner}/{name}"
    if model not in PAGES:
        raise Problem(404, "The requested resource could not be found.")
    versions = VERSIONS.get(model)
    body = {
        "url": f"https://replicate.com/{model}",
        "owner": owner,
        "name": name,
        "visibility": "public",
        "latest_version": {"id": versions[0]} if versions else None,
    }
    return web.Response(body=orjson.dumps(body), content_type="application/json")
