"""Egress: requests to addresses that somebody else has named, which must not reach what only this machine can."""

from pipeline.egress.guard import Guard

__all__ = ["Guard"]
