"""Signed headers for one webhook."""

import secrets
from datetime import UTC, datetime
from typing import Protocol

from standardwebhooks import Webhook


class Signs(Protocol):
    """Signs webhooks as one provider does."""

    failed: str
    """Its word for a prediction that has failed."""

    def message(self, prediction_id: str) -> str:
        """The id of a new webhook about a prediction."""

    def headers(self, message: str, body: bytes, *, genuine: bool = True) -> dict[str, str]:
        """The signature headers for `body` now; with `genuine=False` signed by a stranger."""


class Signature:
    """Signs bodies with one secret, https://www.standardwebhooks.com."""

    failed = "failed"

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._genuine = Webhook(secret)
        self._forger = Webhook(secrets.token_bytes(24))

    def message(self, _prediction_id: str) -> str:
        """See Signs."""
        return f"msg_{secrets.token_hex(12)}"

    def headers(self, message: str, body: bytes, *, genuine: bool = True) -> dict[str, str]:
        """The three signature headers for `body` now; with `genuine=False` signed by a stranger's secret."""
        now = datetime.now(UTC)
        signer = self._genuine if genuine else self._forger
        return {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(message, now, body.decode()),
        }
