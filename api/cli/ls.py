"""`darkroom ls`."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run
from schema.statuses import Status

if TYPE_CHECKING:
    from api.client import Client


def ls(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """List your latest generations."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        page = await client.list(status=status, limit=limit)
        if asked.json:
            from api.cli.document import print_document

            print_document(page)
        else:
            from rich.console import Console

            from api.cli.generation_table import generation_table

            Console(highlight=False).print(generation_table(page["items"]))
        return ExitCode.COMPLETED

    run(asked, work)
