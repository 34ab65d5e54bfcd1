"""The options that every command takes, before the command's name or behind it."""

from typing import Annotated, NamedTuple, Self

import typer

UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The server; else DARKROOM_URL, else this machine's."),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="API key; else DARKROOM_API_KEY, else $DARKROOM_HOME/api-key."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Asked(NamedTuple):
    """What the user said about the server and the output."""

    url: str | None
    key: str | None
    json: bool

    @classmethod
    def of(cls, context: typer.Context, url: str | None, key: str | None, json: bool) -> Self:
        """What stands behind the command's name wins over what stands before it."""
        before = context.obj
        return cls(url or before.url, key or before.key, json or before.json)
