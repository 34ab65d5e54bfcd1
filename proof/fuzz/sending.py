"""Sends hostile calls and frames to a Darkroom. What must not come back: a 5xx, or a connection without an answer."""

import http.client
import json
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from proof.fuzz.calls import Call
from proof.fuzz.frames import OLD_APPS
from proof.fuzz.hostile import KNOWN_ID

PATIENCE = 20.0
"""Seconds for an answer."""
CUT_OFF = 1006
FAULTS = frozenset({CUT_OFF, 1011})
"""Close codes of a server that made a mistake, or ended without a word."""
TOO_LARGE = 16_000
"""Characters of a frame that no server reads to its end."""


class Found(AssertionError):
    """An answer that must not be."""


class Sender:
    """Sends to one web process, with the keys of several callers."""

    def __init__(self, url: str, keys: Mapping[str, str | None], known_id: str) -> None:
        self._address = urlsplit(url)
        self._keys = keys
        self._known_id = known_id
        self._connection = self._connect()
        self.sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, call: Call) -> int:
        """Send a call; the status. Raises Found."""
        headers = {"Content-Type": "application/json"} | self._authorisation(call.key) | call.headers
        body = call.body and call.body.replace(KNOWN_ID.encode(), self._known_id.encode())
        try:
            self._connection.request(call.method, call.target.replace(KNOWN_ID, self._known_id), body, headers)
            with self._connection.getresponse() as answer:
                text = answer.read(2_000)
                answer.read()
        except (http.client.HTTPException, OSError) as error:
            self._connection.close()
            self._connection = self._connect()
            # A server may refuse the line of a request itself, and close.
            if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
                self.check_alive()
                return 0
            raise Found(f"{call}: no answer: {error!r}") from error
        self.sent += 1
        if answer.status >= 500:
            raise Found(f"{call}: {answer.status} {text!r}")
        return answer.status

    def talk(self, path: str, key: str, frames: list[str]) -> None:
        """Send frames on a websocket, then a good one, and read what is answered. Raises Found."""
        secret = self._keys[key] or ""
        address = f"ws://{self._address.netloc}{path}?access_token={secret}&apikey={secret}"
        with connect(address, proxy=None, open_timeout=PATIENCE) as socket:
            try:
                for frame in frames:
                    socket.send(frame.replace(KNOWN_ID, self._known_id).encode(errors="replace").decode())
                    self.sent += 1
                socket.send(_LAST[path == OLD_APPS])
                while _MARK not in str(socket.recv(PATIENCE)):
                    continue
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                # One that is larger than any may be is refused before it was read, and its sender perhaps cut off.
                if code in FAULTS and not (code == CUT_OFF and max(map(len, frames), default=0) > TOO_LARGE):
                    raise Found(f"{path}: closed with {code} after {frames}") from closed
            except TimeoutError as late:
                raise Found(f"{path}: no answer after {frames}") from late

    def check_alive(self) -> None:
        """Whether it is ready, with all its loops. Raises Found."""
        connection = self._connect()
        try:
            connection.request("GET", "/readyz")
            with connection.getresponse() as answer:
                said = answer.read()
        except (http.client.HTTPException, OSError) as error:
            raise Found(f"/readyz: no answer: {error!r}") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise Found(f"/readyz: {answer.status} {said!r}")

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address.netloc, timeout=PATIENCE)

    def _authorisation(self, key: str) -> dict[str, str]:
        secret = self._keys[key]
        return {"Authorization": f"Bearer {secret}"} if secret else {}


_MARK = "the-last-one"
_LAST = (
    json.dumps({"type": "unsubscribe", "ref": _MARK, "topic": "queue"}),
    json.dumps({"topic": "phoenix", "event": "heartbeat", "ref": _MARK, "payload": {}}),
)
"""A frame that is answered with its ref, for ours and for the old apps' protocol."""
