"""Where the server is, and what to say when it is not there."""

import os
from socket import gaierror

from aiohttp import ClientConnectorError
from yarl import URL

from pipeline.errors import Invalid, Unreachable


class Address:
    """The server's address: its HTTP door, its websocket, and the pictures it names."""

    def __init__(self, url: str) -> None:
        """Raises Invalid when `url` is not an http or https address."""
        try:
            self.base = URL(url.rstrip("/"))
            host = self.base.host
        except ValueError as error:
            raise Invalid("url", f"{url!r} is no address: {error}") from error
        if self.base.scheme not in ("http", "https") or not host:
            raise Invalid("url", f"{url!r} is no http:// or https:// address")

    def http(self, path: str) -> URL:
        """The address of a path, such as `v1/queue`."""
        return self.base / path

    @property
    def websocket(self) -> URL:
        """The address of the gateway's websocket."""
        return (self.base / "v1/ws").with_scheme("wss" if self.base.scheme == "https" else "ws")

    def resolve(self, url: str) -> URL:
        """The full address of what the server names, a picture for one."""
        return self.base.join(URL(url))

    def unreachable(self, why: BaseException | str) -> Unreachable:
        """An error that says what did not answer and what to do."""
        return Unreachable(f"{self.base} does not answer: {said(why)}. Start it with `make up`, or set DARKROOM_URL.")


def said(why: BaseException | str) -> str:
    """What a network error says, in the system's own words rather than a library's."""
    if isinstance(why, ClientConnectorError):
        why = why.os_error
    if isinstance(why, TimeoutError):
        return "timed out"
    if isinstance(why, OSError) and why.errno is not None:
        # A failed name lookup has a number of its own, which only its own text explains.
        return str(why.strerror) if isinstance(why, gaierror) else os.strerror(why.errno)
    return str(why) or type(why).__name__
