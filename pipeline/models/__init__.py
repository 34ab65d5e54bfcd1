"""The models, one family a file."""

from pipeline.models.aspect import ratios_of
from pipeline.models.catalogue import (
    ANY,
    catalogue,
    family_of,
    models,
    tells_progress,
    version_of,
    with_source,
    without_source,
)
from pipeline.models.family import Family
from pipeline.models.sheet import Field

__all__ = [
    "ANY",
    "Family",
    "Field",
    "catalogue",
    "family_of",
    "models",
    "ratios_of",
    "tells_progress",
    "version_of",
    "with_source",
    "without_source",
]
