"""Inspection: whatever takes a parser or a decoder to look at a picture happens in processes that may be killed."""

from pipeline.media.inspection.pool import InspectionPool

__all__ = ["InspectionPool"]
