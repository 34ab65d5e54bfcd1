"""Media: fetching an output and telling whether it is a picture."""

from pipeline.media.download import download
from pipeline.media.picture import MAX_BYTES, MAX_PIXELS, Picture, examine

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Picture", "download", "examine"]
