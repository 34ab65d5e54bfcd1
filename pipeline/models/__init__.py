"""The models, one family a file."""

from pipeline.models.catalogue import Family, catalogue, family_of

__all__ = ["Family", "catalogue", "family_of"]
