"""The Idempotency-Key of a request, and what makes two bodies the same."""

import hashlib
import re

import orjson
from pydantic import BaseModel
from starlette.requests import Request

from api.problems import invalid
from schema.wire.problem import FieldError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_LENGTH = 255
_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_LENGTH}}}")


def key_of(request: Request) -> str | None:
    """The request's key, or None when it brings none. Raises Problem("invalid-request")."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise invalid([FieldError(HEADER, f"must be one key of 1 to {MAX_KEY_LENGTH} printable ASCII characters")])
    return keys[0]


def body_hash(body: BaseModel) -> bytes:
    """SHA-256 of what a parsed body asks for: neither the order of its fields nor its white space counts.

    Fields that have their default are left out, so that a new field of ours changes no body's hash.
    """
    asked = body.model_dump(exclude_defaults=True)
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
