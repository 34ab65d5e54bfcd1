"""SVG drawings: read, cleaned of all that is not drawing, and written anew."""

from pipeline.media.svg.clean import clean_svg

__all__ = ["clean_svg"]
