"""`darkroom lanes`: what goes to each provider, and to those of its models that have a lane of their own."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import JsonOption
from api.cli.database import run_on_database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

app = typer.Typer(
    help="List, pause and resume lanes; give a model a lane of its own.",
    epilog="They lie in the database: that of DATABASE_URL, else the one that `make up` runs in DARKROOM_HOME.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Such as replicate.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="Its id, owner/name.")]
AnyModel = Annotated[str, typer.Argument(metavar="[MODEL]", help="One model's lane; else the whole provider.")]


@app.command()
def ls(context: typer.Context, json: JsonOption = False) -> None:
    """List the lanes, with what is in flight in each and what waits for it."""
    as_json = json or context.obj.json

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.lanes import list_lanes

        lanes = [dict(row._mapping) for row in await list_lanes(engine)]
        if as_json:
            from api.cli.document import print_document

            print_document({"items": lanes})
            return
        from rich.console import Console

        from api.cli.lane_table import lane_table

        Console(highlight=False).print(lane_table(lanes))

    run_on_database(work, json=as_json)


@app.command(name="set")
def set_(
    context: typer.Context,
    provider: Provider,
    model: Model,
    cap: Annotated[int, typer.Option(metavar="N", help="Predictions in flight, among the provider's own.")],
    per_minute: Annotated[int | None, typer.Option(metavar="N", help="Purchases a minute; else any number.")] = None,
    json: JsonOption = False,
) -> None:
    """Give a model a lane of its own, or that lane another cap and rate. What waits for it moves along."""

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.lanes import set_lane

        await set_lane(engine, provider, model, cap, per_minute)

    run_on_database(work, json=json or context.obj.json)


@app.command()
def rm(context: typer.Context, provider: Provider, model: Model, json: JsonOption = False) -> None:
    """Take a model's lane away; what waits in it goes back into its provider's."""

    async def work(engine: "AsyncEngine") -> None:
        from pipeline.lanes import remove_lane

        await remove_lane(engine, provider, model)

    run_on_database(work, json=json or context.obj.json)


@app.command()
def pause(context: typer.Context, provider: Provider, model: AnyModel = "", json: JsonOption = False) -> None:
    """Buy nothing more in a lane until it is resumed; what is in flight comes to its end."""
    _pause(context, provider, model, paused=True, json=json)


@app.command()
def resume(context: typer.Context, provider: Provider, model: AnyModel = "", json: JsonOption = False) -> None:
    """Go on buying in a lane, within a second."""
    _pause(context, provider, model, paused=False, json=json)


def _pause(context: typer.Context, provider: str, model: str, *, paused: bool, json: bool) -> None:
    async def work(engine: "AsyncEngine") -> None:
        from pipeline.lanes import pause_lane

        await pause_lane(engine, provider, model, paused=paused)

    run_on_database(work, json=json or context.obj.json)
