"""`darkroom cancel`, `retry` and `rm`: what an owner may do to a generation."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client
    from api.client.generation import Generation

WhichArgument = Annotated[str, typer.Argument(metavar="ID", help="A generation, or the end of its id.")]


def cancel(
    context: typer.Context,
    generation: WhichArgument,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Call a generation off; what runs at the provider is stopped."""
    _change(Asked.of(context, url, key, json), generation, lambda client, id_: client.cancel(id_))


def retry(
    context: typer.Context,
    generation: WhichArgument,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Try a failed or cancelled generation again."""
    _change(Asked.of(context, url, key, json), generation, lambda client, id_: client.retry(id_))


def rm(
    context: typer.Context,
    generation: WhichArgument,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Delete a finished generation with its pictures."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id

        found = await full_id(client, generation)
        await client.delete(found)
        _say(asked, {"id": found, "deleted": True}, f"{found} deleted")
        return ExitCode.COMPLETED

    run(asked, work)


def _change(asked: Asked, which: str, ask: Callable[["Client", str], Awaitable["Generation"]]) -> None:
    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id

        changed = await ask(client, await full_id(client, which))
        _say(asked, changed, f"{changed['id']} {changed['status']}")
        return ExitCode.COMPLETED

    run(asked, work)


def _say(asked: Asked, document: object, line: str) -> None:
    from api.cli.document import print_document

    if asked.json:
        print_document(document)
    else:
        typer.echo(line)
