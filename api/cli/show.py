"""`darkroom show`."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client


def show(
    context: typer.Context,
    generation: Annotated[str, typer.Argument(metavar="ID", help="A generation, or the end of its id.")],
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Show one generation with its timeline and pictures."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id

        found = await client.get(await full_id(client, generation))
        if asked.json:
            from api.cli.document import print_document

            print_document(found)
        else:
            from rich.console import Console

            from api.cli.generation_panel import print_generation
            from api.cli.picture import pictures_of

            print_generation(Console(highlight=False), found, pictures_of(client, found))
        return ExitCode.COMPLETED

    run(asked, work)
