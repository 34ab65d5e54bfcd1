"""`darkroom queue`."""

from typing import TYPE_CHECKING

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client


def queue(context: typer.Context, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """Show what waits and what runs, by status and by lane."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        found = await client.queue()
        if asked.json:
            from api.cli.document import print_document

            print_document(found)
        else:
            from rich.console import Console

            from api.cli.queue_board import print_queue

            print_queue(Console(highlight=False), found)
        return ExitCode.COMPLETED

    run(asked, work)
