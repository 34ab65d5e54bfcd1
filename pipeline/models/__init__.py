"""The models, one family a file."""

from pipeline.models.catalogue import Family, catalogue, family_of, tells_progress

__all__ = ["Family", "catalogue", "family_of", "tells_progress"]
