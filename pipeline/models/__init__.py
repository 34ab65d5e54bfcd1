"""The models, one family a file."""

from pipeline.models.aspect import ratios_of
from pipeline.models.catalogue import (
    ANY,
    catalogue,
    family_of,
    is_foreign,
    models,
    price_of_version,
    tells_progress,
    version_of,
    with_source,
    without_source,
)
from pipeline.models.family import Family
from pipeline.models.sheet import Field, VersionPrice

__all__ = [
    "ANY",
    "Family",
    "Field",
    "VersionPrice",
    "catalogue",
    "family_of",
    "is_foreign",
    "models",
    "price_of_version",
    "ratios_of",
    "tells_progress",
    "version_of",
    "with_source",
    "without_source",
]
