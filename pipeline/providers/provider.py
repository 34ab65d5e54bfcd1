"""What the pipeline asks of a provider. Every method is one call over the wire; none of them repeats itself."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.providers.prediction import Prediction


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a provider can. Who works with it asks this, never its name."""

    lists: bool
    """Whether it tells what was bought since a moment. Without a list, a purchase whose answer was lost is known only
    by the provider's own word; it is never bought again by itself."""
    webhooks: bool
    """Whether it calls back."""
    answers_within: float | None = None
    """Seconds that a purchase may take whose answer is the picture itself. None: it answers at once, with a number to
    ask after."""
    reads_per_minute: float
    """How many reads it takes, some left for cancelling."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Our account at a provider whose signature does not tell accounts apart."""

    credentials_hash: bytes
    """Of the credentials that are set: others may be another account's."""
    pinned: str | None
    """Its id, when it is set; else it is learned (`pipeline.provider_accounts`)."""
    setting: str
    """The variable that sets it."""


class Provider(Protocol):
    """A remote, slow, paid maker of pictures. `model` is the provider's own name of it, everywhere."""

    name: str
    abilities: Abilities
    callback_base: str | None
    """Where it reaches web; None when it cannot call back."""
    account: Account | None
    """None: its signature is our account's own."""

    async def create(
        self,
        model: str,
        model_version: str | None,
        inputs: Mapping[str, Any],
        webhook: str | None,
        timeout: float,
    ) -> Prediction:
        """Buy a prediction, answering within `timeout` seconds.

        Raises ProviderRefused, ProviderThrottled, ProviderDown (nothing was sold) or ProviderUnclear (it may be).
        """

    async def get(self, model: str, prediction_id: str) -> Prediction:
        """Read one prediction. Raises NotFound when the provider does not know it, else as `create`."""

    async def cancel(self, model: str, prediction_id: str) -> Prediction:
        """Ask the provider to stop; the answer may still be running."""

    def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """The predictions bought since `created_after`, newest first, a page at a time; of providers with a list."""

    def check_webhook(self, headers: Mapping[str, str]) -> str | None:
        """Look at a webhook's signature headers and its time, before its body is read; the account that they name.

        Raises Forged when they cannot belong to a webhook that was sent just now.
        """

    async def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Prediction:
        """What a webhook says, once its signature is verified.

        Raises Forged, ProviderUnclear when it is no prediction, ProviderDown when its keys cannot be fetched.
        """

    async def close(self) -> None:
        """Close the connections."""
