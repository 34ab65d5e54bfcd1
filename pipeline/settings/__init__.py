"""Settings: the only rooms that read the environment."""

from pipeline.settings.settings import REPLICATE_API_URL, Settings

__all__ = ["REPLICATE_API_URL", "Settings"]
