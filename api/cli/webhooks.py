"""`darkroom webhooks`: what was sent to your receivers, and the secrets that sign it."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run
from schema.delivery_states import DeliveryState

if TYPE_CHECKING:
    from api.client import Client, WebhookSecret

app = typer.Typer(
    help="List and replay webhooks' deliveries; show and rotate the secret that signs them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Which = Annotated[str, typer.Argument(metavar="ID", help="A delivery, or the end of its id.")]


@app.command()
def ls(
    context: typer.Context,
    generation: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this one, or its end.")] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """List your latest deliveries."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_id

        which = None if generation is None else await full_id(client, generation)
        page = await client.deliveries(generation_id=which, state=state, limit=limit)
        if asked.json:
            from api.cli.document import print_document

            print_document(page)
        else:
            from rich.console import Console

            from api.cli.delivery_table import delivery_table

            Console(highlight=False).print(delivery_table(page["items"]))
        return ExitCode.COMPLETED

    run(asked, work)


@app.command()
def show(
    context: typer.Context, delivery: Which, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None
) -> None:
    """Show one delivery: every try, and the body that is sent."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.find import full_delivery_id

        found = await client.delivery(await full_delivery_id(client, delivery))
        if asked.json:
            from api.cli.document import print_document

            print_document(found)
        else:
            from rich.console import Console

            from api.cli.delivery_panel import print_delivery

            print_delivery(Console(highlight=False), found)
        return ExitCode.COMPLETED

    run(asked, work)


@app.command()
def replay(
    context: typer.Context, delivery: Which, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None
) -> None:
    """Send one again, whatever came of it; an endpoint that was disabled is enabled."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        from api.cli.document import print_document
        from api.cli.find import full_delivery_id

        found = await client.replay(await full_delivery_id(client, delivery))
        if asked.json:
            print_document(found)
        else:
            typer.echo(f"{found['id']} {found['state']}")
        return ExitCode.COMPLETED

    run(asked, work)


@app.command()
def secret(context: typer.Context, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """Print what signs your webhooks; it is made when there is none."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        return _say(asked, await client.webhook_secret())

    run(asked, work)


@app.command()
def rotate(context: typer.Context, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """Make a new secret and print it; the one so far signs beside it for 24 hours."""
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        return _say(asked, await client.rotate_webhook_secret())

    run(asked, work)


def _say(asked: Asked, found: "WebhookSecret") -> ExitCode:
    from api.cli.document import print_document

    if asked.json:
        print_document(found)
        return ExitCode.COMPLETED
    # The secret alone on stdout, for SECRET=$(darkroom webhooks secret).
    typer.echo(found["secret"])
    for one in found["previous"]:
        typer.echo(f"darkroom: {one['secret']} signs too until {one['ends_at']}", err=True)
    return ExitCode.COMPLETED
