"""Who may do what: every door, and everybody who knocks. A new route fails here until it is in the table."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from starlette.routing import Mount, Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.app import ROUTES
from api.supabase.paths import AUTH, REALTIME, STORAGE
from api.supabase.proxy import METHODS
from schema.wire.frames import CLOSE_AUTH
from tests.api.auth.minting import sign
from tests.api.supabase.realtime.phoenix import on, phoenix
from tests.api.test_verbs import FAR, completed
from tests.api.test_websocket import hear, say, socket
from tests.darkroom import Darkroom, User

PROMPT = {"prompt": "a lighthouse", "scheduled_at": FAR}
BATCH = {"prompts": ["a lighthouse", "a harbour"], "settings": {"scheduled_at": FAR}}
BODIES = {
    "/v1/batches": BATCH,
    "/functions/v1/batch-generate": BATCH,
    # Those that wait for the picture.
    "/functions/v1/generate-image": {"prompt": "a lighthouse"},
    "/functions/v1/process-generation": {"prompt": "a lighthouse"},
    "/rest/v1/rpc/{function}": {"p_job_type": "generate-image", "p_payload": {"prompt": "a lighthouse"}},
    "/rest/v1/{table:path}": {"prompt": "a lighthouse"},
}
OLD_TABLE = "/rest/v1/{table:path}"
HANDED_ON = [method for method in METHODS if method != "HEAD"]
SUBSCRIBED = 200
REFUSED = ("no key", "bad key", "expired key", "expired JWT", "JWT of another project", "unsigned JWT")


class Row(NamedTuple):
    """A door, and what it says to whom. What it is about belongs to `owner`."""

    door: str
    refused: int
    """To everybody in REFUSED."""
    anonymous: int
    other: int
    owner: int
    """With a key and with a JWT."""
    service: int

    def expected(self) -> dict[str, int]:
        let_in = {
            "anonymous": self.anonymous,
            "other": self.other,
            "other's JWT": self.other,
            "owner": self.owner,
            "owner's JWT": self.owner,
            "service": self.service,
            "service's JWT": self.service,
        }
        return dict.fromkeys(REFUSED, self.refused) | let_in


# fmt: off
MATRIX = [
    #                                                            refused anonymous other owner service
    Row("POST /v1/generations",                                      401,      202,  202,  202,  202),
    Row("GET /v1/generations",                                       401,      200,  200,  200,  200),
    Row("GET /v1/generations/{id}",                                  401,      404,  404,  200,  200),
    Row("DELETE /v1/generations/{id}",                               401,      404,  404,  204,  204),
    Row("POST /v1/generations/{id}/cancel",                          401,      404,  404,  200,  200),
    Row("POST /v1/generations/{id}/retry",                           401,      404,  404,  202,  202),
    Row("GET /v1/generations/{id}/events",                           401,      404,  404,  200,  200),
    Row("GET /v1/models",                                            401,      200,  200,  200,  200),
    Row("POST /v1/batches",                                          401,      202,  202,  202,  202),
    Row("GET /v1/batches/{id}",                                      401,      404,  404,  200,  200),
    Row("POST /v1/batches/{id}/cancel",                              401,      404,  404,  200,  200),
    Row("POST /v1/batches/{id}/retry-failed",                        401,      404,  404,  202,  202),
    Row("GET /v1/webhooks/deliveries",                               401,      200,  200,  200,  200),
    Row("GET /v1/webhooks/deliveries/{id}",                          401,      404,  404,  200,  200),
    Row("POST /v1/webhooks/deliveries/{id}/replay",                  401,      404,  404,  202,  202),
    Row("GET /v1/webhooks/secret",                                   401,      403,  200,  200,  200),
    Row("POST /v1/webhooks/secret/rotate",                           401,      403,  200,  200,  200),
    Row("GET /v1/queue",                                             401,      200,  200,  200,  200),
    Row("POST /functions/v1/start-generation",                       401,      200,  200,  200,  200),
    Row("POST /functions/v1/generate-image",                         401,      200,  200,  200,  200),
    Row("POST /functions/v1/batch-generate",                         401,      200,  200,  200,  200),
    Row("POST /functions/v1/process-jobs",                           401,      200,  200,  200,  200),
    Row("POST /functions/v1/process-generation",                     401,      403,  403,  403,  200),
    Row("GET /rest/v1/",                                             401,      200,  200,  200,  200),
    # As `single()` asks: a row that is not shown is no row.
    Row("GET /rest/v1/{table:path}",                                 401,      406,  406,  200,  200),
    Row("POST /rest/v1/{table:path}",                                401,      201,  201,  201,  201),
    Row("PATCH /rest/v1/{table:path}",                               401,      406,  406,  204,  204),
    Row("DELETE /rest/v1/{table:path}",                              401,      406,  406,  204,  204),
    Row("PUT /rest/v1/{table:path}",                                 401,      405,  405,  405,  405),
    Row("POST /rest/v1/rpc/{function}",                              401,      200,  200,  200,  200),
    *(Row(f"{method} /rest/v1/rpc/{{function}}", 401, *[405] * 4) for method in ("GET", "PUT", "PATCH", "DELETE")),
    # Handed on to the old project, which asks for its own keys; there is none here.
    *(Row(f"{method} {path}{{path:path}}", *[404] * 5) for method in HANDED_ON for path in (AUTH, STORAGE)),
    Row("WS /v1/ws generation:{id}",                          CLOSE_AUTH,      404,  404,  200,  200),
    Row("WS /v1/ws generations",                              CLOSE_AUTH,      200,  200,  200,  200),
    # Everybody who is let in may join; 404: and is told nothing of it.
    Row(f"WS {REALTIME}",                                            401,      404,  404,  200,  200),
    # The provider needs no key, it knows the address; nobody else does.
    Row("POST /v1/callbacks/{provider}/{generation_id}/{attempt}/{token}", *[404] * 5),
    Row("POST /v1/callbacks/{provider}/{generation_id}/{attempt}",         *[404] * 5),
    # Open to everybody. A picture's path cannot be guessed.
    Row("GET /images/{path:path}",                                   200,      200,  200,  200,  200),
    Row("GET /healthz",                                              200,      200,  200,  200,  200),
    Row("GET /readyz",                                               200,      200,  200,  200,  200),
    Row("GET /openapi.json",                                         200,      200,  200,  200,  200),
    Row("GET /asyncapi.json",                                        200,      200,  200,  200,  200),
    Row("GET /docs",                                                 200,      200,  200,  200,  200),
    Row("GET /darkroom.js",                                          200,      200,  200,  200,  200),
    Row("GET /docs/assets",                                          200,      200,  200,  200,  200),
]
# fmt: on
PREPARED = {"POST /v1/generations/{id}/retry", "DELETE /v1/generations/{id}", f"DELETE {OLD_TABLE}"}
"""Doors for what is final."""


def test_every_route_is_in_the_table() -> None:
    doors = set()
    for route in ROUTES:
        match route:
            case WebSocketRoute():
                doors.add(f"WS {route.path}")
            case Mount():
                doors.add(f"GET {route.path}")
            case Route():
                doors |= {f"{method} {route.path}" for method in route.methods or () if method != "HEAD"}
            case _:
                pytest.fail(f"{route} is of a kind that nobody has thought of")
    assert {" ".join(row.door.split()[:2]) for row in MATRIX} == doors


@dataclass(frozen=True)
class Everybody:
    """The people of the table and what they knock with."""

    darkroom: Darkroom
    owner: User
    keys: dict[str, str | None]


@pytest.fixture
async def everybody(darkroom: Darkroom) -> AsyncIterator[Everybody]:
    async with AsyncExitStack() as stack:
        owner, other, late = [await stack.enter_async_context(darkroom.user()) for _ in range(3)]
        past = datetime(2020, 1, 1, tzinfo=UTC)
        await darkroom.execute("UPDATE api_keys SET expires_at = $2 WHERE user_id = $1", late.id, past)
        unsigned = sign(sub=owner.id).rpartition(".")[0] + "."
        keys = {
            "no key": None,
            "bad key": "dk_nobodys",
            "expired key": late.key,
            "expired JWT": sign(sub=owner.id, exp=1),
            "JWT of another project": sign(sub=owner.id, secret="the secret of another project, long enough"),
            "unsigned JWT": unsigned,
            "anonymous": "the-anon-key",
            "other": other.key,
            "other's JWT": sign(sub=other.id),
            "owner": owner.key,
            "owner's JWT": sign(sub=owner.id),
            "service": darkroom.service_key,
            "service's JWT": sign(role="service_role", sub=None),
        }
        yield Everybody(darkroom, owner, keys)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.door)
async def test_every_door_says_what_the_table_says(everybody: Everybody, row: Row) -> None:
    knock = _knocking(everybody, row.door)
    assert {who: await knock(key) for who, key in everybody.keys.items()} == row.expected()


async def test_lists_and_feeds_show_the_owners_to_whom_they_are_shown(everybody: Everybody) -> None:
    generation = await everybody.owner.submit(scheduled_at=FAR)
    shown = {"owner", "owner's JWT", "service", "service's JWT"}
    for who, key in everybody.keys.items():
        if who not in REFUSED:
            assert (generation["id"] in await _listed(everybody, key), who) == (who in shown, who)
            _, followed = await _follow(everybody.darkroom, key, "generations")
            assert (generation["id"] in followed, who) == (who in shown, who)


def _knocking(everybody: Everybody, door: str) -> Callable[[str | None], Awaitable[int]]:
    method, path, *topic = door.split()

    async def over_http(key: str | None) -> int:
        asked = BODIES.get(path, PROMPT)
        address, body = await _address(everybody, door), asked if method == "POST" else None
        headers = {}
        if path == OLD_TABLE:
            headers = {"Accept": "application/vnd.pgrst.object+json"}
            body = {"status": "cancelled"} if method == "PATCH" else body
        async with (
            everybody.darkroom.client(key) as http,
            http.request(method, address, json=body, headers=headers) as answer,
        ):
            return answer.status

    async def over_websocket(key: str | None) -> int:
        generation = await everybody.owner.submit(scheduled_at=FAR)
        if path == REALTIME:
            async with everybody.owner.http.post(f"/v1/generations/{generation['id']}/cancel") as answer:
                assert answer.status == 200
            return await _join(everybody.darkroom, key, generation["id"])
        assert path == "/v1/ws"
        return (await _follow(everybody.darkroom, key, topic[0].format(id=generation["id"])))[0]

    return over_websocket if method == "WS" else over_http


async def _join(darkroom: Darkroom, key: str | None, generation_id: str) -> int:
    """Join a channel of a generation that has moved: 200 when it is told how that stands, else 404."""
    try:
        async with phoenix(darkroom.url, key) as client:
            topic = await client.join("x", on(filter=f"id=eq.{generation_id}"))
            await client.say("phoenix", "heartbeat", {})
            return 200 if (await client.hear()).topic == topic else 404
    except InvalidStatus as refused:
        return refused.response.status_code


async def _address(everybody: Everybody, door: str) -> str:
    """An address of this door, about something fresh of the owner's."""
    path = door.split()[1]
    if path.startswith("/images/"):
        url: str = (await completed(everybody.owner, await everybody.owner.submit()))["images"][0]["url"]
        return url
    if path == "/docs/assets":
        return f"{path}/swagger-ui.css"
    if path.startswith("/v1/batches/"):
        async with everybody.owner.http.post("/v1/batches", json=BATCH) as answer:
            return path.format(id=(await answer.json())["id"])
    if path.startswith("/v1/webhooks/deliveries/"):
        return path.format(id=(await delivery(everybody.owner))["id"])
    generation: dict[str, Any] = {"id": uuid4()}
    if "id}" in path or path == OLD_TABLE:
        generation = await everybody.owner.submit(scheduled_at=FAR)
    if door in PREPARED:
        async with everybody.owner.http.post(f"/v1/generations/{generation['id']}/cancel") as answer:
            assert answer.status == 200
    generation_id = generation["id"]
    path = path.replace("{path:path}", "some/thing").replace("{function}", "enqueue_job")
    path = path.replace("{table:path}", f"image_generations?id=eq.{generation_id}")
    return path.format(id=generation_id, generation_id=generation_id, provider="replicate", attempt=1, token="x")


async def delivery(user: User) -> dict[str, Any]:
    """A delivery of the user's, to a port where nobody listens."""
    generation = await user.submit(scheduled_at=FAR, webhook_url="http://127.0.0.1:1/hook")
    async with user.http.post(f"/v1/generations/{generation['id']}/cancel") as answer:
        assert answer.status == 200
    async with user.http.get("/v1/webhooks/deliveries", params={"generation_id": generation["id"]}) as answer:
        (made,) = (await answer.json())["items"]
        found: dict[str, Any] = made
        return found


async def _listed(everybody: Everybody, key: str | None) -> set[str]:
    async with everybody.darkroom.client(key) as http, http.get("/v1/generations?limit=100") as answer:
        return {item["id"] for item in (await answer.json())["items"]}


async def _follow(darkroom: Darkroom, key: str | None, topic: str) -> tuple[int, set[str]]:
    """What a subscription comes to, a status or a close code, and the generations that it shows at first."""
    status, shown = SUBSCRIBED, set()
    async with socket(darkroom, key) as connection:
        try:
            await say(connection, type="subscribe", topic=topic)
            await say(connection, type="unsubscribe", topic=topic)
            while (frame := await hear(connection))["type"] != "unsubscribed":
                if frame["type"] == "error":
                    status = frame["problem"]["status"]
                elif frame["type"] == "transition":
                    shown.add(frame["id"])
        except ConnectionClosed as closed:
            status = closed.rcvd.code if closed.rcvd else 0
    return status, shown
