"""Webhooks as they are really sent: what is odd in them hides nothing of what they say."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.errors import ProviderUnclear
from pipeline.providers import Replicate
from pipeline.providers.fal.client import Fal
from pipeline.providers.painter.webhooks.ed25519 import FalSignature
from pipeline.providers.painter.webhooks.secret import webhook_secret
from pipeline.providers.painter.webhooks.signature import Signature
from pipeline.providers.refusals import Cause
from tests.conftest import settings_at
from tests.pipeline.providers.painter.caller import Caller


@pytest.fixture
async def fal(painter: Caller, tmp_path: Path) -> AsyncIterator[Fal]:
    """A client that reads the painter's webhooks."""
    url = f"{painter.origin}/fal"
    client = Fal(settings_at(tmp_path, fal_api_url=url, fal_key="a-key", fal_jwks_url=f"{url}/.well-known/jwks.json"))
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            rb'{"request_id":"r1","status":"OK","payload":{"images":[{"url":"http://a/0.png"}],"logs":"\ud83d"}}',
            "succeeded",
        ),
        (b'\xef\xbb\xbf{"request_id":"r1","status":"ok","payload":{"images":[{"url":"http://a/0.png"}]}}', "succeeded"),
        (
            b'{"request_id":"r1","status":"OK","payload":{"images":[{"url":"http://a/0.png"}],"timings":{"inference":NaN}}}',
            "succeeded",
        ),
        (b'{"request_id":"r1","status":"error","error":"it broke\xff","payload":{"detail":"\\u0000"}}', "failed"),
        (b'{"request_id":"r1","status":"A WORD OF TOMORROW","payload":{}}', "processing"),
        (b'{"request_id":"r1","payload":{}}', "processing"),
    ],
)
async def test_fals(fal: Fal, tmp_path: Path, body: bytes, expected: str) -> None:
    prediction = await fal.read_webhook(body, FalSignature(tmp_path / "painter" / "fal").headers("r1", body))
    assert (prediction.id, prediction.status) == ("r1", expected)


async def test_a_number_for_an_id_is_an_id(fal: Fal, tmp_path: Path) -> None:
    body = b'{"request_id":7,"status":"OK","payload":null}'
    assert (await fal.read_webhook(body, FalSignature(tmp_path / "painter" / "fal").headers("7", body))).id == "7"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"id":"p1","status":"succeeded","output":["http://a/0.png"],"logs":"\ud83d"}', "succeeded"),
        (b'{"id":"p1","status":"Completed","output":"http://a/0.png","metrics":{"predict_time":NaN}}', "succeeded"),
        (b'{"id":"p1","status":"cancelled","output":null}', "canceled"),
        (b'{"id":"p1","status":"Content Moderated"}', "failed"),
        (b'{"id":"p1","status":"failed","error":{"detail":"it broke\x00"}}', "failed"),
        (
            b'{"id":"p1","status":"of tomorrow","completed_at":"2026-12-01T10:00:00Z","output":["http://a/0.png"]}',
            "succeeded",
        ),
        (b'{"id":"p1","status":"of tomorrow","completed_at":"2026-12-01T10:00:00Z","error":"it broke"}', "failed"),
        (b'{"id":"p1","status":"of tomorrow"}', "processing"),
    ],
)
async def test_replicates(painter: Caller, tmp_path: Path, body: bytes, status: str) -> None:
    client = Replicate(settings_at(tmp_path, replicate_api_url=painter.origin, replicate_api_token="a-token"))
    signed = Signature(webhook_secret(tmp_path / "painter")).headers("m1", body)
    prediction = await client.read_webhook(body, signed)
    await client.close()
    assert (prediction.id, prediction.status) == ("p1", status)
    assert prediction.cause == (Cause.CONTENT if b"Moderated" in body else None)


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b"nonsense", b"[" * 3_000, b'{"id":"p1"}'])
async def test_what_is_no_prediction_is_told_so(painter: Caller, tmp_path: Path, body: bytes) -> None:
    client = Replicate(settings_at(tmp_path, replicate_api_url=painter.origin, replicate_api_token="a-token"))
    with pytest.raises(ProviderUnclear):
        await client.read_webhook(body, Signature(webhook_secret(tmp_path / "painter")).headers("m1", body))
    await client.close()
