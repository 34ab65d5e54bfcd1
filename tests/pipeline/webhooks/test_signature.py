"""The headers, held against the library that receivers use and against Standard Webhooks' own example."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from pipeline.webhooks.secrets import Secret
from pipeline.webhooks.signature import signed_headers

ID = UUID("019ac000-0000-7000-8000-000000000001")
PAYLOAD = '{"type":"generation.completed","data":{"prompt":"ein Leuchtturm, 灯台 \\u2028"}}'
OLD, NEW, OTHER = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
EXAMPLE = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def shown(secret: bytes) -> str:
    return Secret(secret, datetime.now(UTC), None).shown


def test_both_secrets_sign_and_no_other() -> None:
    headers = dict(signed_headers(ID, PAYLOAD, [NEW, OLD], datetime.now(UTC)))
    assert headers["webhook-id"] == str(ID)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (OLD, NEW):
        assert Webhook(shown(secret)).verify(PAYLOAD.encode(), headers)
    for secret, payload in ((OTHER, PAYLOAD), (NEW, PAYLOAD + " ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(shown(secret)).verify(payload.encode(), headers)


def test_the_example_of_the_specification() -> None:
    """Source: Standard Webhooks' test vector, whose id is no UUID; so only what it signs is compared."""
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = Webhook(EXAMPLE).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert dict(signed_headers(ID, "", [EXAMPLE], at))["webhook-timestamp"] == "1614265330"
