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
    generation: Annotated[str | None, typer.Argument(metavar="ID", help="A generation, or the end of its id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of your generations, until Ctrl-C.")] = False,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="A batch, until all of it is finished.")] = None,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Show a generation's stages from the first one on, until it is completed, failed or cancelled.

    With --all or --batch, shows many generations, a line per transition. With --json, prints one JSON line per
    transition, and of a batch one per change of its counts.
    """
    if sum((generation is not None, everything, batch is not None)) != 1:
        raise typer.BadParameter("give the ID of a generation, --all or --batch ID", param_hint="watch")
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id
        from api.cli.follow import follow
        from api.cli.follow_feed import follow_batch, follow_feed

        if batch is not None:
            return await follow_batch(client, batch, json=asked.json)
        if generation is None:
            return await follow_feed(client, json=asked.json)
        return await follow(client, await full_id(client, generation), json=asked.json, out=None)

    run(asked, work)
