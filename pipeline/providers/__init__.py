"""Providers: who develops the pictures."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.providers.fal.client import Fal
from pipeline.providers.openai.client import OpenAI
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities, Account, Provider
from pipeline.providers.replicate.client import Replicate
from pipeline.settings import Settings

PROVIDERS: Mapping[str, Callable[[Settings], Provider]] = MappingProxyType(
    {"replicate": Replicate, "fal": Fal, "openai": OpenAI}
)
"""Every provider there is, by the name that rows, lanes and routes call it by."""

__all__ = ["PROVIDERS", "Abilities", "Account", "Prediction", "Provider", "Replicate"]
