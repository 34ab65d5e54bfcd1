"""Where handlers find the painter."""

from typing import Any

from aiohttp import web

from pipeline.providers.painter.ledger import Ledger
from pipeline.providers.painter.outputs import Outputs
from pipeline.providers.painter.painter import Painter

ORIGIN: web.AppKey[str] = web.AppKey("origin", str)
PAINTER: web.AppKey[Painter] = web.AppKey("painter", Painter)
LEDGER: web.AppKey[Ledger] = web.AppKey("ledger", Ledger)
OUTPUTS: web.AppKey[Outputs] = web.AppKey("outputs", Outputs)
PREPARED: web.AppKey[bytes] = web.AppKey("prepared", bytes)
SECRET: web.AppKey[str] = web.AppKey("secret", str)
TOKEN: web.AppKey[str] = web.AppKey("token", str)
JWKS: web.AppKey[dict[str, Any]] = web.AppKey("jwks", dict)
