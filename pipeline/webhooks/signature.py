"""The headers of a webhook: its id, the time of this try, and one signature for each secret that signs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook


def signed_headers(delivery_id: UUID, payload: str, secrets: Sequence[bytes], now: datetime) -> Mapping[str, str]:
    """Standard Webhooks' headers for the exact `payload`, signed by every one of `secrets` at `now` (in UTC).

    The library takes the digits of a moment for UTC, whatever zone it is in.
    """
    signatures = [Webhook(secret).sign(str(delivery_id), now, payload) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Darkroom",
        # An answer that is packed all the same is kept as it is.
        "Accept-Encoding": "identity",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
