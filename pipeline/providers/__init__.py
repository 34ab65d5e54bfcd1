"""Providers: who develops the pictures."""

from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Provider
from pipeline.providers.replicate.client import Replicate

__all__ = ["Prediction", "Provider", "Replicate"]
