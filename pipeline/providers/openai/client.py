"""OpenAI-compatible images over HTTP: one call, whose answer is the pictures."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.errors import Forged, NotFound, ProviderDown
from pipeline.providers.openai.answers import error_of, read_images
from pipeline.providers.prediction import Prediction
from pipeline.providers.provider import Abilities, Account
from pipeline.providers.wire import Wire
from pipeline.settings import Settings

LONGEST_SECONDS = 300.0
"""Complex prompts take up to two minutes, says OpenAI's guide; servers with one card take more."""


class OpenAI:
    """Speaks the images API. Made on the loop that uses it; close it with `close`.

    It keeps nothing: what it made is in its one answer. So it has no list, no reads, no cancelling and no webhooks.
    """

    name = "openai"
    abilities = Abilities(lists=False, webhooks=False, answers_within=LONGEST_SECONDS, reads_per_minute=600)
    callback_base: str | None = None
    account: Account | None = None

    def __init__(self, settings: Settings) -> None:
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
        self._wire = Wire(settings.openai_base_url, f"Bearer {key}", error_of)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def create(
        self,
        model: str,
        model_version: str | None,
        inputs: Mapping[str, Any],
        webhook: str | None,
        timeout: float,
    ) -> Prediction:
        """POST the request, once, and wait for its pictures. See Provider.create."""
        body = {"model": model, **inputs}
        answer = await self._wire.call("POST", "/images/generations", timeout, buying=True, json=body)
        return read_images(answer.content, answer.headers.get("x-request-id"))

    async def get(self, model: str, prediction_id: str) -> Prediction:
        """Nothing is kept."""
        raise NotFound("the provider keeps nothing of what it made")

    async def cancel(self, model: str, prediction_id: str) -> Prediction:
        """Nothing is known by a number but what has ended."""
        raise NotFound("the provider keeps nothing of what it made")

    async def list(self, created_after: datetime) -> AsyncIterator[list[Prediction]]:
        """It has none."""
        raise ProviderDown("the provider does not tell what was bought")
        yield []

    def check_webhook(self, headers: Mapping[str, str]) -> str | None:
        """It sends none."""
        raise Forged("the provider sends no webhooks")

    async def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Prediction:
        """It sends none."""
        raise Forged("the provider sends no webhooks")
