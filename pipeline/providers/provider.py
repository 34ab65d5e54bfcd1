"""What the pipeline asks of a provider. Every method is one call over the wire; none of them repeats itself."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from pipeline.providers.prediction import Prediction


class Provider(Protocol):
    """A remote, slow, paid maker of pictures."""

    name: str

    async def create(
        self,
        model_id: str,
        model_version: str | None,
        inputs: Mapping[str, Any],
        webhook: str | None,
        timeout: float,
    ) -> Prediction:
        """Buy a prediction, answering within `timeout` seconds.

        Raises ProviderRefused, ProviderThrottled, ProviderDown (nothing was sold) or ProviderUnclear (it may be).
        """

    async def get(self, prediction_id: str) -> Prediction:
        """Read one prediction. Raises NotFound when the provider does not know it, else as `create`."""

    async def cancel(self, prediction_id: str) -> Prediction:
        """Ask the provider to stop; the answer may still be running."""

    def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """The predictions bought since `created_after`, newest first, a page at a time."""

    async def webhook_secret(self) -> str:
        """The secret that signs this account's webhooks."""
