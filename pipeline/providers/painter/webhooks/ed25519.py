"""Signed headers for one webhook of fal's, and the key that it publishes."""

import base64
import hashlib
import os
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_FILE = "webhook-key"
USER = "painter"


class FalSignature:
    """Signs bodies with the key of one home, https://docs.fal.ai/model-apis/model-endpoints/webhooks."""

    failed = "ERROR"

    def __init__(self, home: Path) -> None:
        self._genuine = _key(home / KEY_FILE)
        self._forger = Ed25519PrivateKey.generate()

    @property
    def jwks(self) -> dict[str, object]:
        """The document with the public key (RFC 8037)."""
        raw = self._genuine.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "painter"}]}

    def message(self, prediction_id: str) -> str:
        """The request's own number, each time."""
        return prediction_id

    def headers(self, message: str, body: bytes, *, genuine: bool = True, user: str = USER) -> dict[str, str]:
        """The four signature headers for `body` now, about a request of the account `user`; with `genuine=False` signed
        by a stranger's key.
        """
        now = str(int(time.time()))
        signed = "\n".join((message, user, now, hashlib.sha256(body).hexdigest())).encode()
        return {
            "content-type": "application/json",
            "x-fal-webhook-request-id": message,
            "x-fal-webhook-user-id": user,
            "x-fal-webhook-timestamp": now,
            "x-fal-webhook-signature": (self._genuine if genuine else self._forger).sign(signed).hex(),
        }


def _key(path: Path) -> Ed25519PrivateKey:
    """The key of this home; made at the first call, readable by its owner only."""
    if not path.exists():
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
        # Renamed when whole: a kill between the two must not leave half a key behind.
        part.replace(path)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
