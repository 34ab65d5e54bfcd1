"""`darkroom models`: the catalogue, and what versions outside it cost."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.database import run_on_database
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from api.client import Client

app = typer.Typer(
    help="List the models, and say what versions outside the catalogue cost.",
    epilog="Without a price, a version takes a service key, and no budget pays for it. Prices lie in the database: "
    "that of DATABASE_URL, else the one that `make up` runs in DARKROOM_HOME.",
    rich_markup_mode=None,
)


class Per(StrEnum):
    """What a price is for."""

    PICTURE = "picture"
    SECOND = "second"


Version = Annotated[
    str, typer.Argument(metavar="VERSION", help="64 hexadecimal digits, as the model's page shows them.")
]


@app.callback(invoke_without_command=True)
def models(context: typer.Context, json: JsonOption = False, url: UrlOption = None, key: KeyOption = None) -> None:
    """List the models, what they cost and how long they take; or see the commands."""
    asked = Asked.of(context, url, key, json)
    context.obj = asked
    if context.invoked_subcommand is not None:
        return

    async def work(client: "Client") -> ExitCode:
        found = await client.models()
        if asked.json:
            from api.cli.document import print_document

            print_document(found)
        else:
            from rich.console import Console

            from api.cli.model_table import model_table, version_table

            console = Console(highlight=False)
            console.print(model_table(found["items"]))
            if found["versions"]:
                console.print(version_table(found["versions"]))
        return ExitCode.COMPLETED

    run(asked, work)


@app.command()
def add(
    context: typer.Context,
    version: Version,
    usd: Annotated[str, typer.Option(metavar="USD", help="What a picture costs, or with --per second a second.")],
    per: Annotated[Per, typer.Option(help="What the price is for.")] = Per.PICTURE,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="How long a picture takes; needed with --per second.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="The model's name, for people.")] = None,
    json: JsonOption = False,
) -> None:
    """Say what a version outside the catalogue costs, instead of what was said before; everybody may call it then."""
    price = _usd(usd)

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.prices import set_price

        await set_price(engine, version, name=name, usd=price, per=per.value, usual_seconds=seconds)

    run_on_database(work, json=json or context.obj.json)


@app.command()
def rm(context: typer.Context, version: Version, json: JsonOption = False) -> None:
    """Take a version's price away: it takes a service key then."""

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.prices import forget_price

        await forget_price(engine, version)

    run_on_database(work, json=json or context.obj.json)


@app.command()
def ls(context: typer.Context, json: JsonOption = False) -> None:
    """List the versions outside the catalogue that have a price."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.prices import list_prices

        versions = [_document(row) for row in await list_prices(engine)]
        if as_json:
            from api.cli.document import print_document

            print_document({"items": versions})
            return
        from rich.console import Console

        from api.cli.model_table import version_table

        Console(highlight=False).print(version_table(versions))

    run_on_database(work, json=as_json)


def _usd(given: str) -> Decimal:
    try:
        usd = Decimal(given.removeprefix("$"))
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite():
        raise typer.BadParameter("must be US dollars, such as 0.05", param_hint="--usd")
    return usd


def _document(row: "Row[Any]") -> dict[str, Any]:
    """As GET /v1/models has it."""
    return {
        "version": row.version,
        "name": row.name,
        "price": row.usd,
        "price_per": row.per,
        "price_date": row.updated_at.date().isoformat(),
        "usual_seconds": row.usual_seconds,
    }
