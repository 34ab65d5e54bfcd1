"""`darkroom watch`."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client


def watch(
    context: typer.Context,
    generation: Annotated[str, typer.Argument(metavar="ID", help="A generation, or the end of its id.")],
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Show a generation's stages from the first one on, until it is completed, failed or cancelled.

    With --json, prints one JSON line per transition.
    """
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id
        from api.cli.follow import follow

        return await follow(client, await full_id(client, generation), json=asked.json, out=None)

    run(asked, work)
