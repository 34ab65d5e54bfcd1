"""Signed headers for one webhook."""

import secrets
from datetime import UTC, datetime

from standardwebhooks import Webhook


class Signature:
    """Signs bodies with one secret, https://www.standardwebhooks.com."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._genuine = Webhook(secret)
        self._forger = Webhook(secrets.token_bytes(24))

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
