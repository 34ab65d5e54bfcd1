"""`darkroom models`."""

from typing import TYPE_CHECKING

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client


def models(context: typer.Context, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List the models, what they cost and how long they take."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        found = await client.models()
        if asked.json:
            from api.cli.document import print_document

            print_document(found)
        else:
            from rich.console import Console

            from api.cli.model_table import model_table

            Console(highlight=False).print(model_table(found["items"]))
        return ExitCode.COMPLETED

    run(asked, work)
