"""Webhooks of fal's that fal has signed, about other accounts' requests: they move no generation of ours."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api.state import State
from pipeline.callback_address import CallbackAddresses
from pipeline.claim import claim_queued
from pipeline.embedded.ports import any_free_port
from pipeline.ids import new_id
from pipeline.providers.painter.server import running_painter
from pipeline.providers.painter.webhooks.ed25519 import FalSignature
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from pipeline.statements import execute, fetch, statement
from tests.actors.providers import routed, three_providers
from tests.pipeline.providers.painter.conftest import PAINTERS
from tests.rows import row_of, submit
from tests.statements import Statements
from tests.web_process import web_process

OURS, THEIRS = "our-account", "another-account"
_LANE = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64)")
_ROLLOUT = statement("UPDATE callback_keys SET unsigned_until = now() + interval '1 hour'")
_KNOW = statement("UPDATE image_generations SET replicate_prediction_id = 'r1'")
_PINNED = statement("SELECT account FROM provider_accounts")


@dataclass(frozen=True)
class Fal:
    """fal, whose one key signs for every account."""

    engine: AsyncEngine
    http: aiohttp.ClientSession
    signature: FalSignature
    state: State

    async def address(self, row: Row[Any], *, generation_id: UUID | None = None) -> str:
        """Where it was told to call back about a row."""
        address = CallbackAddresses(self.engine).address
        return await address("", "fal", generation_id or row.id, row.attempt_number)

    async def tell(self, path: str, user: str, request_id: str = "r1") -> tuple[int, Any]:
        """Call back, with a picture, about a request of `user`; status and document of the answer."""
        told = {"request_id": request_id, "status": "OK", "payload": {"images": [{"url": "http://127.0.0.1:9/a.png"}]}}
        body = orjson.dumps(told)
        headers = self.signature.headers(request_id, body, user=user)
        async with self.http.post(path, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def pinned(self) -> list[str]:
        """The accounts that are known for ours."""
        return [row.account for row in await fetch(self.engine, _PINNED)]


@pytest.fixture
def fal_settings(settings: Settings) -> Settings:
    """The settings of a fal that is on this machine."""
    return settings.model_copy(update=three_providers(any_free_port()))


@pytest.fixture
async def fal(fal_settings: Settings, engine: AsyncEngine) -> AsyncIterator[Fal]:
    """A web process that fal calls back."""
    await execute(engine, _LANE)
    home, port = fal_settings.home / "painter", int(fal_settings.replicate_api_url.rpartition(":")[2])
    painter = PainterSettings.model_validate({"port": port, "home": home, "prepared": True, "token": PAINTERS})
    async with (
        running_painter(painter),
        web_process(fal_settings) as state,
        aiohttp.ClientSession(f"http://127.0.0.1:{fal_settings.port}") as http,
    ):
        yield Fal(engine, http, FalSignature(home / "fal"), state)


async def asked(engine: AsyncEngine) -> Row[Any]:
    """A row for which fal was asked."""
    await submit(engine, **routed("fal"))
    (row,) = await claim_queued(engine, {"fal": 1}, lease=30)
    return row


async def moved(engine: AsyncEngine, row: Row[Any]) -> bool:
    """Whether anything of the row was changed since it was claimed."""
    now = await row_of(engine, row.id)
    return bool(now.prediction or now.replicate_prediction_id or now.possible_double_charge or now.fence != row.fence)


async def test_another_account_that_knows_the_generation_completes_nothing(fal: Fal) -> None:
    row = await asked(fal.engine)
    named = f"/v1/callbacks/fal/{row.id}/1"
    other = (await fal.address(row, generation_id=new_id())).rpartition("/")[2]
    for path in (named, f"{named}/", f"{named}/{other}"):
        assert (await fal.tell(path, THEIRS))[0] in {307, 404}, path
    assert not await moved(fal.engine, row)
    assert await fal.pinned() == []


async def test_the_account_that_calls_back_first_is_the_only_one(fal: Fal) -> None:
    first, second = await asked(fal.engine), await asked(fal.engine)
    assert await fal.tell(await fal.address(first), OURS) == (200, {"taken": True})
    assert await fal.pinned() == [OURS]
    status, problem = await fal.tell(await fal.address(second), THEIRS, "r2")
    assert (status, "FAL_USER_ID" in problem["detail"]) == (401, True)
    assert not await moved(fal.engine, second)
    assert await fal.tell(await fal.address(second), OURS, "r2") == (200, {"taken": True})


async def test_a_webhook_in_one_piece_costs_the_statement_that_commits_it(fal: Fal) -> None:
    rows = [await asked(fal.engine) for _ in range(5)]
    assert await fal.tell(await fal.address(rows[0]), OURS, "r0") == (200, {"taken": True})
    engine = fal.state.engine
    looks, commits = Statements(engine, "timeline @>"), Statements(engine, "booked AS")
    others = [Statements(engine, "callback_keys"), Statements(engine, "provider_accounts")]
    for number, row in enumerate(rows[1:], 1):
        assert await fal.tell(await fal.address(row), OURS, f"r{number}") == (200, {"taken": True})
    assert (looks.count, commits.count, [one.count for one in others]) == (0, 4, [0, 0])


async def test_a_webhook_that_is_not_verified_pins_nobody(fal: Fal) -> None:
    row = await asked(fal.engine)
    headers = fal.signature.headers("r1", b"{}", genuine=False, user=THEIRS)
    async with fal.http.post(await fal.address(row), data=b"{}", headers=headers) as answer:
        assert answer.status == 401
    assert await fal.pinned() == []


class TestWithASetting:
    """FAL_USER_ID names the account."""

    @pytest.fixture
    def fal_settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={**three_providers(any_free_port()), "fal_user_id": OURS})

    async def test_no_other_account_is_heard(self, fal: Fal) -> None:
        row = await asked(fal.engine)
        assert (await fal.tell(await fal.address(row), THEIRS))[0] == 401
        assert not await moved(fal.engine, row)
        assert await fal.tell(await fal.address(row), OURS) == (200, {"taken": True})
        assert await fal.pinned() == []

    async def test_an_old_address_is_taken_from_it_while_a_release_is_rolled_out(self, fal: Fal) -> None:
        row = await asked(fal.engine)
        await execute(fal.engine, _ROLLOUT)
        old = f"/v1/callbacks/fal/{row.id}/1"
        assert (await fal.tell(old, THEIRS))[0] == 401
        assert (await fal.tell(f"/v1/callbacks/fal/{row.id}/2", OURS))[0] == 404
        assert (await fal.tell(f"/v1/callbacks/replicate/{row.id}/1", OURS))[0] == 401
        assert not await moved(fal.engine, row)
        assert await fal.tell(old, OURS) == (200, {"taken": True})


async def test_while_a_release_is_rolled_out_an_unknown_account_brings_nothing_new(fal: Fal) -> None:
    row = await asked(fal.engine)
    await execute(fal.engine, _ROLLOUT)
    old = f"/v1/callbacks/fal/{row.id}/1"
    assert await fal.tell(old, THEIRS) == (200, {"taken": False})
    assert not await moved(fal.engine, row)
    assert await fal.pinned() == []
    await execute(fal.engine, _KNOW)
    assert await fal.tell(old, THEIRS, "r2") == (200, {"taken": False})
    assert (await row_of(fal.engine, row.id)).possible_double_charge == 0
    # What fal itself has answered to our purchase is ours, whoever it says it is.
    assert await fal.tell(old, OURS, "r1") == (200, {"taken": True})
