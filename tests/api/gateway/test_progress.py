"""Progress frames: place in line, time to go, percent; and none after the end."""

from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection

from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.api.test_websocket import hear, say, socket

_COMPLETED = """
    INSERT INTO image_generations (id, prompt, model, model_id, status, attempt_at, completed_at)
    SELECT gen_random_uuid(), 'p', m, m, 'completed', now() - make_interval(secs => 9 + n), now()
    FROM generate_series(0, 2) AS n, (VALUES ('black-forest-labs/flux-schnell')) AS models(m)
"""
_AT_WORK = """
    UPDATE image_generations
    SET status = 'processing', attempt_at = now(), due_at = now() + interval '1 hour', progress = 40
    WHERE id = $1
"""


async def progress_of(connection: ClientConnection, generation_id: str) -> dict[str, Any]:
    """The next progress frame about a generation."""
    while True:
        frame = await hear(connection, progress=True)
        if (frame["type"], frame.get("id")) == ("progress", generation_id):
            return frame


async def test_places_in_line_and_time_to_go(web: Web) -> None:
    await web.darkroom.execute(_COMPLETED)
    async with web.darkroom.user() as user, socket(web.darkroom, user.key) as connection:
        first, second = [(await submit_many(web.state, user.id, 1, "short"))[0] for _ in range(2)]
        await say(connection, type="subscribe", topic=f"generation:{first}")
        await say(connection, type="subscribe", topic="generations")
        frame = await progress_of(connection, second)
        assert (frame["topic"], frame["position"], frame["progress"]) == ("generations", 2, None)
        assert (frame["eta_seconds"], frame["eta_error_seconds"]) == (10.0, 0.8)
        await web.darkroom.execute("UPDATE image_generations SET status = 'cancelled' WHERE id = $1", UUID(first))
        while (frame := await progress_of(connection, second))["position"] != 1:
            assert frame["position"] == 2


async def test_percent_and_nothing_after_the_end(web: Web) -> None:
    async with web.darkroom.user() as user, socket(web.darkroom, user.key) as connection:
        (id_,) = await submit_many(web.state, user.id, 1, "short")
        await say(connection, type="subscribe", topic=f"generation:{id_}")
        await web.darkroom.execute(_AT_WORK, UUID(id_))
        while (frame := await progress_of(connection, id_))["progress"] is None:
            assert frame["position"] == 1
        assert (frame["progress"], frame["position"], frame["eta_seconds"]) == (40, None, None)
        await web.darkroom.execute("UPDATE image_generations SET status = 'failed' WHERE id = $1", UUID(id_))
        while (frame := await hear(connection, progress=True)).get("status") != "failed":
            pass
        (other,) = await submit_many(web.state, user.id, 1, "short")
        await say(connection, type="subscribe", topic=f"generation:{other}")
        while (frame := await hear(connection, progress=True))["type"] != "progress":
            assert frame["id" if "id" in frame else "topic"] != id_
        assert frame["id"] == other


async def test_whoever_overlooks_everybody_is_told_of_nobody(web: Web) -> None:
    async with (
        web.darkroom.user() as user,
        web.darkroom.user("service") as service,
        socket(web.darkroom, user.key) as mine,
        socket(web.darkroom, service.key) as overlooking,
    ):
        (id_,) = await submit_many(web.state, user.id, 1, "short")
        for connection in (overlooking, mine):
            await say(connection, type="subscribe", topic="generations")
        assert (await progress_of(mine, id_))["position"] == 1
        await say(overlooking, type="unsubscribe", topic="generations")
        while (frame := await hear(overlooking, progress=True))["type"] != "unsubscribed":
            assert frame["type"] in {"subscribed", "transition"}


async def test_who_gave_it_away_is_told_nothing_more_of_it(web: Web) -> None:
    """No transition: only the row tells whose it is now."""
    async with (
        web.darkroom.user() as giver,
        web.darkroom.user() as taker,
        socket(web.darkroom, giver.key) as before,
        socket(web.darkroom, taker.key) as after,
    ):
        first, second = [(await submit_many(web.state, giver.id, 1, "short"))[0] for _ in range(2)]
        await say(before, type="subscribe", topic=f"generation:{second}")
        assert (await progress_of(before, second))["position"] == 2
        await web.darkroom.execute("UPDATE image_generations SET user_id = $2 WHERE id = $1", UUID(second), taker.id)
        await say(after, type="subscribe", topic=f"generation:{second}")
        await web.darkroom.execute("UPDATE image_generations SET status = 'cancelled' WHERE id = $1", UUID(first))
        while (await progress_of(after, second))["position"] != 1:
            pass
        await say(before, type="unsubscribe", topic=f"generation:{second}")
        while (frame := await hear(before, progress=True))["type"] != "unsubscribed":
            assert (frame["type"], frame.get("position")) != ("progress", 1)
