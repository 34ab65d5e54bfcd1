"""The content type of each kind of picture that Darkroom keeps, by the extension its key carries."""

from types import MappingProxyType
from typing import Final

# IANA media types: png, jpeg, webp, gif, avif, svg+xml.
CONTENT_TYPES: Final = MappingProxyType(
    {
        "png": "image/png",
        "jpg": "image/jpeg",
        "webp": "image/webp",
        "gif": "image/gif",
        "avif": "image/avif",
        "svg": "image/svg+xml",
    }
)
