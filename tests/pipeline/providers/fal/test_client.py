"""Our client of fal's queue against the painter's: what it buys, reads, stops, and what it makes of every refusal."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from pipeline.errors import (
    Forged,
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnclear,
    RouteRefused,
)
from pipeline.providers.fal.answers import error_of, read_failure
from pipeline.providers.fal.client import Fal
from pipeline.providers.painter.ledger import LEDGER_FILE, read_ledger
from pipeline.providers.painter.server import running_painter
from pipeline.providers.painter.webhooks.ed25519 import FalSignature
from pipeline.providers.wire import Answer
from pipeline.settings.painter import PainterSettings
from tests.actors.providers import faults
from tests.conftest import settings_at
from tests.pipeline.providers.painter.caller import Caller

MODEL = "fal-ai/flux/schnell"
INPUT = {"prompt": "a storm", "image_size": {"width": 512, "height": 256}, "num_images": 2, "seed": 3}


@pytest.fixture
async def fal(painter: Caller, tmp_path: Path) -> AsyncIterator[Fal]:
    """A client of the painter's queue."""
    url = f"{painter.origin}/fal"
    client = Fal(settings_at(tmp_path, fal_api_url=url, fal_key="a-token", fal_jwks_url=f"{url}/.well-known/jwks.json"))
    yield client
    await client.close()


async def buy(fal: Fal, webhook: str | None = None, timeout: float = 5.0, **changed: Any) -> str:
    """The number of a purchase."""
    return (await fal.create(MODEL, None, INPUT | changed, webhook, timeout)).id


async def ended(fal: Fal, number: str) -> Any:
    """The prediction once it has ended."""
    async with asyncio.timeout(10):
        while not (prediction := await fal.get(MODEL, number)).finished:
            pass
    return prediction


def sold(tmp_path: Path) -> Any:
    """What the queue has sold."""
    return read_ledger(tmp_path / "painter" / "fal" / LEDGER_FILE)


async def test_a_purchase_is_read_to_its_pictures(fal: Fal, painter: Caller, tmp_path: Path) -> None:
    number = await buy(fal, "http://127.0.0.1:9/hook")
    prediction = await ended(fal, number)
    assert (prediction.status, len(prediction.output), prediction.seconds is not None) == ("succeeded", 2, True)
    async with painter.session.get(prediction.output[0]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
    (bought,) = sold(tmp_path)
    assert (bought.id, bought.model, bought.input, bought.webhook) == (number, MODEL, INPUT, "http://127.0.0.1:9/hook")


async def test_a_failure_is_completed_there_and_failed_here(fal: Fal, painter: Caller) -> None:
    await faults(painter, "fal", {"fault": "fail", "message": "out of memory"})
    prediction = await ended(fal, await buy(fal))
    assert (prediction.status, prediction.output) == ("failed", [])
    assert "out of memory" in prediction.error


async def test_what_waits_is_taken_out_and_what_runs_is_asked_to_stop(fal: Fal, painter: Caller) -> None:
    await faults(painter, "fal", {"fault": "slow", "seconds": 60})
    number = await buy(fal)
    assert not (await fal.get(MODEL, number)).finished
    assert (await fal.cancel(MODEL, number)).status == "canceled"
    # Safe to repeat: it has ended.
    assert (await fal.cancel(MODEL, number)).finished


async def test_expired_outputs_are_none(fal: Fal, tmp_path: Path, painter: Caller) -> None:
    await ended(fal, await buy(fal))
    settings = PainterSettings(
        _env_file=None,
        port=0,
        home=tmp_path / "other",
        seconds=(0.0, 0.0),
        prepared=True,
        output_ttl_seconds=0.001,
        token=SecretStr("a-token"),
    )
    async with running_painter(settings) as origin:
        client = Fal(settings_at(tmp_path, fal_api_url=f"{origin}/fal", fal_key="a-token"))
        number = (await client.create(MODEL, None, INPUT, None, 5.0)).id
        async with asyncio.timeout(10):
            while not (await client.get(MODEL, number)).finished or (await client.get(MODEL, number)).output:
                pass
        await client.close()


async def test_nobodys_number_is_not_found(fal: Fal) -> None:
    with pytest.raises(NotFound):
        await fal.get(MODEL, "nobodys")
    with pytest.raises(NotFound):
        await fal.cancel(MODEL, "nobodys")


@pytest.mark.parametrize(
    ("fault", "expected", "bought"),
    [
        ({"fault": "error", "status": 401}, RouteRefused, 0),
        ({"fault": "error", "status": 402}, RouteRefused, 0),
        ({"fault": "error", "status": 404}, RouteRefused, 0),
        ({"fault": "error", "status": 422}, ProviderRefused, 0),
        ({"fault": "error", "status": 500}, ProviderUnclear, 0),
        ({"fault": "error", "status": 502}, ProviderUnclear, 0),
        ({"fault": "error", "status": 503}, ProviderDown, 0),
        ({"fault": "throttle", "seconds": 7}, ProviderThrottled, 0),
        ({"fault": "hang", "seconds": 30}, ProviderUnclear, 0),
        ({"fault": "reset_before"}, ProviderUnclear, 0),
        ({"fault": "reset_after"}, ProviderUnclear, 1),
    ],
)
async def test_every_trouble_of_a_purchase_is_told_apart(
    fal: Fal, painter: Caller, tmp_path: Path, fault: dict[str, Any], expected: type[ProviderError], bought: int
) -> None:
    await faults(painter, "fal", fault)
    with pytest.raises(expected) as caught:
        await buy(fal, timeout=0.3 if fault["fault"] == "hang" else 5.0)
    assert type(caught.value) is expected
    if isinstance(caught.value, ProviderThrottled):
        assert caught.value.retry_after == 7
    # Never asked twice: what was lost may have been sold.
    assert len(sold(tmp_path)) == bought


async def test_an_input_that_the_model_does_not_document_is_refused_with_its_name(fal: Fal) -> None:
    with pytest.raises(ProviderRefused, match=r"is not an input of this model.*additional_property"):
        await buy(fal, megapixels="1")
    with pytest.raises(RouteRefused, match="not found"):
        await fal.create("fal-ai/no-such-app", None, INPUT, None, 5.0)


async def test_an_address_where_nobody_listens_has_sold_nothing(tmp_path: Path) -> None:
    client = Fal(settings_at(tmp_path, fal_api_url="http://127.0.0.1:9", fal_key="a-token"))
    with pytest.raises(ProviderDown, match="does not answer"):
        await buy(client)
    await client.close()


async def test_there_is_no_list_and_it_says_so(fal: Fal) -> None:
    assert not fal.abilities.lists
    with pytest.raises(ProviderDown):
        await anext(fal.list(datetime.now(UTC)))


def webhook(tmp_path: Path, **body: Any) -> tuple[bytes, dict[str, str]]:
    """A body, and the headers that the painter's queue signs it with."""
    told = orjson.dumps({"request_id": "r1", "gateway_request_id": "r1", "status": "OK", **body})
    return told, FalSignature(tmp_path / "painter" / "fal").headers("r1", told)


async def test_a_webhook_is_believed_by_its_signature(fal: Fal, tmp_path: Path) -> None:
    body, headers = webhook(tmp_path, payload={"images": [{"url": "http://127.0.0.1/0.png"}]})
    prediction = await fal.read_webhook(body, headers)
    assert (prediction.id, prediction.status, prediction.output) == ("r1", "succeeded", ["http://127.0.0.1/0.png"])


async def test_a_webhook_that_could_not_bring_its_result_is_one_to_ask_after(fal: Fal, tmp_path: Path) -> None:
    body, headers = webhook(tmp_path, payload=None, payload_error="too large")
    assert not (await fal.read_webhook(body, headers)).finished


async def test_a_webhook_of_a_failure_has_its_reason(fal: Fal, tmp_path: Path) -> None:
    detail = [{"loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation"}]
    body, headers = webhook(tmp_path, status="ERROR", error="Unprocessable Entity", payload={"detail": detail})
    prediction = await fal.read_webhook(body, headers)
    assert (prediction.status, prediction.error) == (
        "failed",
        "Unprocessable Entity: flagged (content_policy_violation)",
    )


async def test_forged_stale_and_changed_webhooks_are_refused(fal: Fal, tmp_path: Path) -> None:
    body, headers = webhook(tmp_path, payload={"images": []})
    stranger = FalSignature(tmp_path / "painter" / "fal").headers("r1", body, genuine=False)
    signed = {**headers, "x-fal-webhook-timestamp": str(int(time.time()) - 400)}
    for wrong, sent in (
        (stranger, body),
        (headers, body + b" "),
        (signed, body),
        ({**headers, "x-fal-webhook-user-id": "other"}, body),
        ({**headers, "x-fal-webhook-signature": "no hex"}, body),
        ({}, body),
    ):
        with pytest.raises(Forged):
            await fal.read_webhook(sent, wrong)
    assert (await fal.read_webhook(body, headers)).finished


async def test_a_stale_signature_that_is_genuine_is_refused_by_its_time_alone(fal: Fal, tmp_path: Path) -> None:
    raw = (tmp_path / "painter" / "fal" / "webhook-key").read_bytes()
    body, then = orjson.dumps({"request_id": "r1"}), str(int(time.time()) - 301)
    message = "\n".join(("r1", "u", then, hashlib.sha256(body).hexdigest())).encode()
    names = ("request-id", "user-id", "timestamp", "signature")
    values = ("r1", "u", then, Ed25519PrivateKey.from_private_bytes(raw).sign(message).hex())
    headers = {f"x-fal-webhook-{name}": value for name, value in zip(names, values, strict=True)}
    with pytest.raises(Forged, match="five minutes"):
        await fal.read_webhook(body, headers)


async def test_without_keys_nobody_is_called_a_forger(tmp_path: Path, painter: Caller) -> None:
    client = Fal(settings_at(tmp_path, fal_jwks_url="http://127.0.0.1:9/keys", fal_key="a-token"))
    with pytest.raises(ProviderDown, match="keys cannot be read"):
        await client.read_webhook(*webhook(tmp_path, payload={"images": []}))
    await client.close()


@pytest.mark.parametrize("body", [b"[]", b"{}", b"nonsense", b'{"request_id": "a/b"}'])
async def test_a_body_that_is_no_webhook_is_told_so(fal: Fal, tmp_path: Path, body: bytes) -> None:
    with pytest.raises(ProviderUnclear):
        await fal.read_webhook(body, FalSignature(tmp_path / "painter" / "fal").headers("r1", body))


def test_a_read_that_fails_has_lost_nothing() -> None:
    assert isinstance(error_of(500, None, buying=False), ProviderDown)
    assert isinstance(error_of(404, {"detail": "gone"}, buying=False), NotFound)


def test_a_throttled_result_is_asked_for_again_when_its_sender_says() -> None:
    headers = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT", "Retry-After": "Mon, 01 Jan 2024 00:00:20 GMT"}
    error = read_failure(Answer(429, {"detail": "slow down"}, headers))
    assert isinstance(error, ProviderThrottled)
    assert error.retry_after == 20
