"""The names under which stores keep pictures."""

import hashlib
import re
from typing import Final
from uuid import UUID

from pipeline.errors import Invalid
from pipeline.media.content_types import CONTENT_TYPES

MAX_KEY_LENGTH: Final = 255
"""Characters; within what S3 (1,024 bytes) and file systems (255 a name) allow."""

# No part begins with a dot: neither "." nor "..", and a store may keep dotted files of its own.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OURS = re.compile(r"[0-9a-f]{2}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d+-[0-9a-f]{32}\.\w+")
_PREFIX = re.compile(rf"(?:{_KEY.pattern}/?)?")


def picture_key(generation_id: UUID, idx: int, data: bytes, extension: str) -> str:
    """The key of a generation's picture number `idx`; `extension` without its dot.

    The same bytes always get the same key, so a second attempt writes over the first; and 128 bits of the
    content's SHA-256 in a public address cannot be guessed by who has not seen the picture.
    """
    return f"{_shelf(generation_id)}/{generation_id}-{idx}-{hashlib.sha256(data).hexdigest()[:32]}.{extension}"


def generation_of(key: str) -> UUID | None:
    """The generation that `picture_key` made `key` for; None when it made no such key."""
    match = _OURS.fullmatch(key)
    if match is None or not is_key(key):
        return None
    generation_id = UUID(match[1])
    return generation_id if key.startswith(f"{_shelf(generation_id)}/") else None


def is_key(key: str) -> bool:
    """Whether a picture could be under `key`: relative, no dotted parts, [A-Za-z0-9._/-], a known extension."""
    return len(key) <= MAX_KEY_LENGTH and _KEY.fullmatch(key) is not None and _extension(key) in CONTENT_TYPES


def check_key(key: str, content_type: str | None = None) -> None:
    """Raise Invalid unless `key` can be one and its extension stands for `content_type`, when one is given.

    A directory keeps no content types and tells them by extension; every store is held to that alike.
    """
    if not is_key(key):
        raise Invalid("key", f"{key[:80]!r} cannot be the key of a picture")
    if content_type not in (None, content_type_of(key)):
        raise Invalid("content_type", f"{key[:80]!r} cannot be {content_type}")


def check_prefix(prefix: str) -> None:
    """Raise Invalid unless `prefix` is empty or could begin a key."""
    if len(prefix) > MAX_KEY_LENGTH or _PREFIX.fullmatch(prefix) is None:
        raise Invalid("prefix", f"{prefix[:80]!r} cannot begin the key of a picture")


def content_type_of(key: str) -> str:
    """The content type that a key's extension stands for."""
    return CONTENT_TYPES[_extension(key)]


def _shelf(generation_id: UUID) -> str:
    # 256 shelves, soon all there: a directory for each generation would cost every picture one more fsync.
    return generation_id.hex[-2:]


def _extension(key: str) -> str:
    _, dot, extension = key.rpartition(".")
    return extension if dot else ""
