"""A client of the Realtime door that writes its frames itself, in either serialisation."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ANON = "the-anon-key"
PATIENCE = 20.0
Payload = dict[str, Any]


class Heard(NamedTuple):
    """A message from the server. The first serialisation has no join_ref."""

    join_ref: Any
    ref: Any
    topic: str
    event: str
    payload: Payload


class Phoenix:
    """One socket."""

    def __init__(self, connection: ClientConnection, vsn: str) -> None:
        self.connection = connection
        self.vsn = vsn
        self._refs = 0

    async def say(self, topic: str, event: str, payload: Payload, *, join_ref: str | None = None) -> str:
        """Send a message; its ref."""
        self._refs += 1
        ref = str(self._refs)
        if self.vsn == "2.0.0":
            said: Any = [join_ref, ref, topic, event, payload]
        else:
            said = {"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}
        await self.connection.send(json.dumps(said))
        return ref

    async def hear(self) -> Heard:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            said = json.loads(await self.connection.recv())
        if self.vsn == "2.0.0":
            return Heard(*said)
        assert set(said) == {"ref", "topic", "event", "payload"}
        return Heard(None, said["ref"], said["topic"], said["event"], said["payload"])

    async def ask(self, topic: str, event: str, payload: Payload, *, join_ref: str | None = None) -> Heard:
        """Send a message; the answer to it, which has to be the next one."""
        ref = await self.say(topic, event, payload, join_ref=join_ref)
        heard = await self.hear()
        assert (heard.ref, heard.topic, heard.event) == (ref, topic, "phx_reply"), heard
        return heard

    async def join(self, name: str, *bindings: Payload, **more: Any) -> str:
        """Join a channel and read that it has begun; its topic."""
        topic = f"realtime:{name}"
        answer = await self.ask(topic, "phx_join", joining(*bindings, **more), join_ref="j")
        assert answer.payload["status"] == "ok", answer
        told = answer.payload["response"]["postgres_changes"]
        assert told == [{**binding, "id": one["id"]} for binding, one in zip(bindings, told, strict=True)]
        if bindings:
            heard = await self.hear()
            assert (heard.event, heard.payload["status"]) == ("system", "ok"), heard
        return topic

    async def change(self) -> Payload:
        """The next message, which has to be a change."""
        heard = await self.hear()
        assert heard.event == "postgres_changes", heard
        return heard.payload

    async def close_code(self) -> int | None:
        """Read until the server closes; the code."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code


def joining(*bindings: Payload, **more: Any) -> Payload:
    """The payload of a join, as realtime-js writes it."""
    config = {
        "broadcast": {"ack": False, "self": False},
        "presence": {"key": ""},
        "postgres_changes": list(bindings),
        "private": False,
    }
    return {"config": config, **more}


def on(event: str = "UPDATE", table: str = "image_generations", filter: str | None = None) -> Payload:  # noqa: A002
    """A binding."""
    binding = {"event": event, "schema": "public", "table": table}
    return binding if filter is None else {**binding, "filter": filter}


@asynccontextmanager
async def phoenix(url: str, apikey: str | None = ANON, *, vsn: str = "2.0.0", **more: Any) -> AsyncIterator[Phoenix]:
    """An open socket."""
    query = f"vsn={vsn}" + (f"&apikey={apikey}" if apikey is not None else "")
    address = f"{url.replace('http', 'ws', 1)}/realtime/v1/websocket?{query}"
    async with connect(address, **{"compression": None, **more}) as connection:
        yield Phoenix(connection, vsn)
