"""The versions of community models, which Replicate runs by version only: at their own address a purchase is a 404.

From https://replicate.com/<owner>/<name>/versions, the newest first. A model that does not stand here is taken for an
official one, which is bought by its name.
"""

from collections.abc import Mapping
from types import MappingProxyType

VERSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bytedance/sdxl-lightning-4step": (
            "6f7a773af6fc3e8de9d5a3c00be77c17308914bf67772726aff83496ba1e3bbe",
            "5599ed30703defd1d160a25a63321b4dec97101d98b4674bcc56e41f62f35637",
        ),
        "stability-ai/sdxl": (
            "7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc",
            "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b",
        ),
    }
)


def model_of(version: str) -> str | None:
    """The community model that has a version; None when it is none of theirs."""
    return next((model for model, versions in VERSIONS.items() if version in versions), None)
