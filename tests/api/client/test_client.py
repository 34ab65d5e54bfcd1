"""The HTTP half of the client."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from api.client import Client, FieldError, Problem, Unreachable
from api.client.insist import TRIES
from pipeline.errors import Invalid
from tests.api.client.history import PICTURE, generation
from tests.api.client.scripted_door import KEY, LIMIT_PROBLEM, ScriptedDoor

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def test_submit_sends_the_body_and_gives_the_resource(door: ScriptedDoor, client: Client) -> None:
    row = generation("queued")
    door.generations[row["id"]] = row
    door.submitted = row["id"]
    assert await client.submit({"prompt": "a lighthouse"}, idempotency_key="once") == row
    assert door.bodies == [{"prompt": "a lighthouse"}]
    assert door.keys == ["once"]
    assert await client.get(row["id"]) == row


@pytest.mark.parametrize("losses", [[0], [503], [0, 503, 0, 503]])
async def test_a_lost_submission_is_sent_again_under_its_own_key(
    door: ScriptedDoor, client: Client, losses: list[int]
) -> None:
    row = generation("queued")
    door.generations[row["id"]] = row
    door.submitted = row["id"]
    door.losses += losses
    assert await client.submit({"prompt": "a lighthouse"}) == row
    assert len(door.keys) == len(losses) + 1
    assert len(set(door.keys)) == 1
    assert door.keys[0]
    await client.submit({"prompt": "a lighthouse"})
    assert door.keys[-1] != door.keys[0]


async def test_a_server_that_stays_in_trouble_is_asked_a_few_times(door: ScriptedDoor, client: Client) -> None:
    door.losses += [503] * 100
    with pytest.raises(Problem, match="by plan"):
        await client.submit({"prompt": "a lighthouse"})
    assert len(door.keys) == TRIES


async def test_a_line_that_is_always_cut_is_given_up(door: ScriptedDoor, client: Client) -> None:
    door.losses += [0] * 100
    with pytest.raises(Unreachable, match="does not answer"):
        await client.submit({"prompt": "a lighthouse"})
    assert len(door.keys) == TRIES


@pytest.mark.parametrize("status", [409, 422, 500])
async def test_a_refusal_is_not_asked_again(door: ScriptedDoor, client: Client, status: int) -> None:
    door.losses += [status]
    with pytest.raises(Problem, match="by plan"):
        await client.submit({"prompt": "a lighthouse"})
    assert len(door.keys) == 1


async def test_list_asks_only_for_what_was_given(door: ScriptedDoor, client: Client) -> None:
    row = generation()
    door.generations[row["id"]] = row
    assert await client.list(status="completed", limit=3) == {"items": [row], "next_cursor": None}
    assert door.queries == [{"status": "completed", "limit": "3"}]


async def test_a_broken_limit_names_its_field(client: Client) -> None:
    with pytest.raises(Problem) as caught:
        await client.submit({"prompt": "x", "width": 9_999})
    assert caught.value.errors == (FieldError("width", "must be between 64 and 4096"),)
    assert caught.value.document() == LIMIT_PROBLEM


async def test_somebody_elses_is_not_found(client: Client) -> None:
    with pytest.raises(Problem, match="Not found: not yours") as caught:
        await client.get("019a0000-0000-7000-8000-000000000000")
    assert caught.value.status == 404


async def test_a_picture_is_saved_whole_and_the_key_stays_home(
    door: ScriptedDoor, client: Client, tmp_path: Path
) -> None:
    target = tmp_path / "a.png"
    assert await client.download("/images/p/one.png", target) == len(PICTURE)
    assert target.read_bytes() == PICTURE
    assert "Authorization" not in door.picture_headers[0]


async def test_a_picture_that_is_gone_leaves_no_file(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        await client.download("/images/gone.png", tmp_path / "a.png")
    assert files_in(tmp_path) == []


async def test_a_download_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        assert request.transport is not None
        request.transport.close()
        return response

    target = tmp_path / "a.png"
    target.write_bytes(b"before")
    async with _Serving(half) as url, Client(url, KEY) as client:
        with pytest.raises(Unreachable):
            await client.download("/a.png", target)
    assert files_in(tmp_path) == ["a.png"]
    assert target.read_bytes() == b"before"


async def test_something_else_on_the_port_is_no_darkroom() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<h1>It works!</h1>", content_type="text/html")

    async with _Serving(page) as url, Client(url, KEY) as client:
        with pytest.raises(Unreachable, match="not as Darkroom does"):
            await client.queue()


async def test_a_redirect_says_where_the_server_went() -> None:
    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect("https://elsewhere.invalid/v1/queue")

    async with _Serving(moved) as url, Client(url, KEY) as client:
        with pytest.raises(Problem, match=r"moved to https://elsewhere\.invalid"):
            await client.queue()


async def test_nobody_there_says_what_to_do() -> None:
    async with ScriptedDoor().serving() as door:
        url = door.url
    async with Client(url, KEY) as client:
        with pytest.raises(Unreachable, match=r"make up.*DARKROOM_URL"):
            await client.queue()
        with pytest.raises(Unreachable, match=r"make up.*DARKROOM_URL"):
            await client.submit({"prompt": "a lighthouse"})


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://", "http://a:port"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="is no"):
        Client(url, KEY)


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class _Serving:
    """One handler for every path, on a free port of this machine."""

    def __init__(self, handler: Handler) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
